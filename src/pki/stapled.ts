import type { Certificate } from './certificate.ts';
import { type OcspAnswer, readOcspAnswer, singleOf } from './ocsp.ts';
import { OcspError } from './ocsp-error.ts';
import { checkOcspAnswer, standingByAnswer } from './ocsp-standing.ts';
import type { TrustStore } from './path.ts';
import { bestPath, type OldAlgorithms } from './trust.ts';

/**
 * The same trust, in which OCSP responses that came with a signature say what they say of its signer. One
 * counts where its issuer, or a responder of the issuer's, signed it, it is in force, and what is known
 * here is neither newer nor that the certificate is revoked.
 *
 * @param stapled in DER; what cannot be read says nothing
 * @param at ms UTC
 */
export function withStapled(
  trust: TrustStore,
  certificate: Certificate,
  stapled: readonly Uint8Array[],
  at: number,
  old: OldAlgorithms = {},
): TrustStore {
  const { revocation } = trust;
  const issuer = bestPath(certificate, trust, at, old).path.certificates[1];
  if (revocation === undefined || issuer === undefined) return trust;
  const question = { certificate, issuer, lists: revocation.lists, at };
  let last = revocation.answers.get(certificate.fingerprint);
  for (const der of stapled) {
    const answer = answerTo(der, question);
    if (answer !== undefined && replaces(answer, last, question)) last = answer;
  }
  if (last === undefined || last === revocation.answers.get(certificate.fingerprint)) return trust;
  const answers = new Map(revocation.answers).set(certificate.fingerprint, last);
  return { ...trust, revocation: { ...revocation, answers } };
}

type Question = Parameters<typeof checkOcspAnswer>[1];

function answerTo(der: Uint8Array, question: Question): OcspAnswer | undefined {
  try {
    const answer = readOcspAnswer(der);
    checkOcspAnswer(answer, question);
    return answer;
  } catch (error) {
    if (error instanceof OcspError) return undefined;
    throw error;
  }
}

function replaces(answer: OcspAnswer, known: OcspAnswer | undefined, question: Question): boolean {
  if (known === undefined) return true;
  if (standingByAnswer(known, question).kind === 'revoked') return false;
  const timeOf = (of: OcspAnswer) =>
    singleOf(of, question.certificate, question.issuer)?.thisUpdate ?? 0;
  return timeOf(answer) > timeOf(known);
}
