import type { PemPair } from './keystore.ts';
import { isWithin, type Window } from './window.ts';

/** A key that the node signs with, and when; PEM, no longer sealed. */
export interface SigningKey extends PemPair {
  readonly window: Window;
}

/**
 * 'next', it will sign; 'active', it signs; 'retiring', another signs in its place, and it is kept for
 * a way back; 'retired', it signs no more.
 */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired';

/** A certificate and when its key may sign. */
interface Dated {
  readonly certificate: { readonly keyKind: string };
  readonly window: Window;
}

/**
 * Which keys sign at a time: of each kind the one that began last. Kinds stand in the order in which
 * they were first named, since the first of all signs for those whose kind the node has not.
 *
 * @param at ms UTC
 */
export function activeOf<T extends Dated>(keys: readonly T[], at: number): T[] {
  const active = new Map<string, T>();
  for (const key of keys) {
    const { keyKind } = key.certificate;
    const before = active.get(keyKind);
    const begins = key.window.from ?? Number.NEGATIVE_INFINITY;
    const isLater =
      before === undefined || begins > (before.window.from ?? Number.NEGATIVE_INFINITY);
    if (isWithin(key.window, at) && isLater) active.set(keyKind, key);
  }
  return [...active.values()];
}

/** @param keys all that the node has @param at ms UTC */
export function stateOf<T extends Dated>(key: T, keys: readonly T[], at: number): KeyState {
  const { from, until } = key.window;
  if (until !== null && (until <= at || (from !== null && until <= from))) return 'retired';
  if (from !== null && at < from) return 'next';
  return activeOf(keys, at).includes(key) ? 'active' : 'retiring';
}
