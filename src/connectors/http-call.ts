import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher, request } from 'undici';
import { StoreAway } from '../attachments/file-store.ts';
import type { Connection } from '../participants/routes.ts';
import { ConnectorFailure, type FailureCode } from './failure.ts';

/** One HTTP exchange with an agency. Header names in answers are in lower case. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamedBody;
}

/** A body that is not held in memory. */
export interface StreamedBody {
  /** Bytes. */
  readonly length: number;
  open(): AsyncIterable<Uint8Array>;
}

/** Reads the body of an answer in its own way, and gives what of it is held. */
export type BodyReader = (body: AsyncIterable<Uint8Array>) => Promise<Buffer>;
/** Chooses by the head of an answer; undefined has the body read as it is. */
export type ReaderOf = (head: Omit<HttpAnswer, 'body'>) => BodyReader | undefined;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The limits and the trust of a route, and its connections. */
export interface HttpCaller {
  /**
   * Asks once: no redirect is followed, no proxy used, no compression asked for. Whatever status comes
   * is an answer; `failureOfStatus` says what it means.
   *
   * @param readerOf throws ConnectorFailure where it will not have the body
   * @throws ConnectorFailure
   */
  call(request: HttpRequest, signal: AbortSignal, readerOf?: ReaderOf): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export type CallSettings = Pick<Connection, 'connectMs' | 'timeoutMs' | 'answerBytesMax' | 'tls'>;

/** Files named by the settings are read here; one that cannot be used fails the calls. */
export function httpCaller(settings: CallSettings): HttpCaller {
  const { connectMs, timeoutMs } = settings;
  const tls = readTls(settings.tls);
  if (tls instanceof ConnectorFailure) {
    return { call: () => Promise.reject(tls), close: async () => undefined };
  }
  const agent = new Agent({
    connect: { ...tls, timeout: connectMs },
    // The deadline of the whole call is its signal; these are the same, so that neither comes sooner.
    headersTimeout: timeoutMs + 1000,
    bodyTimeout: timeoutMs + 1000,
  });
  return {
    call: (asked, signal, readerOf) => call(agent, settings, asked, signal, readerOf),
    close: () => agent.close(),
  };
}

async function call(
  agent: Agent,
  { timeoutMs, answerBytesMax }: CallSettings,
  asked: HttpRequest,
  signal: AbortSignal,
  readerOf: ReaderOf | undefined,
): Promise<HttpAnswer> {
  const place = placeOf(asked.url);
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, deadline]);
  try {
    const { statusCode, headers, body } = await request(asked.url, {
      dispatcher: agent,
      method: asked.method,
      headers: { 'accept-encoding': 'identity', ...asked.headers, ...lengthOf(asked) },
      body: bodyOf(asked),
      signal: either,
    });
    const flat = flatten(headers);
    const encoding = flat['content-encoding'] ?? 'identity';
    if (encoding.toLowerCase() !== 'identity') {
      drop(body);
      throw new ConnectorFailure('ANSWER_BROKEN', `${place}: the answer came compressed`);
    }
    const head = { status: statusCode, headers: flat };
    const reader = readerOf?.(head);
    if (reader === undefined) {
      return { ...head, body: await read(body, flat, answerBytesMax, place) };
    }
    return { ...head, body: await readBy(reader, body) };
  } catch (error) {
    if (error instanceof ConnectorFailure) throw error;
    // A file on its way to the agency, which has no part in it.
    if (error instanceof StoreAway) throw new ConnectorFailure('NODE_ERROR', error.message);
    if (signal.aborted) throw stopped(signal, place);
    if (deadline.aborted) {
      throw new ConnectorFailure('TIMEOUT', `${place}: no whole answer in ${timeoutMs} ms`);
    }
    throw failureOfError(error, place);
  }
}

function stopped({ reason }: AbortSignal, place: string): ConnectorFailure {
  if (reason instanceof ConnectorFailure) return reason;
  const late = reason instanceof DOMException && reason.name === 'TimeoutError';
  return late
    ? new ConnectorFailure('TIMEOUT', `${place}: the time of the attempt is over`)
    : new ConnectorFailure('STOPPED', `${place}: the attempt was stopped`);
}

