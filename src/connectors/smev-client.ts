import { systemClock } from '../clock.ts';
import { signTemplate } from '../compute/sign-template.ts';
import { readUpstreamAnswer, type UpstreamAnswer } from '../compute/upstream-answer.ts';
import { Fault } from '../fault/fault.ts';
import type { Signer } from '../signature/signer.ts';
import { ackCall } from '../smev/calls.ts';
import type { Version } from '../smev/namespaces.ts';
import { type OperationName, operations } from '../smev/operations.ts';
import type { Template } from '../smev/template.ts';
import { ConnectorFailure } from './failure.ts';
import type { HttpAnswer } from './http-call.ts';
import { failureOfStatus, retryAfter } from './http-status.ts';
import type { MultipartAnswer } from './multipart-answer.ts';
import type { StreamedPart } from './multipart-request.ts';
import { rootPart } from './root-part.ts';
import { failureOfFault } from './smev-faults.ts';

/** Takes one envelope to a SMEV and brings back what it answers. */
export type Post = (
  envelope: Uint8Array,
  soapAction: string,
  signal: AbortSignal,
  beside?: Beside,
) => Promise<HttpAnswer>;

/** Files that go with a call, and where those that come with its answer arrive. */
export interface Beside {
  readonly parts?: readonly StreamedPart[];
  readonly answer?: MultipartAnswer;
}

/** An information system's view of a SMEV. */
export interface SmevClient {
  readonly version: Version;
  /** Its address, as failures tell it. */
  readonly place: string;
  readonly signer: Signer;
  readonly trusted: ReadonlySet<string>;
  readonly post: Post;
}

export interface Answered {
  readonly answer: UpstreamAnswer;
  /** The bytes that the answer was read from. */
  readonly evidence: Uint8Array;
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}

/**
 * Signs and posts a call and reads the answer, a fault too.
 *
 * @throws ConnectorFailure; ANSWER_BROKEN for what is not an answer, or not signed by a trusted key
 */
export async function call(
  client: SmevClient,
  operation: OperationName,
  template: Template,
  signal: AbortSignal,
  beside: Beside = {},
): Promise<Answered> {
  const { signer, place, version, trusted } = client;
  const envelope = Buffer.from(signTemplate(template, signer));
  const action = `"${operations[operation].soapAction}"`;
  const http = await client.post(envelope, action, signal, beside);
  const { status, headers } = http;
  try {
    const taken = beside.answer?.rootType !== undefined;
    const evidence = taken ? http.body : rootPart(headers['content-type'] ?? '', http.body);
    const answer = readUpstreamAnswer(evidence, { version, trusted });
    if (answer.kind !== 'fault' && status !== 200) throw new Fault('SOAP_ENVELOPE');
    return { answer, evidence, status, retryAfterMs: retryAfter(headers, systemClock) };
  } catch (error) {
    if (status !== 200) throw failureOfStatus(http, place, systemClock);
    if (!(error instanceof Fault)) throw error;
    const why = `${place}: ${operation}: ${error.code}`;
    throw new ConnectorFailure('ANSWER_BROKEN', why, { cause: error });
  }
}

/** The answer as a failure, where it is one that nobody expects here. */
export function unexpected(client: SmevClient, answered: Answered): ConnectorFailure {
  const { answer } = answered;
  return answer.kind === 'fault'
    ? failureOfFault(answer.fault, { ...answered, place: client.place })
    : new ConnectorFailure('ANSWER_BROKEN', `${client.place}: ${answer.kind} was not asked for`);
}

/**
 * Acknowledges a message that was taken. A SMEV that knows of no such message has been told before, or
 * hands it over again: both are well.
 *
 * @throws ConnectorFailure
 */
export async function acknowledge(
  client: SmevClient,
  messageId: string,
  signal: AbortSignal,
): Promise<void> {
  const answered = await call(client, 'Ack', ackCall(client.version, messageId), signal);
  const { answer } = answered;
  if (answer.kind === 'acknowledged') return;
  if (answer.kind === 'fault' && answer.fault.element === 'TargetMessageIsNotFound') return;
  throw unexpected(client, answered);
}
