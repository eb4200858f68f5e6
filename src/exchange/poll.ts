import type { Content } from '../compute/compose.ts';
import type { Kept } from '../compute/kept.ts';
import { asFault, Fault } from '../fault/fault.ts';
import { authorisePoll } from '../participants/authorise.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { DeliveredFiles } from '../smev/answers.ts';
import { handBack, take } from '../smev/incoming-queue.ts';
import type { Metadata } from '../smev/metadata.ts';
import type { Version } from '../smev/namespaces.ts';
import type { QueueItem } from '../smev/queue-item.ts';
import { readContent } from '../store/content.ts';
import type { ExchangeTable, MessageTable } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { type GivenFiles, giveFiles } from './deliver-files.ts';
import { enterAnswer, enterReceipt, entryOf } from './entries.ts';
import { advance, findMessage, getExchange } from './exchanges.ts';
import { checkTimestamp } from './fresh.ts';
import { partyOfParticipant } from './parties.ts';
import type { Authorised, Recorded } from './stages.ts';
import { type Status, statusFor } from './status.ts';

type Polled = Authorised<'GetRequest'> | Authorised<'GetResponse'>;

/** GetRequest: the first request in the caller's incoming queue, leased to it. */
export function getRequest(
  context: ExchangeContext,
  authorised: Authorised<'GetRequest'>,
): Promise<Recorded> {
  return poll(context, authorised, 'request');
}

/** GetResponse: the first answer in the caller's incoming queue of its NodeID, leased to it. */
export function getResponse(
  context: ExchangeContext,
  authorised: Authorised<'GetResponse'>,
): Promise<Recorded> {
  return poll(context, authorised, 'response');
}

/**
 * Leases the message first, then builds and records the answer: a node that dies in between leaves
 * a lease that runs out, and the message comes again. An empty queue is answered and not journalled:
 * systems ask every few seconds.
 */
async function poll(
  context: ExchangeContext,
  authorised: Polled,
  queue: 'request' | 'response',
): Promise<Recorded> {
  const { selector } = authorised.request;
  const { received, caller } = authorised;
  checkTimestamp(selector.timestamp, received.at, context.limits);
  const messageTypes = authorisePoll(context.registry(), caller.system, queue, selector.type);
  const now = context.clock.now();
  const item = await context.journal.commit(({ tx }) =>
    take(tx, {
      queue,
      system: caller.system.id,
      nodeId: queue === 'response' ? selector.nodeId : '',
      ...(messageTypes === undefined ? {} : { messageTypes }),
      now,
      leaseMs: context.limits.leaseMs,
    }),
  );
  if (item === undefined) return empty(context, authorised);
  const { kysely } = context.database;
  const exchange = await getExchange(kysely, item.exchange_id);
  const message = await findMessage(kysely, item.message_id);
  if (message === undefined) {
    throw new Fault('INTERNAL', { private: `queue item ${item.id} has no message` });
  }
  const files = await giveFiles(context, message.message_id);
  const { version } = authorised.verified;
  const content = await deliveryOf(context, version, exchange, message, files.delivered, now);
  try {
    return await deliver(context, authorised, exchange, message, content, files);
  } catch (error) {
    // The caller comes again soon: it need not wait for the lease to run out.
    if (asFault(error).code === 'SIGNING_UNAVAILABLE') await handBackItem(context, item);
    throw error;
  }
}

function handBackItem({ journal }: ExchangeContext, item: QueueItem): Promise<void> {
  return journal.commit(({ tx }) => handBack(tx, item));
}

async function deliver(
  context: ExchangeContext,
  authorised: Polled,
  exchange: ExchangeTable,
  message: MessageTable,
  content: Content,
  files: GivenFiles,
): Promise<Recorded> {
  const { version, certificate } = authorised.verified;
  const answer = await context.compute.compose({ version, keyKind: certificate.keyKind, content });
  const about = {
    exchangeId: exchange.id,
    messageId: message.message_id,
    messageType: exchange.message_type,
    ...(message.kind === 'request' ? {} : { correlationId: exchange.message_id }),
  };
  await context.journal.commit(async (scope) => {
    if (message.kind === 'request') {
      await advance(scope.tx, exchange.id, 'requestIsAcceptedBySmev', context.clock.now());
    }
    await files.record(scope);
    enterReceipt(context, scope, authorised, about);
    scope.journal(entryOf(context, authorised, 'delivery', about));
    enterAnswer(context, scope, authorised, answer.bytes, about);
  });
  return { answer: answer.bytes, ...(files.parts.length === 0 ? {} : { parts: files.parts }) };
}

async function deliveryOf(
  context: ExchangeContext,
  version: Version,
  exchange: ExchangeTable,
  message: MessageTable,
  files: DeliveredFiles,
  now: number,
): Promise<Content> {
  const request = message.kind === 'request';
  const registry = context.registry();
  const metadata: Metadata = {
    messageId: message.message_id,
    messageType: request ? 'REQUEST' : 'RESPONSE',
    sender: message.kind === 'async' ? context.self : senderOf(context, message),
    sentAt: message.accepted_at,
    destination: request
      ? `${exchange.recipient_system}.request`
      : `${exchange.sender_system}.response`,
    recipient: partyOfParticipant(registry, request ? exchange.recipient : exchange.sender),
    contentType: registry.findMessageType(exchange.message_type)?.name,
    deliveredAt: now,
    status: statusFor(version, deliveredStatus(message.kind)),
  };
  const kept: Kept = {
    envelope: await readContent(context.database.kysely, message.envelope_hash),
    version: message.version as Version,
    verifiedHash: message.verified_hash,
    profile: message.profile as ProfileName,
  };
  if (request) return { kind: 'request', kept, metadata, replyTo: exchange.reply_to, files };
  const original = {
    messageId: exchange.message_id,
    transactionCode: exchange.transaction_code ?? undefined,
    referenceMessageId: exchange.reference_message_id ?? undefined,
  };
  return { kind: 'response', kept, metadata, original, files };
}

function deliveredStatus(kind: string): Status {
  if (kind === 'request') return 'requestIsAcceptedBySmev';
  return kind === 'async' ? 'requestIsRejectedBySmev' : 'messageIsDelivered';
}

function senderOf(context: ExchangeContext, message: MessageTable): Metadata['sender'] {
  const party = partyOfParticipant(context.registry(), message.sender);
  return message.sender_system === null ? party : { ...party, mnemonic: message.sender_system };
}

async function empty(
  { compute }: ExchangeContext,
  { verified, request }: Polled,
): Promise<Recorded> {
  const composed = await compute.compose({
    version: verified.version,
    keyKind: verified.certificate.keyKind,
    content: { kind: 'empty', operation: request.operation },
  });
  return { answer: composed.bytes };
}
