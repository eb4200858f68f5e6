import { type Clock, systemClock } from '../clock.ts';
import type { MessageType } from '../participants/registry.ts';
import { carriesOf, type SoapRoute } from '../participants/routes.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type Signer, signerFromPem } from '../signature/signer.ts';
import { signBody } from '../signature/wsse.ts';
import { escapeText } from '../xml/escape.ts';
import type { QName } from '../xml/navigate.ts';
import { identityHeaders } from './agency-headers.ts';
import { agencyWords } from './agency-words.ts';
import type { AgencyAnswer, AgencyRequest, Connector, RejectCode } from './connector.ts';
import { responseRootOf } from './content-forms.ts';
import { ConnectorFailure } from './failure.ts';
import { type HttpAnswer, type HttpCaller, httpCaller, placeOf } from './http-call.ts';
import { checkAlive, failureOfStatus } from './http-status.ts';
import { canonicalText, NameRefused, renamed } from './ordered-xml.ts';
import { readSoapAnswer, type SoapFault } from './soap-answer.ts';
import { type CallService, soapClient } from './soap-client.ts';
import { type Operation, readOperation } from './wsdl.ts';
import { readWsdlFiles } from './wsdl-files.ts';

interface Service {
  readonly operation: Operation;
  readonly call: CallService;
}

interface Soap {
  readonly route: SoapRoute;
  readonly type: MessageType;
  readonly caller: HttpCaller;
  readonly clock: Clock;
  /** Reads the WSDL when it is needed first; a WSDL that could not be read is tried again. */
  service(): Promise<Service>;
}

