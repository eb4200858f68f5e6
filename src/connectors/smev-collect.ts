import { systemClock } from '../clock.ts';
import type { MessageType } from '../participants/registry.ts';
import type { SmevRoute } from '../participants/routes.ts';
import type { AttachmentContent } from '../smev/attachments.ts';
import { pollCall } from '../smev/calls.ts';
import type { GivenResponse } from '../smev/given.ts';
import type { ArrivedFile } from './carried-file.ts';
import type { Collected, Inbox } from './connector.ts';
import { drain } from './drain.ts';
import { ConnectorFailure } from './failure.ts';
import { MultipartAnswer } from './multipart-answer.ts';
import { collectedOf } from './smev-answers.ts';
import { acknowledge, call, type SmevClient, unexpected } from './smev-client.ts';
import { type DownloadDesk, fetchFiles } from './smev-files.ts';
import { type Tries, triesMax } from './tries.ts';

// Answers taken in one round, and how many at once: a long queue is not kept waiting for a pause,
// and does not keep the process from stopping.
const round = { lanes: 4, most: 500 };

/** What one round works with. */
export interface Collecting {
  readonly upstream: SmevClient;
  readonly route: SmevRoute;
  readonly type: MessageType;
  readonly desk: DownloadDesk;
  readonly tries: Tries;
  readonly inbox: Inbox;
  readonly signal: AbortSignal;
}

/**
 * Takes the answers of this type until the queue is empty. Each is acknowledged once it is recorded.
 * What is not to be believed, whose files cannot be had, or what belongs to no exchange is left
 * unacknowledged: SMEV hands it over again after its 15 minutes, and nothing is lost that an operator
 * may still want. The answers behind it are taken all the same; the failure is told at the end.
 *
 * @throws ConnectorFailure
 */
export async function collectAnswers(collecting: Collecting): Promise<void> {
  const left: ConnectorFailure[] = [];
  await drain(() => collectOne(collecting, left), round, collecting.signal);
  const [first] = left;
  if (first !== undefined) throw first;
}

async function collectOne(collecting: Collecting, left: ConnectorFailure[]): Promise<boolean> {
  const { upstream, route, type, desk, signal } = collecting;
  const poll = pollCall('GetResponse', route.version, {
    at: systemClock.now(),
    type: selectorOf(type),
    ...(route.nodeId === undefined ? {} : { nodeId: route.nodeId }),
  });
  const multipart = new MultipartAnswer(desk, route.answerBytesMax, { signatures: false });
  try {
    const answered = await call(upstream, 'GetResponse', poll, signal, { answer: multipart }).catch(
      leaveBroken(left),
    );
    if (answered === undefined) return left.length < brokenMax;
    const { answer, evidence } = answered;
    if (answer.kind === 'empty') return false;
    if (answer.kind !== 'response') throw unexpected(upstream, answered);
    await takeOne(collecting, { ...answer, evidence, multipart }, left);
    return true;
  } finally {
    // What was taken along is kept by now, and to discard it changes nothing.
    await multipart.discard();
  }
}

interface Handed {
  readonly response: GivenResponse;
  readonly contents: readonly AttachmentContent[];
  readonly evidence: Uint8Array;
  readonly multipart: MultipartAnswer;
}

/** Records an answer with its files, and acknowledges it; where its files fail, it is left. */
async function takeOne(
  { upstream, route, desk, tries, inbox, signal }: Collecting,
  { response, contents, evidence, multipart }: Handed,
  left: ConnectorFailure[],
): Promise<void> {
  const { messageId, originalMessageId, files: given } = response;
  const collected = collectedOf(response, evidence);
  // Files would be left behind: of a list that names none, or of what is no content.
  if (response.hasAttachments && (given === undefined || collected.answer.kind !== 'content')) {
    const why = `${upstream.place}: ${messageId} has attachments that cannot be read; it was left there`;
    left.push(new ConnectorFailure('ANSWER_BROKEN', why));
    return;
  }
  try {
    const handed = given === undefined ? undefined : { files: given, contents, multipart };
    const files = handed === undefined ? [] : await fetchFiles(route, handed, desk, signal);
    const taken = await record(inbox, withFiles(collected, files));
    if (taken === 'taken') await acknowledge(upstream, messageId, signal);
  } catch (error) {
    if (given === undefined || !(error instanceof ConnectorFailure)) throw error;
    const why = `${upstream.place}: ${messageId} was left there: ${error.message}`;
    const failure = new ConnectorFailure(error.code, why, { cause: error });
    left.push(failure);
    if (signal.aborted || tries.note(messageId) !== triesMax) return;
    await inbox.giveUp(originalMessageId, failure);
  }
}

function withFiles(collected: Collected, files: readonly ArrivedFile[]): Collected {
  const { answer } = collected;
  if (files.length === 0 || answer.kind !== 'content') return collected;
  return { ...collected, mayBeAltered: true, answer: { ...answer, files } };
}

// A line on which every answer is broken is not asked for all of them.
const brokenMax = 10;

function leaveBroken(left: ConnectorFailure[]) {
  return (error: unknown): undefined => {
    if (!(error instanceof ConnectorFailure) || error.code !== 'ANSWER_BROKEN') throw error;
    left.push(error);
  };
}

async function record(inbox: Inbox, collected: Collected) {
  try {
    return await inbox.take(collected);
  } catch (cause) {
    if (cause instanceof ConnectorFailure) throw cause;
    const why = `the answer to ${collected.messageId} could not be recorded`;
    throw new ConnectorFailure('NODE_ERROR', why, { cause });
  }
}

/** Any version and either root chooses the whole type; the newest is the likeliest to be known. */
function selectorOf({ versions }: MessageType): { namespace: string; local: string } {
  const newest = versions.at(-1);
  return { namespace: newest?.namespace ?? '', local: newest?.requestRoot ?? '' };
}
