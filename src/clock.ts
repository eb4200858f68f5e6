/** Milliseconds since the Unix epoch, UTC. */
export type Millis = number;

/** Where the program reads the time, so that tests may set it. */
export interface Clock {
  now(): Millis;
}

/**
 * The system's clock, which never goes back while the process lives: when the system's is set back,
 * time goes on as the monotonic clock counts it. Leases and pauses so end when they should.
 */
export function steadyClock(wall: () => Millis, monotonic: () => Millis): Clock {
  let ahead = Number.NEGATIVE_INFINITY;
  return {
    now: () => {
      const at = monotonic();
      ahead = Math.max(ahead, wall() - at);
      return Math.floor(ahead + at);
    },
  };
}

export const systemClock: Clock = steadyClock(
  () => Date.now(),
  () => performance.now(),
);

/**
 * By how much the clocks of two processes, or two looks at one clock, may differ. A time further ahead
 * than the node ever sets one, and more than this, was written before the clock was set back.
 */
export const clockSkewMs = 60_000;

/** A day as people read it, UTC. */
export function day(at: Millis): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** To the minute, UTC: nobody agrees on seconds. */
export function minute(at: Millis): string {
  return `${new Date(at).toISOString().slice(0, 16)}Z`;
}
