import { systemClock } from '../clock.ts';
import type { AttachmentContent } from '../smev/attachments.ts';
import { pollCall } from '../smev/calls.ts';
import type { GivenResponse } from '../smev/given.ts';
import { messageIdTime } from '../smev/message-id.ts';
import { drain } from './drain.ts';
import { ConnectorFailure, failures } from './failure.ts';
import { acknowledge, call, unexpected } from './smev-client.ts';
import { calledFiles, storedOf } from './smev-files.ts';
import type { Bridge } from './uplink.ts';
import { answerFiles } from './uplink-answer-files.ts';
import { passedOn } from './uplink-messages.ts';
import type { NodePart } from './uplink-node.ts';
import { type Answering, sendAnswer } from './uplink-send.ts';
import { uploadStored } from './upstream-store.ts';

// One after another: a status goes up before the answer that ends the exchange.
const round = { lanes: 1, most: 500 };

/** An answer that the upstream has refused for so long is given up; the journal has it. */
const refusedMaxMs = 7 * 86_400_000;

/**
 * Takes this node's answers to the uplink's requests until there are none, and sends them upstream.
 *
 * @throws ConnectorFailure
 */
export function passAnswers(bridge: Bridge, signal: AbortSignal): Promise<void> {
  return drain(() => passOne(bridge, signal), round, signal);
}

async function passOne(bridge: Bridge, signal: AbortSignal): Promise<boolean> {
  const { local, settings } = bridge;
  const poll = pollCall('GetResponse', local.version, {
    at: systemClock.now(),
    nodeId: settings.id,
  });
  let parts: readonly NodePart[] = [];
  const listening = local.hearing((told) => {
    parts = told;
  });
  const answered = await call(listening, 'GetResponse', poll, signal);
  const { answer } = answered;
  if (answer.kind === 'empty') return false;
  if (answer.kind !== 'response') throw unexpected(local, answered);
  if (await pass(bridge, { ...answer, parts }, signal)) {
    await acknowledge(local, answer.response.messageId, signal);
  }
  return true;
}

/** An answer of this node, and what came beside it. */
interface Answered {
  readonly response: GivenResponse;
  readonly contents: readonly AttachmentContent[];
  readonly parts: readonly NodePart[];
}

/** Whether nothing is left to be done with the answer; else it comes again. */
async function pass(bridge: Bridge, answered: Answered, signal: AbortSignal): Promise<boolean> {
  const { upstream, local, store, settings, failed } = bridge;
  const { messageId, originalMessageId, said } = answered.response;
  const tell = (code: 'REFUSED' | 'NO_ANSWER', why: string) =>
    failed(
      new ConnectorFailure(code, `${local.place}: ${messageId} to ${originalMessageId}: ${why}`),
    );
  const to = await store.recall(settings.id, originalMessageId);
  const unsendable = to === undefined ? 'no request of this uplink' : notSent(bridge, answered);
  if (to === undefined || unsendable !== undefined) {
    tell('REFUSED', unsendable ?? '');
    return false;
  }
  const content = passedOn(said, upstream.version);
  if (to === '' || content === undefined) return true;
  try {
    const sent = await sendWhole(bridge, answered, { messageId, to, content }, signal);
    if (sent === 'unwanted') tell('NO_ANSWER', 'nobody waits for it upstream');
    return true;
  } catch (error) {
    if (!(error instanceof ConnectorFailure) || failures[error.code].retry) throw error;
    // It is about this answer alone: the others need not wait.
    failed(error);
    await store.forgetUploaded(settings.id, messageId);
    return isOver(messageId, systemClock.now());
  }
}

/** Why the files of an answer cannot go along; undefined where they can, or there are none. */
function notSent({ settings }: Bridge, { response }: Answered): string | undefined {
  const { hasAttachments, files, said } = response;
  if (!hasAttachments) return undefined;
  if (files === undefined || said.kind !== 'content')
    return 'it has attachments that nothing names';
  if (files.headers.stored.length === 0 || settings.fileStore !== undefined) return undefined;
  return 'it has files of the store: set fileStore of the uplink, and it goes on';
}

/** Uploads what goes by the upstream's store, unless an attempt before has, and sends the answer. */
async function sendWhole(
  bridge: Bridge,
  { response: { files: given, messageId }, contents, parts }: Answered,
  answering: Answering,
  signal: AbortSignal,
): Promise<'taken' | 'unwanted'> {
  const { upstream, store, settings, files: node } = bridge;
  const { content } = answering;
  if (given === undefined || !('content' in content)) {
    return sendAnswer(upstream, answering, signal);
  }
  const stored = given.headers.stored.length === 0 ? [] : await node.storedFiles(messageId);
  const files = answerFiles({ files: given, contents, parts, stored });
  const uploads = storedOf(files);
  if (uploads.length > 0 && !(await store.isUploaded(settings.id, messageId))) {
    await uploadStored(settings, uploads, signal);
    await store.noteUploaded(settings.id, messageId);
  }
  const called = calledFiles(files);
  const whole = { ...content, files: called.files };
  return sendAnswer(upstream, { ...answering, content: whole, parts: called.parts }, signal);
}

/** @param now ms UTC */
export function isOver(messageId: string, now: number): boolean {
  const made = messageIdTime(messageId);
  return made !== undefined && now - made > refusedMaxMs;
}
