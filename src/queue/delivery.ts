import type { Kysely, Selectable } from 'kysely';
import type { DeliveryTable, Tables } from '../store/tables.ts';

// The bookkeeping of deliveries: due → running → done or dead, or due again later. A claim is known
// by its number of attempts: what a given-up attempt still wants to write is not written. Times are
// ms UTC.

/** A delivery that one attempt holds until `running_until`. */
export type Claimed = Selectable<DeliveryTable>;
/** What names a claim. */
export type Claim = Pick<Claimed, 'exchange_id' | 'attempts'>;

/** A new exchange is due for its connector. */
export async function addDelivery(
  tx: Kysely<Tables>,
  exchangeId: string,
  lane: string,
  now: number,
): Promise<void> {
  await tx
    .insertInto('delivery')
    .values({
      exchange_id: exchangeId,
      lane,
      state: 'due',
      due_at: now,
      running_until: null,
      attempts: 0,
      cause: null,
    })
    .execute();
}

/** Takes a delivery that is due, or whose attempt is given up; undefined when another did. */
export async function claimDelivery(
  tx: Kysely<Tables>,
  exchangeId: string,
  { now, attemptMs }: { readonly now: number; readonly attemptMs: number },
): Promise<Claimed | undefined> {
  return tx
    .updateTable('delivery')
    .set((row) => ({
      state: 'running',
      running_until: now + attemptMs,
      attempts: row('attempts', '+', 1),
    }))
    .where('exchange_id', '=', exchangeId)
    .where((row) =>
      row.or([
        row.and([row('state', '=', 'due'), row('due_at', '<=', now)]),
        row.and([row('state', '=', 'running'), row('running_until', '<=', now)]),
      ]),
    )
    .returningAll()
    .executeTakeFirst();
}

/** The agency answered for good; false when the claim holds no more and nothing may be recorded. */
export async function finishDelivery(tx: Kysely<Tables>, claim: Claim): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim, ['running'])
    .set({ state: 'done', running_until: null })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Tries again at `dueAt`; false when the claim holds no more. */
export async function postponeDelivery(
  tx: Kysely<Tables>,
  claim: Claim,
  dueAt: number,
  cause: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim, ['running'])
    .set({ state: 'due', due_at: dueAt, running_until: null, cause })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Gives up for good, with its cause; false when the claim holds no more. */
export async function killDelivery(
  tx: Kysely<Tables>,
  claim: Claim,
  cause: string,
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim, ['running', 'dead'])
    .set({ state: 'dead', running_until: null, cause })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function held(tx: Kysely<Tables>, claim: Claim, states: readonly string[]) {
  return tx
    .updateTable('delivery')
    .where('exchange_id', '=', claim.exchange_id)
    .where('attempts', '=', claim.attempts)
    .where('state', 'in', states);
}

/** Ends the delivery of an exchange that came to nothing, whoever holds it. */
export async function killDeliveryOf(tx: Kysely<Tables>, exchangeId: string): Promise<void> {
  const ended = JSON.stringify({ code: 'EXCHANGE_ENDED' });
  await tx
    .updateTable('delivery')
    .set((row) => ({
      state: 'dead',
      running_until: null,
      cause: row.fn.coalesce('cause', row.val(ended)),
    }))
    .where('exchange_id', '=', exchangeId)
    .where('state', 'in', ['due', 'running'])
    .execute();
}

/** Work that nobody holds. */
export type Due = Pick<Claimed, 'exchange_id' | 'lane' | 'due_at'>;

/** Deliveries that are due or whose attempt is given up: the eldest of each lane, so many a lane. */
export async function findDue(db: Kysely<Tables>, now: number, perLane: number): Promise<Due[]> {
  return db
    .selectFrom(
      db
        .selectFrom('delivery')
        .select(({ fn }) => [
          'exchange_id',
          'lane',
          'due_at',
          fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('lane').orderBy('due_at').orderBy('exchange_id'))
            .as('place'),
        ])
        .where((row) =>
          row.or([
            row.and([row('state', '=', 'due'), row('due_at', '<=', now)]),
            row.and([row('state', '=', 'running'), row('running_until', '<=', now)]),
          ]),
        )
        .as('due'),
    )
    .select(['exchange_id', 'lane', 'due_at'])
    .where('place', '<=', perLane)
    .orderBy('due_at')
    .execute();
}

export interface Backoff {
  /** After the first failure. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/**
 * How long to wait after so many failed attempts: twice as long each time up to the longest; the
 * upper half of it is up to chance, so that what failed together does not return together.
 *
 * @param random in [0, 1)
 */
export function backoffMs(attempts: number, rules: Backoff, random: number): number {
  const doubled = rules.backoffMs * 2 ** Math.min(Math.max(attempts, 1) - 1, 50);
  const longest = Math.min(doubled, rules.backoffMaxMs);
  return Math.round(longest / 2 + (longest / 2) * random);
}
