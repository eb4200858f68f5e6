import type { Certificate } from './certificate.ts';
import { isListOf, type RevocationList } from './crl.ts';
import type { Path } from './path.ts';

/** What is known of a certificate's revocation. Times are ms UTC. */
export type Standing =
  | { readonly kind: 'good'; readonly list: RevocationList }
  | { readonly kind: 'revoked'; readonly since: number }
  /** There is no list of its issuer's. */
  | { readonly kind: 'unknown' }
  /** The latest list should have been replaced by then. */
  | { readonly kind: 'stale'; readonly since: number };

/**
 * What the lists say of one certificate of a path at a time. Its issuer is the next in the path: a list
 * that another of the same name made says nothing. What a list has revoked stays so when it is out of
 * date.
 */
export function standingOf(
  { certificates }: Path,
  place: number,
  lists: readonly RevocationList[],
  at: number,
): Standing {
  const certificate = certificates[place];
  const issuer = certificates[place + 1];
  if (certificate === undefined || issuer === undefined) return { kind: 'unknown' };
  const own = lists
    .filter((list) => list.thisUpdate <= at && made(list, issuer))
    .toSorted((a, b) => b.thisUpdate - a.thisUpdate);
  const [latest] = own;
  if (latest === undefined) return { kind: 'unknown' };
  const since = latest.revoked.get(certificate.parts.serial.toString('hex'));
  if (since !== undefined && since <= at) return { kind: 'revoked', since };
  const { nextUpdate } = latest;
  if (nextUpdate !== undefined && nextUpdate < at) return { kind: 'stale', since: nextUpdate };
  return { kind: 'good', list: latest };
}

const verdicts = new WeakMap<RevocationList, Map<string, boolean>>();
const verdictsMax = 100;

/** Lists are long, and the same issuer is asked about again and again. */
function made(list: RevocationList, issuer: Certificate): boolean {
  if (!list.issuerName.equals(issuer.parts.subjectName)) return false;
  const known = verdicts.get(list) ?? new Map<string, boolean>();
  verdicts.set(list, known);
  const before = known.get(issuer.fingerprint);
  if (before !== undefined) return before;
  const verdict = isListOf(list, issuer);
  if (known.size < verdictsMax) known.set(issuer.fingerprint, verdict);
  return verdict;
}
