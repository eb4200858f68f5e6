import type { Certificate } from './certificate.ts';
import { isListOf, type RevocationList } from './crl.ts';
import type { Standing } from './revocation.ts';

/**
 * What the latest list of its issuer says of a certificate at a time. What a list has revoked stays so
 * when it is out of date.
 *
 * @param at ms UTC
 */
export function standingByList(
  certificate: Certificate,
  issuer: Certificate,
  lists: readonly RevocationList[],
  at: number,
): Standing {
  const own = lists
    .filter((list) => list.thisUpdate <= at && made(list, issuer))
    .toSorted((a, b) => b.thisUpdate - a.thisUpdate);
  const [latest] = own;
  if (latest === undefined) return { kind: 'unknown', by: undefined };
  const { thisUpdate, nextUpdate, revoked } = latest;
  const word = { by: 'list', thisUpdate, nextUpdate } as const;
  const since = revoked.get(certificate.parts.serial.toString('hex'));
  if (since !== undefined && since <= at) return { kind: 'revoked', since, ...word };
  if (nextUpdate !== undefined && nextUpdate < at) {
    return { kind: 'stale', since: nextUpdate, ...word };
  }
  return { kind: 'good', ...word };
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