/** An agency with a SOAP service of its own: one operation of its WSDL. */
export function soap(route: SoapRoute, type: MessageType, clock: Clock = systemClock): Connector {
  const caller = httpCaller(route);
  let made: Promise<Service> | undefined;
  const service = () => {
    made ??= open(route, caller).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  const parts: Soap = { route, type, caller, clock, service };
  return {
    carries: carriesOf(route),
    deliver: (request, signal) => deliver(parts, request, signal),
    probe: (signal) => probe(parts, signal),
    close: () => caller.close(),
  };
}

async function open(route: SoapRoute, caller: HttpCaller): Promise<Service> {
  const files = await readWsdlFiles(route.wsdl);
  const operation = readOperation(
    files.map(({ bytes }) => bytes),
    route.operation,
  );
  const signer = route.sign === undefined ? undefined : readSigner(route.sign);
  const sign = signer && ((envelope: string) => signBody(envelope, signer));
  return { operation, call: await soapClient(route.wsdl, operation, route.url, caller, sign) };
}

function readSigner(files: NonNullable<SoapRoute['sign']>): Signer {
  try {
    const { key, certificate } = readPemPair(files);
    return signerFromPem(key, certificate);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new ConnectorFailure('NOT_SENT', `sign: ${files.key}, ${files.certificate}: ${why}`);
  }
}

async function deliver(
  parts: Soap,
  request: AgencyRequest,
  signal: AbortSignal,
): Promise<AgencyAnswer> {
  const { route, type } = parts;
  const { operation, call } = await parts.service();
  const root = responseRootOf(type, request.root);
  const body = bodyOf(request, operation, route);
  const entries = route.addressing ? [addressing(request, operation, route)] : [];
  const answer = await call({ body, entries, httpHeaders: identityHeaders(request) }, signal);
  return answerOf(parts, operation, root, answer);
}

function bodyOf(request: AgencyRequest, { input }: Operation, { rename }: SoapRoute): string {
  if (isSame(request.root, input)) return canonicalText(request.content);
  if (rename) return mapped('NOT_SENT', () => renamed(request.content, input));
  const [given, wanted] = [nameOf(request.root), nameOf(input)];
  throw new ConnectorFailure('NOT_SENT', `the operation takes ${wanted} and not ${given}`);
}

const wsaNamespace = 'http://www.w3.org/2005/08/addressing';

/** WS-Addressing 1.0 §3: one message has one MessageID, however often it is sent. */
function addressing({ messageId }: AgencyRequest, { action }: Operation, route: SoapRoute): string {
  const entry = (name: string, text: string) =>
    `<wsa:${name} xmlns:wsa="${wsaNamespace}">${escapeText(text)}</wsa:${name}>`;
  return (
    entry('To', route.url) + entry('Action', action) + entry('MessageID', `urn:uuid:${messageId}`)
  );
}

// Their Body is not looked at: a proxy said it, or the service before it came to the call.
const transport = [429, 502, 503, 504];

function answerOf(
  { route, clock }: Soap,
  operation: Operation,
  root: QName,
  answer: HttpAnswer,
): AgencyAnswer {
  const place = placeOf(route.url);
  const { status, body: evidence } = answer;
  if (transport.includes(status)) throw failureOfStatus(answer, place, clock);
  const said = readSoapAnswer(evidence);
  if (said.kind === 'fault') return faultOf(said, operation, route, answer);
  if (status < 200 || status > 299) throw failureOfStatus(answer, place, clock);
  if (said.kind === 'broken') {
    throw new ConnectorFailure('ANSWER_BROKEN', `${place}: HTTP ${status}: ${said.why}`);
  }
  if (isSame(said.name, root)) return { kind: 'content', content: said.xml, evidence };
  if (route.rename && isSame(said.name, operation.output)) {
    const content = mapped('ANSWER_BROKEN', () => Buffer.from(renamed(said.xml, root)));
    return { kind: 'content', content, evidence };
  }
  const expected = nameOf(route.rename ? operation.output : root);
  throw new ConnectorFailure('ANSWER_BROKEN', `${place}: the answer is not ${expected}`);
}

function faultOf(
  fault: SoapFault,
  operation: Operation,
  route: SoapRoute,
  { status, body: evidence }: HttpAnswer,
): AgencyAnswer {
  const code = rejectionCode(fault, operation, route);
  if (code !== undefined) {
    const description = agencyWords(fault.text) ?? 'Ведомство отказало / the agency refused';
    return { kind: 'rejection', code, description, evidence };
  }
  const [name = ''] = fault.codes;
  const told = /^[\w.-]{1,100}$/.test(name) ? name : 'of an unreadable code';
  const failure = fault.whose === 'caller' || status < 500 ? 'REFUSED' : 'AGENCY_ERROR';
  throw new ConnectorFailure(
    fault.whose === 'agency' ? 'AGENCY_ERROR' : failure,
    `${placeOf(route.url)}: SOAP Fault ${told}`,
  );
}

/** What the route lists, then what the WSDL declares, is a business refusal. */
function rejectionCode(
  { detail, codes }: SoapFault,
  { faults }: Operation,
  route: SoapRoute,
): RejectCode | undefined {
  const names = detail === undefined ? codes : [detail.local, ...codes];
  const listed = names.find((name) => Object.hasOwn(route.faults, name));
  if (listed !== undefined) return route.faults[listed];
  const declared = detail !== undefined && faults.some((each) => isSame(each, detail));
  return declared ? 'UNKNOWN_REQUEST_DESCRIPTION' : undefined;
}

async function probe(parts: Soap, signal: AbortSignal): Promise<void> {
  const { route, caller, clock } = parts;
  await parts.service();
  const answer = await caller.call({ method: 'GET', url: route.url, headers: {} }, signal);
  // Asked without an envelope, many services say so by a Fault: they are there.
  if (answer.status === 500 && readSoapAnswer(answer.body).kind === 'fault') return;
  checkAlive(answer, placeOf(route.url), clock);
}

function mapped<T>(code: 'NOT_SENT' | 'ANSWER_BROKEN', work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof NameRefused) throw new ConnectorFailure(code, `rename: ${error.message}`);
    throw error;
  }
}

function isSame(one: QName, other: QName): boolean {
  return one.local === other.local && one.namespace === other.namespace;
}

function nameOf({ namespace, local }: QName): string {
  return `{${namespace}}${local}`;
}
