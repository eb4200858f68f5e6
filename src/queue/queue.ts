import type { Millis } from '../clock.ts';
import type { Claimed } from './delivery.ts';

/** One attempt at a delivery that this process claimed; it ends by itself within its time. */
export type Attempt = (claimed: Claimed) => Promise<void>;

/**
 * The port of an engine that spreads deliveries over time and over processes. The database is the
 * truth: a job holds an exchange id and nothing else, is claimed in the database before anything is
 * done, finds its work done when it runs twice, and is found by the sweep when the engine lost it.
 */
export interface DeliveryQueue {
  /** Tells of work that is due at a time; telling twice does no harm, nor does not telling. */
  enqueue(exchangeId: string, lane: string, notBefore: Millis): void | Promise<void>;
  /** Begins to hand claimed deliveries to the attempt. */
  start(attempt: Attempt): void | Promise<void>;
  /** Begins nothing more and waits for what runs, at most this long. */
  stop(withinMs: number): Promise<void>;
}
