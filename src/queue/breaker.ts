import { clockSkewMs, type Millis } from '../clock.ts';

/** When a lane is cut off and when it is tried again. Times are in ms. */
export interface BreakerRules {
  /** So many attempts in a row that find the agency down open the breaker. */
  readonly failures: number;
  /** For how long at first; twice as long each time the agency is found down again. */
  readonly openMs: number;
  readonly openMaxMs: number;
}

/** How a lane fares: see LaneTable. */
export interface LaneState {
  readonly failures: number;
  readonly open_until: Millis;
}

/**
 * Whether an attempt may begin: 'closed' any, 'open' none before `open_until`, 'half-open' one that
 * tries. A time further ahead than the breaker ever waits was written before the clock was set back.
 */
export function breakerOf(
  { failures, open_until }: LaneState,
  now: Millis,
  rules: BreakerRules,
): 'closed' | 'open' | 'half-open' {
  if (open_until > now && open_until <= now + rules.openMaxMs + clockSkewMs) return 'open';
  return failures >= rules.failures ? 'half-open' : 'closed';
}

/** For how long a lane is cut off after so many failures in a row; 0 where it is not. */
export function openFor(failures: number, rules: BreakerRules): number {
  if (failures < rules.failures) return 0;
  const doubled = rules.openMs * 2 ** Math.min(failures - rules.failures, 50);
  return Math.min(doubled, rules.openMaxMs);
}
