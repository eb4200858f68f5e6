import type { Kysely, Selectable } from 'kysely';
import { Fault } from '../fault/fault.ts';
import { addDelivery, type Due, endDelivery } from '../queue/delivery.ts';
import { lockRequest, withdraw } from '../smev/incoming-queue.ts';
import type { Version } from '../smev/namespaces.ts';
import { isFull, put, type QueueAddress } from '../smev/queue-item.ts';
import type { ExchangeTable, MessageTable, Tables } from '../store/tables.ts';
import { releaseFiles } from './files.ts';
import { type Reached, type Status, statusesBefore } from './status.ts';

// The state of exchanges. Every function works in the transaction of its caller and may be run again
// after a rollback. Times are ms UTC. Rows are locked in this order: queue item, delivery, exchange,
// message; two transactions that keep to it never wait for each other.

export type Exchange = Selectable<ExchangeTable>;
export type Message = Selectable<MessageTable>;

/** A message of an exchange, of whichever kind. */
export interface NewMessage {
  readonly exchangeId: string;
  readonly messageId: string;
  readonly version: Version;
  readonly messageType: string;
  /** Participant, or the node itself. */
  readonly sender: string;
  /** null where the node or a connector made the message. */
  readonly senderSystem: string | null;
  /** Fingerprint; null where the node made the message. */
  readonly certificate: string | null;
  readonly verifiedHash: string;
  readonly profile: MessageTable['profile'];
  readonly envelopeHash: string;
  /** The signed acknowledgement; null where nobody was answered. */
  readonly answerHash: string | null;
  readonly acceptedAt: number;
}

export interface NewRequest extends NewMessage {
  /** Of the message type, that the request was taken by. */
  readonly typeVersion: string;
  readonly senderSystem: string;
  readonly recipient: string;
  /** The information system whose queue takes the request; null where a connector does. */
  readonly recipientSystem: string | null;
  /** The lane of the connector's route; null where the request goes into a queue. */
  readonly lane: string | null;
  /** Opaque and unforgeable: random. */
  readonly replyTo: string;
  readonly referenceMessageId: string | null;
  readonly transactionCode: string | null;
  /** '' where none was given. */
  readonly nodeId: string;
  readonly eol: number | null;
  readonly test: boolean;
  /** The recipient's queue takes no more than this many unacknowledged requests. */
  readonly queueItemsMax: number;
}

export interface NewResponse extends NewMessage {
  readonly kind: 'response' | 'rejection' | 'status';
  /** The sender's queue of this NodeID takes no more than this many unacknowledged answers. */
  readonly queueItemsMax: number;
}

export type RequestOutcome = 'accepted' | 'repeated' | 'queue-full';
export type ResponseOutcome =
  | 'accepted'
  | 'repeated'
  | 'queue-full'
  | 'already-final'
  | 'not-recipient';
export type AsyncErrorOutcome = 'accepted' | 'already-final';

/** The message with this MessageID, whoever sent it. */
export async function findMessage(
  db: Kysely<Tables>,
  messageId: string,
): Promise<Message | undefined> {
  return db
    .selectFrom('message')
    .selectAll()
    .where('message_id', '=', messageId)
    .executeTakeFirst();
}

