import { systemClock } from '../clock.ts';
import { type ResponseContent, sendResponseCall } from '../smev/calls.ts';
import { ConnectorFailure } from './failure.ts';
import type { StreamedPart } from './multipart-request.ts';
import { call, type SmevClient, unexpected } from './smev-client.ts';
import { derivedId } from './uplink-messages.ts';

/** An answer on its way to a SMEV. */
export interface Answering {
  readonly messageId: string;
  /** ReplyTo of the request. */
  readonly to: string;
  readonly content: ResponseContent;
  /** Of the files that its content names; opened anew at each attempt. */
  readonly parts?: readonly StreamedPart[];
}

/**
 * Sends an answer as a participant. Resolves 'taken' when the SMEV has it, for a MessageID that it has
 * seen too: this is how a sender whose connection broke learns that the first attempt came through.
 * 'unwanted': it says under its signature that nobody waits for the answer. An answer whose MessageID
 * has grown old was never taken under it, and goes once more under a new one.
 *
 * @throws ConnectorFailure
 */
export async function sendAnswer(
  client: SmevClient,
  answering: Answering,
  signal: AbortSignal,
): Promise<'taken' | 'unwanted'> {
  const first = await attempt(client, answering, signal);
  if (first !== 'stale') return first;
  const messageId = derivedId(answering.messageId, systemClock.now());
  const second = await attempt(client, { ...answering, messageId }, signal);
  if (second !== 'stale') return second;
  throw new ConnectorFailure('REFUSED', `${client.place}: ${messageId}: StaleMessageId again`);
}

async function attempt(
  client: SmevClient,
  { messageId, to, content, parts = [] }: Answering,
  signal: AbortSignal,
): Promise<'taken' | 'unwanted' | 'stale'> {
  const template = sendResponseCall(client.version, messageId, to, content);
  const answered = await call(client, 'SendResponse', template, signal, { parts });
  const { answer } = answered;
  if (answer.kind === 'accepted' && answer.messageId === messageId) return 'taken';
  if (answer.kind === 'fault') {
    const { element } = answer.fault;
    if (element === 'MessageIsAlreadySent') return 'taken';
    if (element === 'StaleMessageId') return 'stale';
    if (element === 'RecipientIsNotFound' && answer.isSigned) return 'unwanted';
  }
  throw unexpected(client, answered);
}
