import { Fault } from '../fault/fault.ts';
import { acknowledge, findHeld } from '../smev/incoming-queue.ts';
import type { ExchangeContext } from './context.ts';
import { enterAnswer, enterReceipt, entryOf } from './entries.ts';
import { getExchange } from './exchanges.ts';
import { releaseFiles } from './files.ts';
import type { OwnAnswer } from './own-answer.ts';
import { receiverOf } from './pressure.ts';
import { noteAcknowledged, prepareRejection } from './progress.ts';
import type { Authorised, Recorded } from './stages.ts';

/**
 * Ack: the caller holds the lease of this message and is done with it. accepted=false means that it
 * did not believe the node's signature and ignored the message: the other side is told so.
 *
 * @throws Fault ACK_TARGET_UNKNOWN
 */
export async function acknowledgeMessage(
  context: ExchangeContext,
  authorised: Authorised<'Ack'>,
): Promise<Recorded> {
  const { request, verified, caller } = authorised;
  const answer = await context.compute.compose({
    version: verified.version,
    keyKind: verified.certificate.keyKind,
    content: { kind: 'empty', operation: 'Ack' },
  });
  const { messageId, accepted } = request;
  const rejection = accepted ? undefined : await rejectionOf(context, authorised);
  const left = await context.journal.commit(async (scope) => {
    const now = context.clock.now();
    const done = await acknowledge(scope.tx, {
      system: caller.system.id,
      messageId,
      accepted,
      now,
    });
    if (done.outcome === 'not-found') {
      throw new Fault('ACK_TARGET_UNKNOWN', { public: messageId });
    }
    const about = {
      exchangeId: done.item.exchange_id,
      messageId,
      messageType: done.item.message_type,
    };
    enterReceipt(context, scope, authorised, about);
    const detail = { accepted };
    scope.journal(entryOf(context, authorised, 'acknowledgement', { ...about, detail }));
    const exchange = await noteAcknowledged(context, scope, done.item, rejection, accepted);
    await releaseFiles(scope.tx, messageId, now);
    enterAnswer(context, scope, authorised, answer.bytes, about);
    return done.item.queue === 'request' ? exchange : undefined;
  });
  if (left !== undefined) {
    const receiver = receiverOf({ kind: 'queue', system: caller.system.id });
    context.pressure.noteLeft(receiver, left.sender_system);
  }
  return { answer: answer.bytes };
}

/** The asynchronous error for a refused request, built before the transaction that records it. */
async function rejectionOf(
  context: ExchangeContext,
  { request, caller }: Authorised<'Ack'>,
): Promise<OwnAnswer | undefined> {
  const { kysely } = context.database;
  const item = await findHeld(kysely, caller.system.id, request.messageId);
  if (item?.queue !== 'request') return undefined;
  return prepareRejection(context, await getExchange(kysely, item.exchange_id));
}
