import { systemClock } from '../clock.ts';
import type { MessageType } from '../participants/registry.ts';
import { carriesOf, type SmevRoute } from '../participants/routes.ts';
import { pollCall, sendRequestCall } from '../smev/calls.ts';
import type { AgencyAnswer, AgencyRequest, Connector, Inbox, Waiting } from './connector.ts';
import { drain } from './drain.ts';
import { ConnectorFailure } from './failure.ts';
import { placeOf } from './http-call.ts';
import { checkAlive } from './http-status.ts';
import { collectedOf } from './smev-answers.ts';
import { acknowledge, call, type SmevClient, unexpected } from './smev-client.ts';
import { rowOf } from './smev-faults.ts';
import { readIdentity } from './smev-identity.ts';
import { smevPost } from './smev-post.ts';

// Answers taken in one round, and how many at once: a long queue is not kept waiting for a pause,
// and does not keep the process from stopping.
const round = { lanes: 4, most: 500 };

/**
 * The node as an information system of an upstream SMEV: sends the request on under its own
 * MessageID and collects the answers of this message type from its response queue there.
 */
export function smev(route: SmevRoute, type: MessageType): Connector {
  const client = clientOf(route);
  if (client instanceof ConnectorFailure) return unusable(client);
  const { post, look, close } = smevPost(route);
  const upstream: SmevClient = { ...client, post };
  return {
    carries: carriesOf(route),
    deliver: (request, signal) => deliver(upstream, route, request, signal),
    ask: async ({ messageId }) => {
      throw new ConnectorFailure('NO_ANSWER', `${upstream.place}: ${messageId}`);
    },
    collecting: {
      everyMs: route.pollMs,
      collect: (inbox, signal) => collect(upstream, route, type, inbox, signal),
    },
    probe: async (signal) => checkAlive(await look(signal), upstream.place, systemClock),
    close,
  };
}

function clientOf(route: SmevRoute): Omit<SmevClient, 'post'> | ConnectorFailure {
  try {
    return { ...readIdentity(route), version: route.version, place: placeOf(route.url) };
  } catch (error) {
    if (error instanceof ConnectorFailure) return error;
    throw error;
  }
}

/** Says at every use which file is at fault; a new revision or start reads them again. */
function unusable(failure: ConnectorFailure): Connector {
  const refuse = () => Promise.reject(failure);
  return {
    carries: 'files',
    deliver: refuse,
    ask: refuse,
    probe: refuse,
    close: async () => undefined,
  };
}

/**
 * The signed octets are the same at each attempt, so that a repeat is known as one: the MessageID is
 * the request's own and nothing in it is of the attempt.
 *
 * @throws ConnectorFailure
 */
async function deliver(
  upstream: SmevClient,
  route: SmevRoute,
  request: AgencyRequest,
  signal: AbortSignal,
): Promise<AgencyAnswer | Waiting> {
  const { messageId, eol, test, attempt } = request;
  const template = sendRequestCall(route.version, {
    messageId,
    content: Buffer.from(request.content).toString('utf8'),
    ...(eol === undefined ? {} : { eol }),
    ...(route.nodeId === undefined ? {} : { nodeId: route.nodeId }),
    test,
  });
  const answered = await call(upstream, 'SendRequest', template, signal).catch(mayHaveArrived);
  const { answer, evidence } = answered;
  const waiting: Waiting = {
    kind: 'waiting',
    ticket: JSON.stringify({ messageId }),
    askAfterMs: route.answerWithinMs,
    evidence,
  };
  if (answer.kind === 'accepted') {
    if (answer.messageId === messageId) return waiting;
    throw mayHaveArrived(
      new ConnectorFailure('ANSWER_BROKEN', `${upstream.place}: another message was accepted`),
    );
  }
  if (answer.kind !== 'fault') throw mayHaveArrived(unexpected(upstream, answered));
  const { means, final } = rowOf(answer.fault);
  if (means === 'accepted' && attempt > 1) return waiting;
  if (final === true && answer.isSigned) {
    const { element = '', text } = answer.fault;
    return { kind: 'failure', code: element, description: text.slice(0, 4000), evidence };
  }
  throw unexpected(upstream, answered);
}

/**
 * An acknowledgement that cannot be read or believed may still be of a request that was taken, and
 * an altered one may have been made on the line: another attempt does no harm and tells.
 */
function mayHaveArrived(error: unknown): never {
  if (!(error instanceof ConnectorFailure)) throw error;
  const { code, message } = error;
  if (code !== 'ANSWER_BROKEN' && code !== 'ANSWER_TOO_LARGE') throw error;
  throw new ConnectorFailure('AGENCY_ERROR', message, { cause: error });
}

/**
 * Takes the answers of this type until the queue is empty. Each is acknowledged once it is recorded.
 * What is not to be believed, has attachments, or belongs to no exchange is left unacknowledged:
 * SMEV hands it over again after its 15 minutes, and nothing is lost that an operator may still want.
 * The answers behind it are taken all the same; the failure is told at the end.
 *
 * @throws ConnectorFailure
 */
async function collect(
  upstream: SmevClient,
  route: SmevRoute,
  type: MessageType,
  inbox: Inbox,
  signal: AbortSignal,
): Promise<void> {
  const left: ConnectorFailure[] = [];
  await drain(() => collectOne(upstream, route, type, inbox, signal, left), round, signal);
  const [first] = left;
  if (first !== undefined) throw first;
}

async function collectOne(
  upstream: SmevClient,
  route: SmevRoute,
  type: MessageType,
  inbox: Inbox,
  signal: AbortSignal,
  left: ConnectorFailure[],
): Promise<boolean> {
  const poll = pollCall('GetResponse', route.version, {
    at: systemClock.now(),
    type: selectorOf(type),
    ...(route.nodeId === undefined ? {} : { nodeId: route.nodeId }),
  });
  const answered = await call(upstream, 'GetResponse', poll, signal).catch(leaveBroken(left));
  if (answered === undefined) return left.length < brokenMax;
  const { answer, evidence } = answered;
  if (answer.kind === 'empty') return false;
  if (answer.kind !== 'response') throw unexpected(upstream, answered);
  const { response } = answer;
  if (response.hasAttachments) {
    const why = `${upstream.place}: ${response.messageId} has attachments; it was left there`;
    left.push(new ConnectorFailure('ANSWER_BROKEN', why));
    return true;
  }
  const taken = await record(inbox, collectedOf(response, evidence));
  if (taken === 'taken') await acknowledge(upstream, response.messageId, signal);
  return true;
}

// A line on which every answer is broken is not asked for all of them.
const brokenMax = 10;

function leaveBroken(left: ConnectorFailure[]) {
  return (error: unknown): undefined => {
    if (!(error instanceof ConnectorFailure) || error.code !== 'ANSWER_BROKEN') throw error;
    left.push(error);
  };
}

async function record(inbox: Inbox, collected: Parameters<Inbox['take']>[0]) {
  try {
    return await inbox.take(collected);
  } catch (cause) {
    const why = `the answer to ${collected.messageId} could not be recorded`;
    throw new ConnectorFailure('NODE_ERROR', why, { cause });
  }
}

/** Any version and either root chooses the whole type; the newest is the likeliest to be known. */
function selectorOf({ versions }: MessageType): { namespace: string; local: string } {
  const newest = versions.at(-1);
  return { namespace: newest?.namespace ?? '', local: newest?.requestRoot ?? '' };
}
