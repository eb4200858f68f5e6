import { buildRegistry, type Registry } from '../../src/participants/registry.ts';
import { type Certificate, readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { type IssuingKey, newKey } from '../../src/pki/issuing-key.ts';
import type { Ending } from '../../src/warnings/ending.ts';

export const day = 86_400_000;
/** The day nought of these tests, ms UTC. */
export const start = Date.UTC(2030, 0, 1);

const usual = newKey('ec');

/** A certificate that is valid from one day to another, counted from `start`. */
export function made(
  from: number,
  to: number,
  { name = 'Ведомство', key = usual }: { readonly name?: string; readonly key?: IssuingKey } = {},
): Certificate {
  const times = { notBefore: start + from * day, notAfter: start + to * day };
  const wish = { commonName: name, organization: 'Test', ...times };
  return readCertificate(issueCertificate(key, wish).certificate);
}

type Parts = Parameters<typeof buildRegistry>[0];

/** A registry of nothing but these. */
export function registryOf(parts: Partial<Parts>): Registry {
  return buildRegistry({
    ...{ revision: 1, participants: [], systems: [], certificates: [], messageTypes: [] },
    ...{ anchors: [], intermediates: [], revocation: undefined },
    ...parts,
  });
}

/** An end of a system's certificate, so many days after `start`. */
export function ending(id: string, days: number, change: Partial<Ending> = {}): Ending {
  return {
    ...{ what: 'systemCertificate', id, subject: `CN=${id}`, owner: id },
    ...{ beginsAt: start - 365 * day, endsAt: start + days * day, replacedBy: undefined },
    ...change,
  };
}
