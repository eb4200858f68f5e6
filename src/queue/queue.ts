import type { Claimed, Due } from './delivery.ts';

/**
 * One attempt at a delivery that this process claimed. It ends within its time, and soon after the
 * signal, which says that the time is over or the process stops.
 */
export type Attempt = (claimed: Claimed, signal: AbortSignal) => Promise<void>;

/** What a route asks of its lane. */
export interface LaneRules {
  /** Attempts at once, in all processes together. */
  readonly concurrency: number;
  /** So many attempts at most begin within so many ms. */
  readonly rate: { readonly max: number; readonly perMs: number } | undefined;
}

/**
 * The port of an engine that spreads deliveries over time and over processes. The database is the
 * truth: a job holds an exchange id and nothing else, is claimed in the database before anything is
 * done, finds its work done when it runs twice, and is found by the sweep when the engine lost it.
 */
export interface DeliveryQueue {
  /** Tells of work that is due; telling twice does no harm, nor does not telling. Never throws. */
  enqueue(due: Due): void;
  /** Of how much more work in this lane the engine wants to be told. */
  wants(lane: string): number | Promise<number>;
  /** Begins to hand claimed deliveries to the attempt. */
  start(attempt: Attempt): void | Promise<void>;
  /**
   * Begins nothing more and waits for what runs, at most this long; then the signal tells the attempts
   * to hand back what they hold.
   */
  stop(withinMs: number): Promise<void>;
  /** Does the engine answer? */
  isUp(): boolean | Promise<boolean>;
}
