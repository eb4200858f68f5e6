/** How two pieces of work differ in time. */
export interface Difference {
  /** Welch's t of the trimmed samples. */
  readonly t: number;
  /** By what part of their time. */
  readonly share: number;
}

/**
 * Runs two pieces of work by turns and compares their processor time; the slower half of each side's
 * samples is what else ran on the machine, and is left out.
 */
export function timeDifference(samples: number, first: () => void, second: () => void): Difference {
  const times: [number[], number[]] = [[], []];
  const works = [first, second] as const;
  for (let sample = 0; sample < samples; sample++) {
    // Which side begins changes from turn to turn.
    for (const side of (sample % 2 === 0 ? [0, 1] : [1, 0]) as (0 | 1)[]) {
      const before = process.hrtime.bigint();
      works[side]();
      times[side].push(Number(process.hrtime.bigint() - before));
    }
  }
  const [a, b] = times.map(describeQuicker) as [Moments, Moments];
  const error = Math.sqrt(a.variance / a.count + b.variance / b.count);
  return {
    t: (a.mean - b.mean) / error,
    share: Math.abs(a.mean - b.mean) / Math.min(a.mean, b.mean),
  };
}

/** Whether a dependence is gross: large and certain. */
export function isGross({ t, share }: Difference): boolean {
  return Math.abs(t) > 8 && share > 0.03;
}

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

function describeQuicker(times: readonly number[]): Moments {
  const kept = [...times].sort((a, b) => a - b).slice(0, Math.ceil(times.length / 2));
  const count = kept.length;
  const mean = kept.reduce((sum, time) => sum + time, 0) / count;
  const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}
