import { Fault } from '../fault/fault.ts';
import type { CommitScope } from '../journal/writer.ts';
import { addNotice } from '../smev/incoming-queue.ts';
import type { ExchangeTable, QueueItemTable } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { advance, findMessage, getExchange } from './exchanges.ts';
import type { Notice } from './look.ts';
import { asyncError, makeAnswer, type OwnAnswer, recordAnswer } from './own-answer.ts';
import type { Status } from './status.ts';

/** The item that an Ack is about, as the queue knows it. */
export type Acknowledged = Pick<QueueItemTable, 'queue' | 'exchange_id' | 'message_id'>;

/**
 * What follows from an Ack accepted=false of a request: the sender gets an asynchronous error. It is
 * built before the transaction, since building takes a worker thread.
 */
export async function prepareRejection(
  context: ExchangeContext,
  exchange: ExchangeTable,
): Promise<OwnAnswer> {
  const fault = new Fault('NOT_ACCEPTED_BY_RECIPIENT');
  return makeAnswer(context, exchange, asyncError(exchange, fault, 'requestIsRejectedBySmev'));
}

/** Moves the exchange on after an Ack, and tells the other side by a notice; returns the exchange. */
export async function noteAcknowledged(
  context: ExchangeContext,
  scope: CommitScope,
  item: Acknowledged,
  rejection: OwnAnswer | undefined,
  accepted: boolean,
): Promise<ExchangeTable> {
  const now = context.clock.now();
  const exchange = await getExchange(scope.tx, item.exchange_id);
  if (item.queue === 'request') {
    if (rejection !== undefined) {
      await recordAnswer(context, scope, rejection, 'NOT_ACCEPTED_BY_RECIPIENT');
      return exchange;
    }
    await advance(scope.tx, exchange.id, 'underProcessing', now);
    await tell(context, scope, exchange, exchange.sender_system, {
      originalMessageId: exchange.message_id,
      status: 'underProcessing',
    });
    return exchange;
  }
  // A status is on the way to the answer, and an error of the node's own ends nothing anew.
  const kind = (await findMessage(scope.tx, item.message_id))?.kind;
  if (kind !== 'response' && kind !== 'rejection') return exchange;
  const status: Status = accepted ? 'messageIsDelivered' : 'responseIsRejectedBySmev';
  await advance(scope.tx, exchange.id, status, now);
  if (exchange.recipient_system === null) return exchange;
  await tell(context, scope, exchange, exchange.recipient_system, {
    originalMessageId: item.message_id,
    status,
  });
  return exchange;
}

async function tell(
  { limits, clock }: ExchangeContext,
  { tx }: CommitScope,
  exchange: ExchangeTable,
  system: string,
  notice: Notice,
): Promise<void> {
  await addNotice(tx, {
    system,
    exchangeId: exchange.id,
    messageId: notice.originalMessageId,
    messageType: exchange.message_type,
    notice: JSON.stringify(notice),
    now: clock.now(),
    max: limits.noticesMax,
  });
}
