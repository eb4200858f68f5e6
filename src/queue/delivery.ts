import type { ExpressionBuilder, Kysely, Selectable } from 'kysely';
import { clockSkewMs, type Millis } from '../clock.ts';
import type { DeliveryTable, Tables } from '../store/tables.ts';

// The bookkeeping of deliveries: due → running → done or dead, or due again later. A claim is known
// by its number of attempts: what a given-up attempt still wants to write is not written. Times are
// ms UTC.

/** A delivery that one attempt holds until `running_until`. */
export type Claimed = Selectable<DeliveryTable>;
/** What names a claim. */
export type Claim = Pick<Claimed, 'exchange_id' | 'attempts'>;

/** The longest times that the node itself sets ahead. */
export interface Waits {
  /** Before a claim is given up. */
  readonly attemptMaxMs: number;
  /** Before another attempt. */
  readonly backoffMaxMs: number;
}

/** A new exchange is due for its connector, in its sender's turn; returns what an engine is told. */
export async function addDelivery(
  tx: Kysely<Tables>,
  {
    exchangeId,
    lane,
    sender,
    now,
  }: {
    readonly exchangeId: string;
    readonly lane: string;
    readonly sender: string;
    readonly now: Millis;
  },
): Promise<Due> {
  const due = {
    exchange_id: exchangeId,
    lane,
    due_at: now,
    turn: await turnOf(tx, lane, sender),
    attempts: 0,
  };
  await tx
    .insertInto('delivery')
    .values({
      ...due,
      state: 'due',
      running_until: null,
      cause: null,
      sender,
      failures: 0,
      ticket: null,
    })
    .execute();
  return due;
}

/**
 * The senders of a lane take turns (start-time fair queuing, Goyal, Vin and Cheng 1996, with every
 * message of one length): a sender's message comes one turn after its last, and no earlier than the
 * turn at which the lane is.
 */
async function turnOf(tx: Kysely<Tables>, lane: string, sender: string): Promise<number> {
  const waiting = (order: 'asc' | 'desc') =>
    tx
      .selectFrom('delivery')
      .select('turn')
      .where('lane', '=', lane)
      .where('state', '=', 'due')
      // What an agency has and will answer later stands in nobody's way.
      .where('ticket', 'is', null)
      .orderBy('turn', order)
      .limit(1);
  const { first, last } = await tx
    .selectNoFrom([
      waiting('asc').as('first'),
      waiting('desc').where('sender', '=', sender).as('last'),
    ])
    .executeTakeFirstOrThrow();
  return Math.max((last ?? 0) + 1, first ?? 1);
}

/** Takes a delivery that is due, or whose attempt is given up; undefined when another did. */
export async function claimDelivery(
  tx: Kysely<Tables>,
  exchangeId: string,
  now: Millis,
  waits: Waits,
): Promise<Claimed | undefined> {
  return tx
    .updateTable('delivery')
    .set((row) => ({
      state: 'running',
      running_until: now + waits.attemptMaxMs,
      attempts: row('attempts', '+', 1),
    }))
    .where('exchange_id', '=', exchangeId)
    .where(isFree(now, waits))
    .returningAll()
    .executeTakeFirst();
}

// Due, or held by an attempt that is given up. A time further ahead than the node ever sets one was
// written before the clock was set back; an agency's answer may be long in coming, so with a ticket
// any time is believed.
function isFree(now: Millis, { attemptMaxMs, backoffMaxMs }: Waits) {
  return (row: ExpressionBuilder<Tables, 'delivery'>) =>
    row.or([
      row.and([row('delivery.state', '=', 'due'), row('due_at', '<=', now)]),
      row.and([
        row('delivery.state', '=', 'due'),
        row('due_at', '>', now + backoffMaxMs + clockSkewMs),
        row('ticket', 'is', null),
      ]),
      row.and([row('delivery.state', '=', 'running'), row('running_until', '<=', now)]),
      row.and([
        row('delivery.state', '=', 'running'),
        row('running_until', '>', now + attemptMaxMs + clockSkewMs),
      ]),
    ]);
}

/** The agency answered for good; false when the claim holds no more and nothing may be recorded. */
export async function finishDelivery(
  tx: Kysely<Tables>,
  claim: Claim,
  now: Millis,
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim)
    .set({ state: 'done', due_at: now, running_until: null, failures: 0 })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** The agency took the request and is asked at `askAt`; false when the claim holds no more. */
