import { systemClock } from '../clock.ts';
import type { AttachmentContent } from '../smev/attachments.ts';
import { pollCall, sendRequestCall } from '../smev/calls.ts';
import type { CallFiles } from '../smev/file-texts.ts';
import type { GivenRequest } from '../smev/given.ts';
import type { QName } from '../xml/navigate.ts';
import type { RejectCode } from './connector.ts';
import { drain } from './drain.ts';
import { ConnectorFailure } from './failure.ts';
import { FilesRefused, filesRefused } from './files-refused.ts';
import { MultipartAnswer } from './multipart-answer.ts';
import { type Answered, acknowledge, call, unexpected } from './smev-client.ts';
import { rowOf } from './smev-faults.ts';
import { triesMax } from './tries.ts';
import type { Bridge } from './uplink.ts';
import { derivedId, rejectionOf } from './uplink-messages.ts';
import {
  type BroughtFiles,
  bringFiles,
  fileRefusal,
  noFiles,
  refusalOf,
} from './uplink-request-files.ts';
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
  const { upstream, settings, files } = bridge;
  const poll = pollCall('GetRequest', upstream.version, {
    at: systemClock.now(),
    type,
    ...(settings.nodeId === undefined ? {} : { nodeId: settings.nodeId }),
  });
  const how = { rootAlone: true, signatures: false };
  const multipart = new MultipartAnswer(files.desk, settings.answerBytesMax, how);
  try {
    const answered = await call(upstream, 'GetRequest', poll, signal, { answer: multipart });
    const { answer } = answered;
    if (answer.kind === 'empty') return false;
    if (answer.kind !== 'request') throw unexpected(upstream, answered);
    const { messageId } = answer.request;
    if (await alone(bridge, { ...answer, multipart }, signal)) {
      await acknowledge(upstream, messageId, signal);
    }
    return true;
  } finally {
    // What the node took is kept by now, and to discard it changes nothing.
    await multipart.discard();
  }
}

/** A request as the upstream handed it over, its attached files arrived. */
interface Given {
  readonly request: GivenRequest;
  readonly contents: readonly AttachmentContent[];
  readonly multipart: MultipartAnswer;
}

/** Brings a request, unless another lane is at it: then it is left, and comes again. */
async function alone({ underway, ...rest }: Bridge, given: Given, signal: AbortSignal) {
  const { messageId } = given.request;
  if (underway.has(messageId)) return false;
  underway.add(messageId);
  try {
    return await bring({ underway, ...rest }, given, signal);
  } finally {
    underway.delete(messageId);
  }
}

/**
 * Resolves to true when this node has the request, or the upstream has its rejection: then it may be
 * acknowledged there. Whatever else happens leaves it there, and it comes again.
 */
async function bring(bridge: Bridge, given: Given, signal: AbortSignal): Promise<boolean> {
  const { request } = given;
  if (!request.hasAttachments) return handOver(bridge, request, noFiles, signal);
  try {
    if (await wasTaken(bridge, request)) return true;
    const brought = await filesOf(bridge, given, signal);
    if (brought === undefined) return false;
    try {
      return await handOver(bridge, request, brought, signal);
    } finally {
      await brought.discard();
    }
  } catch (error) {
    if (!(error instanceof FilesRefused)) throw error;
    if (!error.isCertain && !isLastTry(bridge, request)) return leave(bridge, request, error);
    await reject(
      bridge,
      request,
      { code: 'FAILURE', text: error.told, why: error.message },
      signal,
    );
    return true;
  }
}

/** A request whose files the node has: they are not brought again. */
async function wasTaken(bridge: Bridge, { messageId }: GivenRequest): Promise<boolean> {
  const { files, store, settings } = bridge;
  if ((await store.recall(settings.id, messageId)) === undefined) return false;
  const account = accountOf(bridge);
  return account !== undefined && files.hasTaken(account, messageId);
}

function accountOf({ files, local }: Bridge): string | undefined {
  return files.systemOf(local.signer.certificate.fingerprint);
}

/** Undefined where another try may help. @throws FilesRefused where they are at fault */
async function filesOf(
  bridge: Bridge,
  given: Given,
  signal: AbortSignal,
): Promise<BroughtFiles | undefined> {
  const { files } = given.request;
  if (files === undefined) {
    const ru = 'список вложений не называет файлов';
    throw filesRefused({ ru, en: 'the list of attachments names no file' }, true);
  }
  try {
    const account = accountOf(bridge);
    if (account === undefined) {
      throw new ConnectorFailure('NODE_ERROR', 'localCertificate is not registered on this node');
    }
    return await bringFiles(bridge.settings, bridge.files, account, { ...given, files }, signal);
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    const refusal = refusalOf(error);
    if (refusal !== undefined) throw refusal;
    leave(bridge, given.request, error);
    return undefined;
  }
}

function isLastTry({ tries }: Bridge, { messageId }: GivenRequest): boolean {
  return tries.note(messageId) >= triesMax;
}

/** The others need not wait for it. */
function leave(bridge: Bridge, { messageId }: GivenRequest, { code, message }: ConnectorFailure) {
  const why = `${bridge.upstream.place}: ${messageId} was left there: ${message}`;
  bridge.failed(new ConnectorFailure(code, why));
  return false;
}

/** @throws FilesRefused where the node finds a file at fault; ConnectorFailure */
async function handOver(
  bridge: Bridge,
  request: GivenRequest,
  { files, parts }: BroughtFiles,
  signal: AbortSignal,
): Promise<boolean> {
  const { local, store, settings } = bridge;
  const { messageId, replyTo } = request;
  const before = await store.recall(settings.id, messageId);
  await store.remember(settings.id, messageId, replyTo);
  const template = localCall(bridge, request, files);
  const answered = await call(local.carrying(parts), 'SendRequest', template, signal);
  const { answer } = answered;
  if (answer.kind === 'accepted' && answer.messageId === messageId) return true;
  if (answer.kind !== 'fault') throw unexpected(local, answered);
  const { means, rejection } = rowOf(answer.fault);
  // Only who has tried before may believe that it is the same message.
  if (means === 'accepted' && before !== undefined) return true;
  const ofFile = request.files && fileRefusal(answer.fault, request.files);
  if (ofFile !== undefined) throw ofFile;
  if (rejection === undefined || isPassing(answered)) throw unexpected(local, answered);
  await reject(bridge, request, { code: rejection, text: answer.fault.text }, signal);
  return true;
}

/** A node that is overloaded says nothing of the message. */
function isPassing({ status }: Answered): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function localCall({ local, settings }: Bridge, request: GivenRequest, files: CallFiles) {
  const { messageId, content, eol, test, referenceMessageId, transactionCode } = request;
  return sendRequestCall(local.version, {
    messageId,
    ...content,
    files,
    // The answers of this uplink stand in a queue of their own.
    nodeId: settings.id,
    ...(eol === undefined ? {} : { eol }),
    ...(referenceMessageId === undefined ? {} : { referenceMessageId }),
    ...(transactionCode === undefined ? {} : { transactionCode }),
    test,
  });
}

interface Rejection {
  readonly code: RejectCode;
  /** For whoever sent the request. */
  readonly text: string;
  /** For the operator. */
  readonly why?: string;
}

async function reject(
  bridge: Bridge,
  { messageId, replyTo }: GivenRequest,
  { code, text, why }: Rejection,
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
  const told = [bridge.local.place, `${messageId} was rejected`, code, why].filter((part) => part);
  bridge.failed(new ConnectorFailure('REFUSED', told.join(': ')));
}
