import { systemClock } from '../clock.ts';
import type { MessageType } from '../participants/registry.ts';
import { carriesOf, type SmevRoute } from '../participants/routes.ts';
import { sendRequestCall } from '../smev/calls.ts';
import type { AgencyAnswer, AgencyRequest, Connector, Waiting } from './connector.ts';
import { ConnectorFailure } from './failure.ts';
import { placeOf } from './http-call.ts';
import { checkAlive } from './http-status.ts';
import { call, type SmevClient, unexpected } from './smev-client.ts';
import { collectAnswers } from './smev-collect.ts';
import { rowOf } from './smev-faults.ts';
import { type DownloadDesk, sendFiles } from './smev-files.ts';
import { readIdentity } from './smev-identity.ts';
import { smevPost } from './smev-post.ts';
import { Tries } from './tries.ts';

/** Downloads may take longer than answers do. */
const downloadsMaxMs = 300_000;

/**
 * The node as an information system of an upstream SMEV: sends the request on under its own
 * MessageID and collects the answers of this message type from its response queue there.
 */
export function smev(route: SmevRoute, type: MessageType, desk: DownloadDesk): Connector {
  const client = clientOf(route);
  if (client instanceof ConnectorFailure) return unusable(client);
  const { post, look, close } = smevPost(route);
  const upstream: SmevClient = { ...client, post };
  const collecting = { upstream, route, type, desk, tries: new Tries() };
  return {
    carries: carriesOf(route),
    deliver: (request, signal) => deliver(upstream, route, request, signal),
    ask: async ({ messageId }) => {
      throw new ConnectorFailure('NO_ANSWER', `${upstream.place}: ${messageId}`);
    },
    collecting: {
      everyMs: route.pollMs,
      ...(route.fileStore === undefined ? {} : { withinMs: downloadsMaxMs }),
      collect: (inbox, signal) => collectAnswers({ ...collecting, inbox, signal }),
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
  const { files, parts } = await sendFiles(route, request.files, signal);
  const template = sendRequestCall(route.version, {
    messageId,
    files,
    content: Buffer.from(request.content).toString('utf8'),
    ...(eol === undefined ? {} : { eol }),
    ...(route.nodeId === undefined ? {} : { nodeId: route.nodeId }),
    test,
  });
  const answered = await call(upstream, 'SendRequest', template, signal, { parts }).catch(
    mayHaveArrived,
  );
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
