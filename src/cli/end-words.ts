import type { Window } from '../pki/window.ts';

/** What becomes of what another ends. */
export function endWords({ from, until }: Window): string {
  if (from !== null && from === until) return 'не начнёт / will not begin';
  const end = new Date(until ?? 0).toISOString();
  return `прежний до / the old one until ${end}`;
}
