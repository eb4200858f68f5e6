import { UsageError } from './run.ts';

const written = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A moment that an operator names: with its zone, since who reads it may be in another; or by how far it
 * is from now.
 *
 * @param now ms UTC, for `now` and `+10m`
 * @returns ms UTC
 * @throws UsageError
 */
export function momentOf(option: string, text: string, now: number): number {
  if (text === 'now') return now;
  if (text.startsWith('+')) return now + spanOf(option, text.slice(1));
  const at = written.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new UsageError(
    `${option}: время с поясом, now или +10m / a time with its zone, now, or +10m: 2026-12-01T03:00+03:00`,
  );
}

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/** A span such as 7d, 12h, 30m, 45s, 0. @returns ms @throws UsageError */
export function spanOf(option: string, text: string): number {
  const [, count = '', unit] = /^(\d{1,5})([dhms])$/.exec(text) ?? [];
  if (text === '0') return 0;
  const each = units[unit as keyof typeof units];
  if (each === undefined) throw new UsageError(`${option}: 7d, 12h, 30m, 45s, 0`);
  return Number(count) * each;
}
