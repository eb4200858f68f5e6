import type { Window } from '../pki/window.ts';
import type { WindowColumns } from '../store/declared-tables.ts';

/** A certificate and when it counts. */
export interface WindowedCertificate {
  readonly der: Uint8Array;
  readonly window: Window;
}

/** Where the authorities of each kind of declaration are. */
export const authorityTables = {
  trustAnchor: 'trust_anchor',
  intermediate: 'intermediate',
} as const;

export function windowOf({ from_at, until_at }: WindowColumns): Window {
  return { from: from_at, until: until_at };
}

export function columnsOf({ from, until }: Window): WindowColumns {
  return { from_at: from, until_at: until };
}
