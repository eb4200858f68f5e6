import type { Verified } from '../compute/judge.ts';
import { Fault } from '../fault/fault.ts';
import { judgeRegistration } from '../participants/registration.ts';
import type { Registry } from '../participants/registry.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { judgeCertificate, type OldAlgorithms, type TrustStore } from '../pki/trust.ts';
import { ofPerson } from '../signature/personal.ts';
import type { Caller } from './stages.ts';

/** Whose signatures a message bears. */
export interface Signed {
  readonly certificate: Pick<Verified['certificate'], 'fingerprint'>;
  readonly personalCertificate: Verified['personalCertificate'];
}

/**
 * Knows the caller by the certificate alone: registered, valid at this time, issued by a trusted authority.
 *
 * @param at ms UTC
 * @throws Fault SENDER_UNKNOWN, CERTIFICATE_*
 */
export function knowCaller(registry: Registry, signed: Signed, at: number): Caller {
  const found = registry.systemOfCertificate(signed.certificate.fingerprint);
  if (found === undefined) throw new Fault('SENDER_UNKNOWN');
  const { system, registration } = found;
  const { certificate } = registration;
  const trust = registry.trustAt(at);
  const distrust =
    judgeRegistration(registration, () => registry.registrationsOf(system.id), at) ??
    judgeCertificate(certificate, trust, at, oldFor(certificate));
  if (distrust !== undefined) throw distrust;
  judgePerson(signed, trust, at);
  return { system, participant: registry.participant(system.participant) };
}

/** A message with a key of 2001 came this far because a profile of the node names such keys. */
function oldFor({ keyKind }: Certificate): OldAlgorithms {
  return { gost2001: keyKind === 'gost2001' };
}

/** A person's signature counts by the same authorities; who may sign what is for the agencies to say. */
function judgePerson({ personalCertificate }: Signed, trust: TrustStore, at: number): void {
  if (personalCertificate === undefined) return;
  const certificate = readCertificate(personalCertificate);
  const distrust = judgeCertificate(certificate, trust, at, oldFor(certificate));
  if (distrust !== undefined) throw ofPerson(distrust);
}
