/** Milliseconds since the Unix epoch, UTC. */
export type Millis = number;

/** Where the program reads the time, so that tests may set it. */
export interface Clock {
  now(): Millis;
}

export const systemClock: Clock = { now: () => Date.now() };

/**
 * By how much the clocks of two processes, or two looks at one clock, may differ. A time further ahead
 * than the node ever sets one, and more than this, was written before the clock was set back.
 */
export const clockSkewMs = 10_000;
