import { standingByList } from './crl-standing.ts';
import { standingByAnswer } from './ocsp-standing.ts';
import type { Path, Revocation } from './path.ts';

/** What is known of a certificate's revocation. */
export type Standing =
  | ({ readonly kind: 'good' } & Word)
  /** From when on; what was revoked stays so when the word is out of date. */
  | ({ readonly kind: 'revoked'; readonly since: number } & Word)
  /** When the word should have been replaced. */
  | ({ readonly kind: 'stale'; readonly since: number } & Word)
  /** Its responder does not know it. */
  | ({ readonly kind: 'unknown' } & Word)
  /** Nobody said anything that counts. */
  | { readonly kind: 'unknown'; readonly by: undefined };

/** Who said it, and of which time it is, ms UTC. */
export interface Word {
  readonly by: 'list' | 'ocsp';
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

const ranks = ['revoked', 'good', 'stale', 'unknown'] as const;

/**
 * What lists and answers say of one certificate of a path at a time. Its issuer is the next in the path:
 * what another of the same name signed says nothing. Revoked by either is revoked; good by either that
 * is in force is good.
 *
 * @param at ms UTC
 */
export function standingOf(
  { certificates }: Path,
  place: number,
  { lists, answers }: Pick<Revocation, 'lists' | 'answers'>,
  at: number,
): Standing {
  const nothing: Standing = { kind: 'unknown', by: undefined };
  const certificate = certificates[place];
  const issuer = certificates[place + 1];
  if (certificate === undefined || issuer === undefined) return nothing;
  const answer = answers.get(certificate.fingerprint);
  const said = [
    ...(answer === undefined ? [] : [standingByAnswer(answer, { certificate, issuer, lists, at })]),
    standingByList(certificate, issuer, lists, at),
  ];
  for (const rank of ranks) {
    const found = said.find(({ kind }) => kind === rank);
    if (found !== undefined) return found;
  }
  return nothing;
}
