import type { Kysely } from 'kysely';
import { Fault } from '../fault/fault.ts';
import { endDelivery, reviveDelivery } from '../queue/delivery.ts';
import type { ExchangeTable, Tables } from '../store/tables.ts';
import { enterDelivery } from './agency.ts';
import type { ExchangeContext } from './context.ts';
import { asyncError, makeAnswer, recordAnswer } from './own-answer.ts';

// Dead letters: requests that no further attempt was made of, and whose senders wait. An operator has
// them delivered again, or answers their senders.

/** What decisions about dead letters work with; an operator's command has no threads and no queue. */
export type DecisionContext = Pick<
  ExchangeContext,
  'clock' | 'random' | 'self' | 'limits' | 'journal' | 'database'
> & { readonly compute: Pick<ExchangeContext['compute'], 'make'> };

export interface DeadLetter {
  readonly exchange: ExchangeTable;
  readonly lane: string;
  readonly attempts: number;
  /** When the last attempt was given up, ms UTC. */
  readonly diedAt: number;
  /** Of the last attempt: a code of src/connectors/failure.ts, and what the operator is told. */
  readonly cause: { readonly code: string; readonly why?: string };
}

/** The dead letters, the eldest first; of one exchange where it is named. */
export async function listDead(
  db: Kysely<Tables>,
  { limit, exchangeId, before }: { limit: number; exchangeId?: string; before?: number },
): Promise<DeadLetter[]> {
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('exchange', 'exchange.id', 'delivery.exchange_id')
    .selectAll('exchange')
    .select(['lane', 'attempts', 'due_at', 'cause'])
    .where('state', '=', 'dead')
    .where('answered', '=', 0)
    .$if(exchangeId !== undefined, (query) => query.where('exchange_id', '=', exchangeId ?? ''))
    .$if(before !== undefined, (query) => query.where('due_at', '<=', before ?? 0))
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map(({ lane, attempts, due_at: diedAt, cause, ...exchange }) => ({
    exchange,
    lane,
    attempts,
    diedAt,
    cause: JSON.parse(cause ?? '{"code":"?"}') as DeadLetter['cause'],
  }));
}

/** How many there are. */
export async function countDead(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('delivery')
    .innerJoin('exchange', 'exchange.id', 'delivery.exchange_id')
    .select(db.fn.countAll<number>().as('count'))
    .where('state', '=', 'dead')
    .where('answered', '=', 0)
    .executeTakeFirstOrThrow();
  return count;
}

/** Delivers it again, as if for the first time, with the same MessageID; false where it is none. */
export async function requeueDead(
  context: DecisionContext,
  exchange: ExchangeTable,
  who: string,
): Promise<boolean> {
  return context.journal.commit(async (scope) => {
    const [dead] = await listDead(scope.tx, { limit: 1, exchangeId: exchange.id });
    if (dead === undefined) return false;
    if (!(await reviveDelivery(scope.tx, exchange.id, context.clock.now()))) return false;
    const detail = { who, decision: 'requeue' };
    enterDelivery(context, scope, exchange, { kind: 'decision', verdict: 'good', detail });
    return true;
  });
}

/** What the operator has the sender told. */
export interface Rejection {
  /** A RejectCode of the SMEV schemas. */
  readonly code: string;
  readonly description: string;
}

/**
 * Answers the sender in the agency's stead: RequestRejected with these words, or an asynchronous error
 * where the operator says nothing. False where it is no dead letter any more.
 *
 * @throws Fault QUEUE_FULL
 */
export async function rejectDead(
  context: DecisionContext,
  exchange: ExchangeTable,
  who: string,
  rejection?: Rejection,
): Promise<boolean> {
  const made = rejection
    ? ({ kind: 'rejection', reasons: [rejection] } as const)
    : asyncError(exchange, new Fault('AGENCY_FAILED'), 'requestIsRejectedBySmev');
  const answer = await makeAnswer(context, exchange, made);
  return context.journal.commit(async (scope) => {
    const [dead] = await listDead(scope.tx, { limit: 1, exchangeId: exchange.id });
    if (dead === undefined) return false;
    // Of two decisions at one instant the second finds it ended.
    if (!(await endDelivery(scope.tx, exchange.id, 'done', context.clock.now()))) return false;
    const detail = { who, decision: 'reject', ...(rejection ? { code: rejection.code } : {}) };
    enterDelivery(context, scope, exchange, { kind: 'decision', verdict: 'good', detail });
    const outcome = await recordAnswer(
      context,
      scope,
      answer,
      rejection ? 'good' : 'AGENCY_FAILED',
    );
    if (outcome === 'queue-full') throw new Fault('QUEUE_FULL');
    return outcome === 'accepted';
  });
}
