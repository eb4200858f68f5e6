import { sha256 } from '../compute/kept.ts';
import type { Collected, Connector, Inbox, Posted } from '../connectors/connector.ts';
import { ConnectorFailure } from '../connectors/failure.ts';
import { Fault } from '../fault/fault.ts';
import type { CommitScope } from '../journal/writer.ts';
import { endDelivery } from '../queue/delivery.ts';
import { leaveDuty, takeDuty } from '../queue/duty.ts';
import type { ExchangeTable } from '../store/tables.ts';
import {
  type AgencyNews,
  enterDelivery,
  prepareNews,
  recordNews,
  recordPrepared,
} from './agency.ts';
import { agencyRequest } from './agency-request.ts';
import { discardArrived } from './answer-files.ts';
import type { ExchangeContext } from './context.ts';
import { findByReplyTo, findMessage, getExchange } from './exchanges.ts';

// Answers that come otherwise than to the attempt that asked: collected from the agency, or posted by
// it to the callback address.

/** A process that dies while it collects is replaced after this time. */
const collectMaxMs = 30_000;

/**
 * Takes what the agency of a message type has ready, unless another process is at it or was a moment
 * ago.
 *
 * @throws ConnectorFailure
 */
export async function collectAnswers(
  context: ExchangeContext,
  messageType: string,
  { everyMs, withinMs = collectMaxMs, collect }: NonNullable<Connector['collecting']>,
  signal: AbortSignal,
): Promise<void> {
  const { kysely } = context.database;
  const duty = `collect ${messageType}`;
  if (!(await takeDuty(kysely, duty, context.clock.now(), withinMs))) return;
  const over = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  try {
    await collect(inboxOf(context, messageType), over);
  } finally {
    await leaveDuty(kysely, duty, context.clock.now() + everyMs);
  }
}

function inboxOf(context: ExchangeContext, messageType: string): Inbox {
  return {
    take: async (collected) => {
      const outcome = await takeCollected(context, messageType, collected);
      const { messageId } = collected;
      if (outcome === 'unknown') context.log.warn({ messageType, messageId }, 'unknown answer');
      return outcome;
    },
    giveUp: async (messageId, failure) => {
      const exchange = await exchangeOf(context, messageType, messageId);
      if (exchange?.answered === 0) await bury(context, exchange, failure, undefined);
    },
  };
}

/**
 * Records an answer that was not asked for. The same answer again changes nothing, nor does any after
 * the final one; one that does not fit the message type makes a dead letter of its request.
 *
 * @throws Fault
 */
export async function takeCollected(
  context: ExchangeContext,
  messageType: string,
  { messageId, answer, mayBeAltered = false }: Collected,
): Promise<'taken' | 'unknown'> {
  const exchange = await exchangeOf(context, messageType, messageId);
  if (exchange === undefined || exchange.answered === 1) {
    await discardFiles(answer);
    return exchange === undefined ? 'unknown' : 'taken';
  }
  await takeNews(context, exchange, answer).catch((thrown: unknown) => {
    if (!(thrown instanceof ConnectorFailure)) throw thrown;
    if (mayBeAltered && isOfFiles(thrown)) throw thrown;
    return bury(context, exchange, thrown, answer.evidence);
  });
  return 'taken';
}

/** The exchange of a request of this type; undefined where there is none. */
async function exchangeOf(
  { database: { kysely } }: ExchangeContext,
  messageType: string,
  messageId: string,
): Promise<ExchangeTable | undefined> {
  const request = await findMessage(kysely, messageId);
  if (request?.kind !== 'request') return undefined;
  const exchange = await getExchange(kysely, request.exchange_id);
  return exchange.message_type === messageType ? exchange : undefined;
}

/** Whether the answer itself is of its type, and a file of it will not do. */
function isOfFiles({ cause }: ConnectorFailure): boolean {
  return cause instanceof Fault && cause.code !== 'AGENCY_ANSWER_INVALID';
}

