import type { Certificate } from './certificate.ts';
import type { RevocationList } from './crl.ts';
import { standingByList } from './crl-standing.ts';
import { isStrong } from './key-strength.ts';
import { keyHashOf, type OcspAnswer, type SingleAnswer, singleOf } from './ocsp.ts';
import { OcspError } from './ocsp-error.ts';
import { nonceValue } from './ocsp-request.ts';
import { isIssuedBy } from './path.ts';
import type { Standing } from './revocation.ts';
import { keySigned, signatureByOid } from './signature-algorithms.ts';

/** About which certificate, by whose right, and when. */
export interface OcspQuestion {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  /** Where the issuer may have revoked a responder of its own. */
  readonly lists: readonly RevocationList[];
  /** ms UTC */
  readonly at: number;
}

/** The nonce of a question of this node's own. */
export interface AskedNonce {
  readonly nonce: Uint8Array;
  /** An answer without it, which may have been made long before, is not taken. */
  readonly demanded: boolean;
}

/** How far the clock of a responder may be ahead. */
const skewMs = 300_000;
/** Who names no next update has always a newer one (RFC 6960 §4.2.2.1): his word counts so long. */
const unboundedMs = 86_400_000;

/**
 * What a stored answer says of a certificate. A good one counts while it is in force and its signer may
 * sign; a revoked one from then on.
 */
export function standingByAnswer(answer: OcspAnswer, question: OcspQuestion): Standing {
  const { certificate, issuer, at } = question;
  const single = singleOf(answer, certificate, issuer);
  const nothing: Standing = { kind: 'unknown', by: undefined };
  if (single === undefined || single.thisUpdate > at + skewMs) return nothing;
  const { status, thisUpdate, nextUpdate } = single;
  const word = { by: 'ocsp', thisUpdate, nextUpdate } as const;
  const isRevoked = status.kind === 'revoked' && status.since <= at;
  if (!maySign(answer, question, isRevoked ? answer.producedAt : at)) return nothing;
  if (isRevoked) return { kind: 'revoked', since: status.since, ...word };
  const end = endOf(single);
  if (end < at) return { kind: 'stale', since: end, ...word };
  return { kind: status.kind === 'unknown' ? 'unknown' : 'good', ...word };
}

/**
 * Judges an answer that comes in (RFC 6960 §3.2), before it is stored.
 *
 * @param asked undefined for an answer that an operator carried here
 * @returns what it says of the certificate
 * @throws OcspError nonce-absent, nonce-differs, other-certificate, responder, future, stale
 */
export function checkOcspAnswer(
  answer: OcspAnswer,
  question: OcspQuestion,
  asked?: AskedNonce,
): SingleAnswer {
  if (asked !== undefined) checkNonce(answer, asked);
  const { certificate, issuer, at } = question;
  const single = singleOf(answer, certificate, issuer);
  if (single === undefined) throw new OcspError('other-certificate');
  if (!maySign(answer, question, at)) throw new OcspError('responder');
  const { thisUpdate } = single;
  if (thisUpdate > at + skewMs) throw new OcspError('future', iso(thisUpdate));
  if (endOf(single) < at) throw new OcspError('stale', iso(endOf(single)));
  return single;
}

function checkNonce({ nonce }: OcspAnswer, asked: AskedNonce): void {
  if (nonce === undefined) {
    if (asked.demanded) throw new OcspError('nonce-absent');
  } else if (!nonce.equals(nonceValue(asked.nonce))) throw new OcspError('nonce-differs');
}

/** The last moment at which it counts, ms UTC. */
function endOf({ thisUpdate, nextUpdate }: SingleAnswer): number {
  return nextUpdate ?? thisUpdate + unboundedMs;
}

/** Whether it is signed by the issuer, or by a responder of the issuer's that was one at a time. */
function maySign(
  answer: OcspAnswer,
  { issuer, lists, at }: OcspQuestion,
  validAt: number,
): boolean {
  const signer = signerOf(answer, issuer);
  if (signer === undefined) return false;
  if (isSame(signer, issuer)) return true;
  const { notBefore, notAfter } = signer;
  if (validAt < notBefore || notAfter < validAt) return false;
  return standingByList(signer, issuer, lists, at).kind !== 'revoked';
}

const signers = new WeakMap<OcspAnswer, Map<string, Certificate | undefined>>();
const signersMax = 20;

/** The certificate that signed, if it is the issuer's or one of its choice; found once. */
function signerOf(answer: OcspAnswer, issuer: Certificate): Certificate | undefined {
  const known = signers.get(answer) ?? new Map<string, Certificate | undefined>();
  signers.set(answer, known);
  const { fingerprint } = issuer;
  if (known.has(fingerprint)) return known.get(fingerprint);
  const signer = [issuer, ...answer.certificates]
    .filter((each) => isNamed(answer, each))
    .find((each) => didSign(answer, each) && (isSame(each, issuer) || isDelegate(each, issuer)));
  if (known.size < signersMax) known.set(fingerprint, signer);
  return signer;
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a.fingerprint === b.fingerprint;
}

function isNamed({ responder }: OcspAnswer, certificate: Certificate): boolean {
  return 'name' in responder
    ? responder.name.equals(certificate.parts.subjectName)
    : responder.keyHash.equals(keyHashOf(certificate));
}

function didSign({ signatureOid, signed, signature }: OcspAnswer, signer: Certificate): boolean {
  const row = signatureByOid(signatureOid);
  if (row === undefined || row.kind !== signer.keyKind || row.kind === 'gost2001') return false;
  return keySigned(signer, row.hash, signed, signature);
}

const ocspSigning = '1.3.6.1.5.5.7.3.9';

/** A responder that the issuer itself appointed (RFC 6960 §4.2.2.2). */
function isDelegate(certificate: Certificate, issuer: Certificate): boolean {
  const { extendedKeyUsage = [], unknownCritical } = certificate.extensions;
  return (
    extendedKeyUsage.includes(ocspSigning) &&
    certificate.maySign &&
    unknownCritical.length === 0 &&
    isStrong(certificate) &&
    isIssuedBy(issuer, certificate)
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
