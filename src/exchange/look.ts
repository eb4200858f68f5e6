import type { AsyncStatus } from '../smev/answers.ts';
import { handBack, statistics, takeNotice } from '../smev/incoming-queue.ts';
import type { ExchangeContext } from './context.ts';
import { enterAnswer, enterReceipt } from './entries.ts';
import { checkTimestamp } from './fresh.ts';
import type { Authorised, Recorded } from './stages.ts';
import { type Status, statusFor } from './status.ts';

/** What a notice in the status queue says, as it is kept. */
export interface Notice {
  readonly originalMessageId: string;
  readonly status: Status;
  readonly details?: string;
}

/** GetStatus: the next notice for the caller; a notice is read once and needs no Ack. */
export async function getStatus(
  context: ExchangeContext,
  authorised: Authorised<'GetStatus'>,
): Promise<Recorded> {
  const { request, verified, caller, received } = authorised;
  checkTimestamp(request.timestamp, received.at, context.limits);
  const order = { version: verified.version, keyKind: verified.certificate.keyKind };
  const item = await context.journal.commit(({ tx }) =>
    takeNotice(tx, caller.system.id, context.clock.now()),
  );
  if (item?.notice === undefined || item.notice === null) {
    const nothing = { kind: 'empty', operation: 'GetStatus' } as const;
    return { answer: (await context.compute.compose({ ...order, content: nothing })).bytes };
  }
  const notice = JSON.parse(item.notice) as Notice;
  const status: AsyncStatus = {
    originalMessageId: notice.originalMessageId,
    category: statusFor(verified.version, notice.status),
    details: notice.details,
    fault: undefined,
  };
  const content = { kind: 'notice', status } as const;
  const answer = await context.compute.compose({ ...order, content }).catch(async (error) => {
    // It was not read, whatever was wrong.
    await context.journal.commit(({ tx }) => handBack(tx, item)).catch(() => undefined);
    throw error;
  });
  const about = { exchangeId: item.exchange_id, messageId: item.message_id };
  await context.journal.commit(async (scope) => {
    enterReceipt(context, scope, authorised, about);
    enterAnswer(context, scope, authorised, answer.bytes, about);
  });
  return { answer: answer.bytes };
}

/**
 * GetIncomingQueueStatistics: how much waits in each of the caller's queues. The NodeID of the
 * request stands outside the signed element, so it is not acted upon: all NodeIDs are told.
 */
export async function getIncomingQueueStatistics(
  context: ExchangeContext,
  { request, verified, caller, received }: Authorised<'GetIncomingQueueStatistics'>,
): Promise<Recorded> {
  checkTimestamp(request.timestamp, received.at, context.limits);
  const queues = (await statistics(context.database.kysely, caller.system.id)).map(
    ({ queueName, pending }) => ({ name: queueName, pending }),
  );
  const composed = await context.compute.compose({
    version: verified.version,
    keyKind: verified.certificate.keyKind,
    content: { kind: 'statistics', queues },
  });
  return { answer: composed.bytes };
}
