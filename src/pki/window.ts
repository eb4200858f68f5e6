/** A time in which something counts by an operator's word, ms UTC; null where it has no bound. */
export interface Window {
  readonly from: number | null;
  /** The first moment in which it counts no more. */
  readonly until: number | null;
}

export const always: Window = { from: null, until: null };

/** @param at ms UTC */
export function isWithin({ from, until }: Window, at: number): boolean {
  return (from === null || from <= at) && (until === null || at < until);
}

/** In the form that declarations have, such as «from 2026-12-01T00:00:00.000Z»; '' for no bound. */
export function windowWords({ from, until }: Window): string {
  const words = [
    ...(from === null ? [] : [`from ${new Date(from).toISOString()}`]),
    ...(until === null ? [] : [`until ${new Date(until).toISOString()}`]),
  ];
  return words.join(', ');
}
