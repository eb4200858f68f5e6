import { type Clock, systemClock } from '../clock.ts';
import type { MessageType } from '../participants/registry.ts';
import { carriesOf, type RestRoute } from '../participants/routes.ts';
import { authorization, identityHeaders } from './agency-headers.ts';
import type { FileDesk } from './arriving-files.ts';
import type { AgencyAnswer, AgencyRequest, Connector, Posted, Waiting } from './connector.ts';
import { type ContentForms, contentForms } from './content-forms.ts';
import { ConnectorFailure, failures } from './failure.ts';
import {
  type HttpAnswer,
  type HttpCaller,
  type HttpRequest,
  httpCaller,
  placeOf,
} from './http-call.ts';
import { checkAlive, failureOfStatus, retryAfter } from './http-status.ts';
import { MultipartAnswer } from './multipart-answer.ts';
import { multipartRequest, partsOf } from './multipart-request.ts';
import { readAnswer, rejectionOfStatus, statusOf } from './rest-answer.ts';
import { locationOf, readTicket, type Ticket, writeTicket } from './rest-ticket.ts';

interface Rest {
  readonly route: RestRoute;
  readonly desk: FileDesk;
  readonly forms: ContentForms;
  readonly caller: HttpCaller;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
}

/** Retry-After: 0 must not make the node ask without pause. */
const askAfterMsMin = 1000;

/**
 * An agency with a REST service: the content is posted, and answered at once, at Location later, or to
 * the node's callback. docs/connectors.md is the contract.
 *
 * @param publicUrl the node's own address; without it no callback is offered
 * @param desk where files of answers arrive
 */
export function rest(
  route: RestRoute,
  type: MessageType,
  publicUrl: string | undefined,
  desk: FileDesk,
  clock: Clock = systemClock,
): Connector {
  const caller = httpCaller(route);
  const parts: Rest = { route, desk, forms: contentForms(type), caller, publicUrl, clock };
  return {
    carries: carriesOf(route),
    deliver: (request, signal) => deliver(parts, request, signal),
    ask: (request, ticket, signal) => ask(parts, request, readTicket(ticket), signal),
    readCallback: (request, posted) => readAnswer(request, posted, route, parts.forms),
    probe: (signal) => probe(parts, signal),
    close: () => caller.close(),
  };
}

async function deliver(
  parts: Rest,
  request: AgencyRequest,
  signal: AbortSignal,
  until?: number,
): Promise<AgencyAnswer | Waiting> {
  const { route, clock } = parts;
  const { contentType, body } = bodyOf(parts, request);
  const headers = { ...(await headersOf(parts, request)), 'Content-Type': contentType };
  return asked(parts, { method: 'POST', url: route.url, headers, body }, signal, (answer) => {
    if (answer.status === 202) {
      const ticket = { url: undefined, until: until ?? clock.now() + route.answerWithinMs };
      return waitingOf(parts, answer, ticket, route.url);
    }
    return answerOf(parts, request, answer, route.rejections);
  });
}

/** The content, and where there are files, with them as the root of a message of parts. */
function bodyOf({ route, forms }: Rest, request: AgencyRequest) {
  const json = route.format === 'json';
  const content = json ? Buffer.from(forms.requestJson(request)) : request.content;
  const contentType = json ? 'application/json' : 'application/xml; charset=utf-8';
  if (request.files.length === 0) return { contentType, body: content };
  const type = json ? 'application/json' : 'application/xml';
  return multipartRequest(content, { part: contentType, type }, partsOf(request.files));
}

/** Asks, and gives the files that came beside the answer with it. */
async function asked(
  { route, caller, desk }: Rest,
  request: HttpRequest,
  signal: AbortSignal,
  read: (answer: HttpAnswer) => AgencyAnswer | Waiting,
): Promise<AgencyAnswer | Waiting> {
  if (route.files === 'none') return read(await caller.call(request, signal));
  const parts = new MultipartAnswer(desk, route.answerBytesMax);
  try {
    const answer = await caller.call(request, signal, parts.readerOf);
    const { rootType } = parts;
    if (rootType === undefined) return read(answer);
    const said = read({ ...answer, headers: { ...answer.headers, 'content-type': rootType } });
    if (said.kind === 'content') return { ...said, files: parts.files };
    await parts.discard();
    return said;
  } catch (error) {
    await parts.discard();
    throw error;
  }
}

