import type { Certificate } from '../pki/certificate.ts';
import { activeOf, type Purpose, slotOf, stateOf } from '../pki/signing-key.ts';
import type { Window } from '../pki/window.ts';
import { type Ending, factsOf, gapMs, isThereAt, spanOf } from './ending.ts';

/** A signing key of the node, and where it stands. */
export interface OwnedKey {
  readonly owner: string;
  readonly purpose: Purpose;
  readonly certificate: Certificate;
  readonly window: Window;
}

/**
 * The node's keys that sign, will, or are kept for a way back. A key's end is no matter where another
 * signs in its place then: the one that the node would choose, not just any that is still valid.
 *
 * @param now ms UTC
 */
export function keyEndings(keys: readonly OwnedKey[], now: number): Ending[] {
  return keys
    .filter((key) => stateOf(key, keys, now) !== 'retired')
    .map((key) => {
      const { from, to } = spanOf(key);
      const end = Math.max(to, now);
      const after = activeOf(keys, end + gapMs).find((each) => slot(each) === slot(key));
      const isReplaced = after !== undefined && after !== key && spanOf(after).to > end;
      return {
        ...factsOf('nodeKey', key.owner, key.certificate),
        ...{ beginsAt: from, endsAt: to },
        replacedBy: isReplaced ? after.certificate.fingerprint : undefined,
      };
    });
}

function slot({ purpose, certificate }: OwnedKey): string {
  return slotOf(purpose, certificate.keyKind);
}

/**
 * Certificates of files. Of a port and a client the first of each file counts, behind which its issuers
 * stand; of the other sides' own each does, until another of its kind in the file is there.
 */
export function fileEndings(
  what: 'tls' | 'client' | 'peer',
  files: readonly (readonly [owner: string, certificates: readonly Certificate[]])[],
): Ending[] {
  return files.flatMap(([owner, certificates]) => {
    if (what !== 'peer') return certificates.slice(0, 1).map((each) => factsOf(what, owner, each));
    return certificates.map((each) => {
      const next = certificates.find(
        (other) =>
          other.subject === each.subject &&
          other.keyKind === each.keyKind &&
          isThereAt({ from: other.notBefore, to: other.notAfter }, each.notAfter),
      );
      return { ...factsOf(what, owner, each), replacedBy: next?.fingerprint };
    });
  });
}
