import { type Version, versions } from '../smev/namespaces.ts';
import type { PemPair } from './keystore.ts';
import { isWithin, type Window } from './window.ts';

/** What a key of the node signs: messages of every service or of one, or the ends of its journal. */
export type Purpose = 'messages' | 'journal' | `smev-${Version}`;

export const purposes: readonly Purpose[] = [
  'messages',
  'journal',
  ...versions.map((version): Purpose => `smev-${version}`),
];

/** A key that the node signs with, what, and when; PEM, no longer sealed. */
export interface SigningKey extends PemPair {
  readonly purpose: Purpose;
  readonly window: Window;
}

/**
 * 'next', it will sign; 'active', it signs; 'retiring', another signs in its place, and it is kept for
 * a way back; 'retired', it signs no more.
 */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired';

/** Keys of one slot take each other's place: one of each kind signs messages, one at all the journal. */
export function slotOf(purpose: Purpose, kind: string): string {
  return purpose === 'journal' ? purpose : `${purpose} ${kind}`;
}

/** A certificate, and what and when its key may sign. */
interface Dated {
  readonly purpose: Purpose;
  readonly certificate: { readonly keyKind: string };
  readonly window: Window;
}

/**
 * Which keys sign at a time: of each slot the one that began last. Slots stand in the order in which
 * they were first named, since the first of all signs for those whose kind the node has not.
 *
 * @param at ms UTC
 */
export function activeOf<T extends Dated>(keys: readonly T[], at: number): T[] {
  const active = new Map<string, T>();
  for (const key of keys) {
    const slot = slotOf(key.purpose, key.certificate.keyKind);
    const before = active.get(slot);
    const begins = key.window.from ?? Number.NEGATIVE_INFINITY;
    const isLater =
      before === undefined || begins > (before.window.from ?? Number.NEGATIVE_INFINITY);
    if (isWithin(key.window, at) && isLater) active.set(slot, key);
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

/** Those of the active keys that sign for a purpose: its own first, then those of all messages. */
export function keysFor<T extends Dated>(active: readonly T[], purpose: Purpose): T[] {
  const of = (wanted: Purpose) => active.filter((key) => key.purpose === wanted);
  return purpose === 'messages' ? of(purpose) : [...of(purpose), ...of('messages')];
}
