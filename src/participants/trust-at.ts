import type { Revocation, TrustStore } from '../pki/path.ts';
import { isWithin } from '../pki/window.ts';
import type { Authority, Registration } from './registration.ts';

/** Who is trusted and from when until when, and what else is wanted of a path. */
export interface Authorities {
  readonly anchors: readonly Authority[];
  readonly intermediates: readonly Authority[];
  readonly revocation: Revocation | undefined;
  /** As TrustStore has them. */
  readonly policies?: readonly string[];
}

/**
 * Authorities that begin or end are few: each set of them is one store, whose verdicts are remembered.
 *
 * @returns what certificates are judged by at a time, ms UTC
 */
export function trustOf({ anchors, intermediates, revocation, policies = [] }: Authorities) {
  const stores = new Map<string, TrustStore>();
  const bounded = [...anchors, ...intermediates].filter(
    ({ window }) => window.from !== null || window.until !== null,
  );
  return (at: number): TrustStore => {
    const key = bounded.map(({ window }) => Number(isWithin(window, at))).join('');
    const known = stores.get(key);
    if (known !== undefined) return known;
    const now = (all: readonly Registration[]) =>
      all.filter(({ window }) => isWithin(window, at)).map(({ certificate }) => certificate);
    const store = {
      anchors: now(anchors),
      intermediates: now(intermediates),
      policies,
      ...(revocation === undefined ? {} : { revocation }),
    };
    stores.set(key, store);
    return store;
  };
}
