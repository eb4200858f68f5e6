import type { WarningTable } from '../store/tables.ts';
import { type Ending, keyOf } from './ending.ts';

const dayMs = 86_400_000;

/** An end that is near, and which threshold was passed: ms before it, 0 for the end itself. */
export interface Warning {
  readonly ending: Ending;
  readonly threshold: number;
}

/** What was told of an end. */
export type Told = Omit<WarningTable, 'way'>;

/**
 * When an end is told, in ms before it, the last first. A list of revoked certificates is replaced all
 * the time: only its last tenth counts.
 *
 * @param days thresholds of the configuration
 */
export function thresholdsOf(
  { what, beginsAt, endsAt }: Pick<Ending, 'what' | 'beginsAt' | 'endsAt'>,
  days: readonly number[],
): number[] {
  const asked = days.map((each) => each * dayMs).toSorted((a, b) => a - b);
  if (what !== 'revocationList') return [0, ...asked];
  const tenth = Math.floor((endsAt - beginsAt) / 10);
  return [0, ...asked.filter((each) => each < tenth), tenth];
}

/** The nearest threshold that was passed; undefined where the end is further than all. @param now ms UTC */
export function passed(ending: Ending, days: readonly number[], now: number): number | undefined {
  const left = ending.endsAt - now;
  if (left < 0) return 0;
  return thresholdsOf(ending, days).find((each) => each > 0 && left <= each);
}

/**
 * What is to be told now and was not, the nearest end first: of several thresholds that were passed
 * only the last. An end that was moved is another end.
 */
export function dueOf(
  endings: readonly Ending[],
  told: readonly Told[],
  days: readonly number[],
  now: number,
): Warning[] {
  const known = new Map(told.map((each) => [keyOf(each), each]));
  return endings
    .filter(({ replacedBy }) => replacedBy === undefined)
    .flatMap((ending) => {
      const threshold = passed(ending, days, now);
      if (threshold === undefined) return [];
      const before = known.get(keyOf(ending));
      const isTold = before?.ends_at === ending.endsAt && before.threshold <= threshold;
      return isTold ? [] : [{ ending, threshold }];
    })
    .toSorted((a, b) => a.ending.endsAt - b.ending.endsAt);
}

// Another node may know of what this one does not: a row stays long, and does no harm.
const goneAfterMs = 400 * dayMs;

/** Rows that nobody needs: their subject has long been gone. @param endings what this process knows of */
export function goneOf(told: readonly Told[], endings: readonly Ending[], now: number): Told[] {
  const present = new Set(endings.map(keyOf));
  return told.filter((each) => !present.has(keyOf(each)) && now - each.told_at > goneAfterMs);
}
