import { isWithin, type Window } from '../pki/window.ts';

/** When something is to begin, and how long what it replaces counts beside it; ms UTC and ms. */
export interface Turn {
  readonly at: number;
  readonly overlapMs: number;
  readonly now: number;
}

interface Dated {
  /** undefined of a key that was never told to sign. */
  readonly window: Window | undefined;
}

/**
 * What ends, and when, as one takes the place of others of its kind:
 *
 * - what has begun by then ends with the overlap;
 * - what was to end for this one, which is put off or comes sooner, ends with its new overlap;
 * - where this one counts now, it is the way back, and what has not begun never will.
 *
 * What begins later than another new one is left alone.
 *
 * @param before when the chosen one counted until now; undefined of a new one
 * @param others of its kind
 */
export function endedBy<T extends Dated>(
  before: Window | undefined,
  others: readonly T[],
  turn: Turn,
): { readonly ended: T; readonly window: Window }[] {
  return others.flatMap((ended) => {
    const window = endOf(before, ended.window, turn);
    return window === undefined ? [] : [{ ended, window }];
  });
}

/** undefined where it stays as it is. */
function endOf(
  before: Window | undefined,
  other: Window | undefined,
  { at, overlapMs, now }: Turn,
): Window | undefined {
  if (other === undefined || isOver(other, now)) return undefined;
  const { from } = other;
  const until = at + overlapMs;
  if (from !== null && from > at) {
    const isWayBack = before !== undefined && isWithin(before, now) && at <= now;
    return isWayBack ? { from, until: from } : undefined;
  }
  const ends = other.until ?? Number.POSITIVE_INFINITY;
  return ends > until || endedFor(before, ends, now) ? { from, until } : undefined;
}

/** One that has not begun had others end at or after its beginning. */
function endedFor(before: Window | undefined, ends: number, now: number): boolean {
  const begins = before?.from ?? null;
  return begins !== null && begins > now && Number.isFinite(ends) && ends >= begins;
}

function isOver({ from, until }: Window, now: number): boolean {
  return until !== null && (until <= now || (from !== null && until <= from));
}
