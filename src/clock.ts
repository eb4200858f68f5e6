/** Milliseconds since the Unix epoch, UTC. */
export type Millis = number;

/** Where the program reads the time, so that tests may set it. */
export interface Clock {
  now(): Millis;
}

export const systemClock: Clock = { now: () => Date.now() };
