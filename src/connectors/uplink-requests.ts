import { systemClock } from '../clock.ts';
import { pollCall, sendRequestCall } from '../smev/calls.ts';
import type { GivenRequest } from '../smev/given.ts';
import type { QName } from '../xml/navigate.ts';
import type { RejectCode } from './connector.ts';
import { drain } from './drain.ts';
import { ConnectorFailure } from './failure.ts';
import { type Answered, acknowledge, call, unexpected } from './smev-client.ts';
import { rowOf } from './smev-faults.ts';
import type { Bridge } from './uplink.ts';
import { derivedId, rejectionOf } from './uplink-messages.ts';
import { sendAnswer } from './uplink-send.ts';

const round = { lanes: 4, most: 500 };

/**
 * Takes the upstream's requests of each declared type until there are none.
 *
 * @throws ConnectorFailure
 */
export async function takeRequests(bridge: Bridge, signal: AbortSignal): Promise<void> {
  for (const { namespace, requestRoot: local } of bridge.settings.types) {
    await drain(() => takeOne(bridge, { namespace, local }, signal), round, signal);
  }
}

async function takeOne(bridge: Bridge, type: QName, signal: AbortSignal): Promise<boolean> {
  const { upstream, settings } = bridge;
  const poll = pollCall('GetRequest', upstream.version, {
    at: systemClock.now(),
    type,
    ...(settings.nodeId === undefined ? {} : { nodeId: settings.nodeId }),
  });
  const answered = await call(upstream, 'GetRequest', poll, signal);
  const { answer } = answered;
  if (answer.kind === 'empty') return false;
  if (answer.kind !== 'request') throw unexpected(upstream, answered);
  await bring(bridge, answer.request, signal);
  await acknowledge(upstream, answer.request.messageId, signal);
  return true;
}

/**
 * Resolves when this node has the request, or the upstream has its rejection: then it may be
 * acknowledged there. Whatever is thrown leaves it there, and it comes again.
 */
async function bring(bridge: Bridge, request: GivenRequest, signal: AbortSignal): Promise<void> {
  const { local, store, settings } = bridge;
  const { messageId, replyTo } = request;
  if (request.hasAttachments) {
    const text = 'Вложения не поддерживаются / attachments are not supported';
    await reject(bridge, request, 'FAILURE', text, signal);
    return;
  }
  const before = await store.recall(settings.id, messageId);
  await store.remember(settings.id, messageId, replyTo);
  const answered = await call(local, 'SendRequest', localCall(bridge, request), signal);
  const { answer } = answered;
  if (answer.kind === 'accepted' && answer.messageId === messageId) return;
  if (answer.kind !== 'fault') throw unexpected(local, answered);
  const { means, rejection } = rowOf(answer.fault);
  // Only who has tried before may believe that it is the same message.
  if (means === 'accepted' && before !== undefined) return;
  if (rejection === undefined || isPassing(answered)) throw unexpected(local, answered);
  await reject(bridge, request, rejection, answer.fault.text, signal);
}

/** A node that is overloaded says nothing of the message. */
function isPassing({ status }: Answered): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function localCall({ local, settings }: Bridge, request: GivenRequest) {
  const { messageId, content, eol, test, referenceMessageId, transactionCode } = request;
  return sendRequestCall(local.version, {
    messageId,
    ...content,
    // The answers of this uplink stand in a queue of their own.
    nodeId: settings.id,
    ...(eol === undefined ? {} : { eol }),
    ...(referenceMessageId === undefined ? {} : { referenceMessageId }),
    ...(transactionCode === undefined ? {} : { transactionCode }),
    test,
  });
}

async function reject(
  bridge: Bridge,
  { messageId, replyTo }: GivenRequest,
  code: RejectCode,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  // A broadcast has nobody to tell.
  if (replyTo !== '') {
    const rejected = [rejectionOf(bridge.upstream.version, code, text)];
    const id = derivedId(`${messageId} rejected`, systemClock.now());
    await sendAnswer(
      bridge.upstream,
      { messageId: id, to: replyTo, content: { rejected } },
      signal,
    );
  }
  bridge.failed(
    new ConnectorFailure('REFUSED', `${bridge.local.place}: ${messageId} was rejected: ${code}`),
  );
}