/** Counts while reading; what is beyond the limit is not read. */
async function read(
  body: Dispatcher.ResponseData['body'],
  headers: HttpAnswer['headers'],
  most: number,
  place: string,
): Promise<Buffer> {
  const tooLarge = () =>
    new ConnectorFailure('ANSWER_TOO_LARGE', `${place}: the answer is larger than ${most} bytes`);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    if (Number(headers['content-length'] ?? 0) > most) throw tooLarge();
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.byteLength;
      if (size > most) throw tooLarge();
      parts.push(part);
    }
  } catch (error) {
    drop(body);
    throw error;
  }
  return Buffer.concat(parts);
}

async function readBy(reader: BodyReader, body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  try {
    return await reader(body);
  } catch (error) {
    drop(body);
    throw error;
  }
}

function bodyOf({ body }: HttpRequest): Uint8Array | Readable | null {
  if (body === undefined || body instanceof Uint8Array) return body ?? null;
  return Readable.from(body.open(), { objectMode: false });
}

function lengthOf({ body }: HttpRequest): Readonly<Record<string, string>> {
  if (body === undefined || body instanceof Uint8Array) return {};
  return { 'content-length': String(body.length) };
}

/** Undici tells of what it destroys; nobody is left to hear it. */
function drop(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );
}

/** The address without what may be secret in it: user, password, query. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

// By code of Node or undici. What begins otherwise is a connection that broke.
const rows: readonly { pattern: RegExp; failure: FailureCode; why: string }[] = [
  {
    pattern: /^UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT$|^ETIMEDOUT$/,
    failure: 'TIMEOUT',
    why: 'no answer in time',
  },
  {
    pattern: /^UND_ERR_HEADERS_OVERFLOW$/,
    failure: 'ANSWER_TOO_LARGE',
    why: 'the header is too large',
  },
  {
    pattern: /^HPE_|^HTTPParserError$|^UND_ERR_RES_/,
    failure: 'ANSWER_BROKEN',
    why: 'the answer is not HTTP',
  },
  { pattern: /^UND_ERR_INVALID_ARG$/, failure: 'NOT_SENT', why: 'the call cannot be made' },
  {
    pattern: /^ERR_TLS_|^ERR_SSL_|^ERR_OSSL_|^EPROTO$|CERT|SIGNATURE|^CRL_|^HOSTNAME_/,
    failure: 'TLS',
    why: 'no TLS',
  },
  { pattern: /^ENOTFOUND$|^EAI_/, failure: 'UNREACHABLE', why: 'the name is not found' },
  { pattern: /^ECONNREFUSED$/, failure: 'UNREACHABLE', why: 'the connection is refused' },
];

/** What an error of Node or undici means. */
function failureOfError(error: unknown, place: string): ConnectorFailure {
  const code = codeOf(error);
  const beforeTls = /before secure TLS/.test(error instanceof Error ? error.message : '');
  const row = rows.find(({ pattern }) => pattern.test(beforeTls ? 'EPROTO' : code));
  const { failure, why } = row ?? { failure: 'UNREACHABLE', why: 'the connection broke' };
  // Its own fields may hold bytes of the answer, so the error itself is not kept.
  return new ConnectorFailure(failure, `${place}: ${why}${code === '' ? '' : ` (${code})`}`);
}

/** Happy eyeballs hides the code of each address in an AggregateError. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  // The parser of undici gives no code.
  return error instanceof Error && error.name === 'HTTPParserError' ? error.name : '';
}

type Tls = ReturnType<typeof tlsOptions>;

function readTls(tls: CallSettings['tls']): Tls | ConnectorFailure {
  try {
    const options = tlsOptions(tls);
    createSecureContext(options);
    return options;
  } catch (error) {
    const files = [tls?.key, tls?.certificate, tls?.ca].filter((name) => name !== undefined);
    const why = codeOf(error) || 'not PEM';
    return new ConnectorFailure('NOT_SENT', `TLS: ${files.join(', ')} cannot be used (${why})`);
  }
}

function tlsOptions({ key, certificate, ca, serverName }: NonNullable<CallSettings['tls']> = {}) {
  const read = (file: string) => readFileSync(file, 'utf8');
  return {
    ...(key === undefined ? {} : { key: read(key) }),
    ...(certificate === undefined ? {} : { cert: read(certificate) }),
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}
