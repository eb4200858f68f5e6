import { systemClock } from '../../src/clock.ts';
import { type BullmqParts, BullmqQueue } from '../../src/queue/bullmq.ts';
import { addDelivery, type Due, finishDelivery } from '../../src/queue/delivery.ts';
import type { InProcessSettings } from '../../src/queue/in-process.ts';
import type { Attempt, LaneRules } from '../../src/queue/queue.ts';
import type { Database } from '../../src/store/database.ts';
import type { TestDatabase } from '../harness/databases.ts';

export const settings: InProcessSettings = {
  concurrency: 8,
  laneWaitingMax: 100,
  attemptMaxMs: 10_000,
  backoffMaxMs: 60_000,
  // Long: a test that does not speak of the sweep is not helped by it.
  sweepEveryMs: 600_000,
  breaker: { failures: 5, openMs: 1000, openMaxMs: 10_000 },
};

/** Two attempts at once in each lane, as many as wanted in a second. */
export const twoAtOnce: LaneRules = { concurrency: 2, rate: undefined };

/** BullMQ on a Redis, with the same rules for every lane that is named. */
export function connectBullmq(
  database: Database,
  url: string,
  {
    change = {},
    rules = twoAtOnce,
    lanes = ['a'],
    failures = [],
    told = [],
  }: {
    readonly change?: Partial<BullmqParts['settings']>;
    readonly rules?: LaneRules;
    readonly lanes?: readonly string[];
    readonly failures?: unknown[];
    readonly told?: string[];
  } = {},
): Promise<BullmqQueue> {
  return BullmqQueue.connect({
    url,
    database,
    clock: systemClock,
    settings: { ...settings, ...change },
    lanes: () => new Map(lanes.map((lane) => [lane, rules])),
    rulesOf: () => rules,
    failed: (error) => failures.push(error),
    told: (state) => told.push(state),
  });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not come about within ${withinMs} ms`);
    await pause(5);
  }
}

/** The signal of an attempt that has all the time it wants. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** A promise that is kept from outside. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A delivery that is due, of sender A where it is not named. */
export function addTo(
  database: TestDatabase,
  id: string,
  { lane = 'a', sender = 'A', now = Date.now() } = {},
): Promise<Due> {
  return addDelivery(database.kysely, { exchangeId: id, lane, sender, now });
}

/** An attempt that succeeds, and notes whose delivery it ended. */
export function finishing(database: TestDatabase, done: string[]): Attempt {
  return async (claimed) => {
    if (await finishDelivery(database.kysely, claimed, Date.now())) done.push(claimed.exchange_id);
  };
}

/** Id, state and number of attempts of every delivery, by id. */
export async function statesIn(database: TestDatabase): Promise<string[]> {
  const rows = await database.kysely
    .selectFrom('delivery')
    .select(['exchange_id', 'state', 'attempts'])
    .orderBy('exchange_id')
    .execute();
  return rows.map((row) => `${row.exchange_id} ${row.state} ${row.attempts}`);
}