async function ask(
  parts: Rest,
  request: AgencyRequest,
  ticket: Ticket,
  signal: AbortSignal,
): Promise<AgencyAnswer | Waiting> {
  const { route, clock } = parts;
  const { url, until } = ticket;
  if (url === undefined) {
    if (clock.now() >= until) throw noAnswer('the agency did not call back');
    // Its callback may have been lost: by the key of repeats it knows what is asked again.
    return deliver(parts, request, signal, until);
  }
  // The route may have been given another address meanwhile: a ticket sends the node nowhere else.
  locationOf(url, route.url);
  const headers = await headersOf(parts, request);
  try {
    return await asked(parts, { method: 'GET', url, headers }, signal, (answer) => {
      if (answer.status === 202) {
        if (clock.now() >= until) throw noAnswer('the agency has no answer yet');
        return waitingOf(parts, answer, ticket, url);
      }
      // At Location these say that the ticket is not known, and nothing of the data asked for.
      const { 404: _, 410: __, ...rejections } = route.rejections;
      return answerOf(parts, request, answer, rejections);
    });
  } catch (error) {
    if (!(error instanceof ConnectorFailure) || clock.now() < until) throw error;
    const { code, message } = error;
    throw failures[code].retry && code !== 'STOPPED' ? noAnswer(message) : error;
  }
}

function noAnswer(why: string): ConnectorFailure {
  return new ConnectorFailure('NO_ANSWER', why);
}

async function headersOf(
  { route, publicUrl }: Rest,
  request: AgencyRequest,
): Promise<Record<string, string>> {
  const address = publicUrl?.replace(/\/+$/, '');
  return {
    Accept: `application/xml, application/json, application/problem+json${
      route.files === 'none' ? '' : ', multipart/related'
    }`,
    ...identityHeaders(request),
    ...(address === undefined
      ? {}
      : { 'X-Mezhved-Callback': `${address}/agency/${request.replyTo}` }),
    ...(await authorization(route.authorizationFile)),
  };
}

function answerOf(
  { route, forms, clock }: Rest,
  request: AgencyRequest,
  answer: HttpAnswer,
  rejections: RestRoute['rejections'],
): AgencyAnswer {
  const { status } = answer;
  const rejection = rejections[status];
  if (rejection !== undefined) return rejectionOfStatus(postedOf(answer), status, rejection);
  if (status < 200 || status > 299) throw failureOfStatus(answer, placeOf(route.url), clock);
  if (status !== 200 && status !== 201) {
    throw new ConnectorFailure('ANSWER_BROKEN', `${placeOf(route.url)}: HTTP ${status}, no answer`);
  }
  return readAnswer(request, postedOf(answer), route, forms);
}

function postedOf({ headers, body }: HttpAnswer): Posted {
  return { contentType: headers['content-type'] ?? '', body };
}

function waitingOf(
  { route, clock }: Rest,
  answer: HttpAnswer,
  { url: known, until }: Ticket,
  asked: string,
): Waiting {
  const { location } = answer.headers;
  const url = location === undefined ? known : locationOf(location, asked);
  const left = Math.max(until - clock.now(), 0);
  const told = retryAfter(answer.headers, clock);
  const next = told === undefined ? route.askEveryMs : Math.max(told, askAfterMsMin);
  const status = statusOf(postedOf(answer));
  return {
    kind: 'waiting',
    ticket: writeTicket({ url, until }),
    askAfterMs: Math.min(url === undefined ? route.remindMs : next, left),
    ...(status === undefined ? {} : { statuses: [status] }),
    ...(answer.body.byteLength === 0 ? {} : { evidence: answer.body }),
  };
}

async function probe({ route, caller, clock }: Rest, signal: AbortSignal): Promise<void> {
  const url = route.probeUrl ?? route.url;
  const own = new URL(url).origin === new URL(route.url).origin;
  const headers = await authorization(own ? route.authorizationFile : undefined);
  checkAlive(await caller.call({ method: 'HEAD', url, headers }, signal), placeOf(url), clock);
}