async function discardFiles(answer: AgencyNews): Promise<void> {
  if (answer.kind === 'content') await discardArrived(answer.files);
}

async function takeNews(
  context: ExchangeContext,
  exchange: ExchangeTable,
  news: AgencyNews,
): Promise<void> {
  const prepared = await prepareNews(context, exchange, news);
  const final = news.kind !== 'interim' && news.kind !== 'waiting';
  await recordPrepared(prepared, () =>
    context.journal.commit(async (scope) => {
      if (final) await endDelivery(scope.tx, exchange.id, 'done', context.clock.now());
      else if (await isKnown(scope, exchange, news.evidence)) return false;
      // Whoever ended the delivery first has its row: what stands in the exchange now holds.
      if ((await getExchange(scope.tx, exchange.id)).answered === 1) return false;
      const { evidence } = prepared;
      const detail = { outcome: news.kind, collected: true };
      enterDelivery(context, scope, exchange, { verdict: 'good', evidence, detail });
      await recordNews(context, scope, exchange, prepared);
      return true;
    }),
  );
}

/** Whether these very bytes were an answer in this exchange before. */
async function isKnown(
  { tx }: CommitScope,
  { id }: ExchangeTable,
  evidence: Uint8Array | undefined,
): Promise<boolean> {
  if (evidence === undefined) return false;
  const entry = await tx
    .selectFrom('journal_entry')
    .select('id')
    .where('exchange_id', '=', id)
    .where('content_hash', '=', sha256(evidence))
    .where('kind', '=', 'delivery')
    .executeTakeFirst();
  return entry !== undefined;
}

async function bury(
  context: ExchangeContext,
  exchange: ExchangeTable,
  failure: ConnectorFailure,
  evidence: Uint8Array | undefined,
): Promise<void> {
  const { code, message: why } = failure;
  const verdict = 'AGENCY_ANSWER_INVALID';
  await context.journal.commit(async (scope) => {
    if (await isKnown(scope, exchange, evidence)) return;
    const now = context.clock.now();
    const cause = JSON.stringify({ code, why, at: now });
    const died = await endDelivery(scope.tx, exchange.id, 'dead', now, cause);
    const detail = { outcome: code, collected: true };
    enterDelivery(context, scope, exchange, { verdict, evidence, detail });
    // An answer for good came before: nobody waits.
    if (!died) return;
    enterDelivery(context, scope, exchange, { kind: 'dead', verdict, detail: { outcome: code } });
  });
  context.log.error({ exchange: exchange.id, failure: code, why }, 'dead letter');
}

export type CallbackOutcome = 'taken' | 'unknown' | 'broken';

// It costs nothing: whoever was not told that its answer was taken may say it often.
const repeated = { outcome: 'taken' } as const;

/**
 * An agency posts the answer to a request that it took to answer later. Whoever knows the exchange's
 * secret may; a broken answer is refused and may be posted anew, mended.
 *
 * @throws Fault where the answer could not be recorded
 */
export async function takeCallback(
  context: ExchangeContext,
  connectorOf: (messageType: string) => Connector,
  replyTo: string,
  posted: Posted,
): Promise<{ readonly outcome: CallbackOutcome; readonly why?: string }> {
  const exchange = await findByReplyTo(context.database.kysely, replyTo);
  if (exchange === undefined || exchange.recipient_system !== null) return { outcome: 'unknown' };
  const connector = connectorOf(exchange.message_type);
  if (connector.readCallback === undefined) return { outcome: 'unknown' };
  if (exchange.answered === 1) return repeated;
  try {
    const request = await agencyRequest(context, exchange, 0);
    const news = connector.readCallback(request, posted);
    await takeNews(context, exchange, { evidence: posted.body, ...news });
    return { outcome: 'taken' };
  } catch (thrown) {
    if (!(thrown instanceof ConnectorFailure)) throw thrown;
    context.log.warn({ exchange: exchange.id, why: thrown.message }, 'callback refused');
    return { outcome: 'broken', why: thrown.message };
  }
}