export async function awaitAnswer(
  tx: Kysely<Tables>,
  claim: Claim,
  { ticket, askAt }: { readonly ticket: string; readonly askAt: Millis },
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim)
    .set({ state: 'due', due_at: askAt, running_until: null, failures: 0, ticket })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Tries again at `dueAt`; false when the claim holds no more. */
export async function postponeDelivery(
  tx: Kysely<Tables>,
  claim: Claim,
  again: { readonly dueAt: Millis; readonly cause: string | null; readonly failures: number },
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim)
    .set({
      state: 'due',
      due_at: again.dueAt,
      running_until: null,
      cause: again.cause,
      failures: again.failures,
    })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A dead letter: it waits for an operator, with its cause. False when the claim holds no more. */
export async function killDelivery(
  tx: Kysely<Tables>,
  claim: Claim,
  { cause, failures, now }: { cause: string; failures: number; now: Millis },
): Promise<boolean> {
  const { numUpdatedRows } = await held(tx, claim)
    .set({ state: 'dead', due_at: now, running_until: null, cause, failures })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

function held(tx: Kysely<Tables>, claim: Claim) {
  return tx
    .updateTable('delivery')
    .where('exchange_id', '=', claim.exchange_id)
    .where('attempts', '=', claim.attempts)
    .where('state', '=', 'running');
}

/**
 * Ends the delivery of an exchange otherwise than by its attempt, whoever holds it; false where it had
 * ended.
 *
 * @param cause JSON; what it was before where absent
 */
export async function endDelivery(
  tx: Kysely<Tables>,
  exchangeId: string,
  as: 'done' | 'dead',
  now: Millis,
  cause?: string,
): Promise<boolean> {
  const ended = JSON.stringify({ code: 'EXCHANGE_ENDED' });
  const { numUpdatedRows } = await tx
    .updateTable('delivery')
    .set((row) => ({
      state: as,
      due_at: now,
      running_until: null,
      ...(as === 'done' ? {} : { cause: cause ?? row.fn.coalesce('cause', row.val(ended)) }),
    }))
    .where('exchange_id', '=', exchangeId)
    .where('state', 'in', as === 'done' ? ['due', 'running', 'dead'] : ['due', 'running'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Back to its lane, from the beginning: the operator says so. False where it is no dead letter. */
export async function reviveDelivery(
  tx: Kysely<Tables>,
  exchangeId: string,
  now: Millis,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('delivery')
    .set({ state: 'due', due_at: now, failures: 0, ticket: null })
    .where('exchange_id', '=', exchangeId)
    .where('state', '=', 'dead')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Work that nobody holds: all that an engine is told of it. */
export type Due = Pick<Claimed, 'exchange_id' | 'lane' | 'due_at' | 'turn' | 'attempts'> & {
  /** Its time was not believed: whoever waits for that time waits no more. */
  readonly anew?: true;
};

/**
 * Deliveries that are due or whose attempt is given up: those whose turn is first in each lane that is
 * not cut off, so many a lane. None is due later than now.
 */
export async function findDue(
  db: Kysely<Tables>,
  now: Millis,
  perLane: number,
  waits: Waits & { readonly openMaxMs: number },
): Promise<Due[]> {
  const cutOff = db
    .selectFrom('lane')
    .select('name')
    .where('open_until', '>', now)
    .where('open_until', '<=', now + waits.openMaxMs + clockSkewMs);
  const found = await db
    .selectFrom(
      db
        .selectFrom('delivery')
        .select(({ fn }) => [
          'exchange_id',
          'lane',
          'due_at',
          'turn',
          'attempts',
          fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('lane').orderBy('turn').orderBy('exchange_id'))
            .as('place'),
        ])
        .where('lane', 'not in', cutOff)
        .where(isFree(now, waits))
        .as('due'),
    )
    .select(['exchange_id', 'lane', 'due_at', 'turn', 'attempts'])
    .where('place', '<=', perLane)
    .orderBy('turn')
    .execute();
  return found.map((due) => (due.due_at > now ? { ...due, due_at: now, anew: true } : due));
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
export function backoffMs(failures: number, rules: Backoff, random: number): number {
  const doubled = rules.backoffMs * 2 ** Math.min(Math.max(failures, 1) - 1, 50);
  const longest = Math.min(doubled, rules.backoffMaxMs);
  return Math.round(longest / 2 + (longest / 2) * random);
}