/** @throws Error when there is no such exchange */
export async function getExchange(db: Kysely<Tables>, id: string): Promise<Exchange> {
  return db.selectFrom('exchange').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

/** The exchange that a To stands for: looked up as it is, never read. */
export async function findByReplyTo(db: Kysely<Tables>, to: string): Promise<Exchange | undefined> {
  return db.selectFrom('exchange').selectAll().where('reply_to', '=', to).executeTakeFirst();
}

/**
 * Begins an exchange: the request is kept and stands in the recipient's queue, or is due for its
 * connector. Where the outcome is not 'accepted', nothing was changed. The MessageID is unique over
 * all senders: of two nodes that accept it at the same instant one waits for the other and finds it
 * 'repeated'.
 */
export async function acceptRequest(
  tx: Kysely<Tables>,
  request: NewRequest,
): Promise<{ readonly outcome: RequestOutcome; readonly due?: Due }> {
  const { messageId, recipientSystem, lane, acceptedAt: now } = request;
  const address = recipientSystem === null ? undefined : requestQueue(recipientSystem);
  if (address !== undefined && (await isFull(tx, address, request.queueItemsMax))) {
    return { outcome: (await findMessage(tx, messageId)) ? 'repeated' : 'queue-full' };
  }
  if (!(await insertMessage(tx, request, 'request'))) return { outcome: 'repeated' };
  await insertExchange(tx, request);
  if (address === undefined) {
    const { exchangeId, senderSystem: sender, messageType } = request;
    const due = await addDelivery(tx, { exchangeId, lane: lane ?? messageType, sender, now });
    return { outcome: 'accepted', due };
  }
  await put(tx, { ...request, ...address, now });
  return { outcome: 'accepted' };
}

/** The queue of requests; it knows no NodeID. */
function requestQueue(system: string): QueueAddress {
  return { queue: 'request', system, nodeId: '' };
}

function responseQueue({ sender_system, node_id }: Exchange): QueueAddress {
  return { queue: 'response', system: sender_system, nodeId: node_id };
}

/**
 * Takes an answer of the recipient into the sender's queue: any number of statuses, then one final
 * answer. Where the outcome is not 'accepted', nothing was changed that anyone sees. An answer after
 * the end of life counts while the sender was not told yet that it has come.
 *
 * @throws Error when there is no such exchange
 */
export async function acceptResponse(
  tx: Kysely<Tables>,
  response: NewResponse,
): Promise<{ readonly outcome: ResponseOutcome }> {
  const { exchangeId, messageId, kind, acceptedAt: now } = response;
  const open = await holdOpen(tx, exchangeId);
  const exchange = open ?? (await getExchange(tx, exchangeId));
  if (exchange.recipient !== response.sender) return { outcome: 'not-recipient' };
  if ((await findMessage(tx, messageId)) !== undefined) return { outcome: 'repeated' };
  if (open === undefined) return { outcome: 'already-final' };
  const address = responseQueue(exchange);
  if (await isFull(tx, address, response.queueItemsMax)) return { outcome: 'queue-full' };
  if (!(await insertMessage(tx, response, kind))) return { outcome: 'repeated' };
  if (kind === 'status') await advance(tx, exchangeId, 'underProcessing', now);
  else await close(tx, exchangeId, 'responseIsAcceptedBySmev', now);
  // A system acknowledges what it took out of its queue; an agency behind a connector answers.
  if (kind !== 'status' && exchange.recipient_system === null) {
    await releaseFiles(tx, exchange.message_id, now);
  }
  await put(tx, { ...response, ...address, now });
  return { outcome: 'accepted' };
}

/**
 * Ends an exchange without an answer: end of life, the recipient refused the request, the agency
 * failed for good. The sender gets an ordinary message that it acknowledges, and no queue is too
 * full for it; the request leaves the provider's queue unless it was acknowledged there. The node
 * made the message, so its MessageID is new.
 */
export async function acceptAsyncError(
  tx: Kysely<Tables>,
  error: NewMessage,
): Promise<{ readonly outcome: AsyncErrorOutcome }> {
  const { exchangeId, acceptedAt: now } = error;
  const { message_id: requestId } = await getExchange(tx, exchangeId);
  await lockRequest(tx, requestId);
  await endDelivery(tx, exchangeId, 'dead', now);
  const exchange = await holdOpen(tx, exchangeId);
  if (exchange === undefined) return { outcome: 'already-final' };
  await close(tx, exchangeId, 'requestIsRejectedBySmev', now);
  await withdraw(tx, requestId, now);
  await releaseFiles(tx, requestId, now);
  if (!(await insertMessage(tx, error, 'async')))
    throw new Fault('INTERNAL', { private: 'a MessageID of the node is taken' });
  await put(tx, { ...error, ...responseQueue(exchange), now });
  return { outcome: 'accepted' };
}

/**
 * Exchanges whose end of life passed before an answer was accepted, the longest overdue first. It
 * only looks: acceptAsyncError ends them one by one and tells the sender in the same transaction, so
 * that none ends untold, and several nodes may look at once.
 */
export async function findOverdue(
  db: Kysely<Tables>,
  now: number,
  limit: number,
): Promise<Exchange[]> {
  return db
    .selectFrom('exchange')
    .selectAll()
    .where('answered', '=', 0)
    .where('eol', '<=', now)
    .orderBy('eol')
    .limit(limit)
    .execute();
}

/** Moves an exchange to a status if it stands before it; tells whether it did. */
export async function advance(
  tx: Kysely<Tables>,
  exchangeId: string,
  to: Reached,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('exchange')
    .set({ status: to, updated_at: now })
    .where('id', '=', exchangeId)
    .where('status', 'in', statusesBefore(to))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Locks an exchange that has no final answer yet, until the transaction ends. */
async function holdOpen(tx: Kysely<Tables>, exchangeId: string): Promise<Exchange | undefined> {
  return tx
    .updateTable('exchange')
    .set({ answered: 0 })
    .where('id', '=', exchangeId)
    .where('answered', '=', 0)
    .returningAll()
    .executeTakeFirst();
}

async function close(
  tx: Kysely<Tables>,
  exchangeId: string,
  status: Reached,
  now: number,
): Promise<void> {
  await tx
    .updateTable('exchange')
    .set({ answered: 1, status, updated_at: now })
    .where('id', '=', exchangeId)
    .execute();
}

/** false when the MessageID is taken. */
async function insertMessage(
  tx: Kysely<Tables>,
  message: NewMessage,
  kind: 'request' | NewResponse['kind'] | 'async',
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('message')
    .values({
      message_id: message.messageId,
      exchange_id: message.exchangeId,
      kind,
      version: message.version,
      message_type: message.messageType,
      sender: message.sender,
      sender_system: message.senderSystem,
      certificate: message.certificate,
      verified_hash: message.verifiedHash,
      profile: message.profile,
      envelope_hash: message.envelopeHash,
      answer_hash: message.answerHash,
      accepted_at: message.acceptedAt,
    })
    .onConflict((conflict) => conflict.column('message_id').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function insertExchange(tx: Kysely<Tables>, request: NewRequest): Promise<void> {
  const status: Status = 'requestIsQueued';
  await tx
    .insertInto('exchange')
    .values({
      id: request.exchangeId,
      message_id: request.messageId,
      message_type: request.messageType,
      type_version: request.typeVersion,
      version: request.version,
      sender: request.sender,
      sender_system: request.senderSystem,
      recipient: request.recipient,
      recipient_system: request.recipientSystem,
      status,
      reply_to: request.replyTo,
      reference_message_id: request.referenceMessageId,
      transaction_code: request.transactionCode,
      node_id: request.nodeId,
      eol: request.eol,
      test: request.test ? 1 : 0,
      answered: 0,
      received_at: request.acceptedAt,
      updated_at: request.acceptedAt,
    })
    .execute();
}
