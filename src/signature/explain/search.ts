import type { Budget } from './budget.ts';
import type { Cause } from './causes.ts';
import type { Trial } from './subject.ts';

/** What makes the digest or the value right. */
export interface Find {
  readonly causes: readonly Cause[];
  /** What exactly: names and paths, no values. */
  readonly about?: string;
  /** What was signed, where it differs from what came. */
  readonly octets?: Buffer;
}

/** What was found for the one and the other; undefined where nothing was, or nothing was wrong. */
export interface Finds {
  readonly digest: Find | undefined;
  readonly value: Find | undefined;
}

/** What fits octets beyond their being right: causes that lie in the hash or the value. */
export type Fits = (octets: Buffer, trial: Trial) => Omit<Find, 'octets'> | undefined;

/**
 * Goes through the trials until one fits or the budget is spent.
 *
 * @param size of the octets, about: what one trial costs
 * @param tried gets the causes that were tried
 */
export function search(
  trials: Iterable<Trial>,
  fits: Fits,
  size: number,
  budget: Budget,
  tried: Set<Cause>,
): Find | undefined {
  for (const trial of trials) {
    if (!budget.spend(size)) return undefined;
    for (const cause of trial.causes) tried.add(cause);
    const octets = trial.octets();
    const found = octets && fits(octets, trial);
    if (found === undefined) continue;
    const about = [trial.about, found.about].filter((each) => each !== undefined).join('; ');
    const causes = [...new Set([...trial.causes, ...found.causes])];
    return { causes, ...(about === '' ? {} : { about }), ...(octets ? { octets } : {}) };
  }
  return undefined;
}
