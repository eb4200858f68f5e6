import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import aws4 from 'aws4';
import { Agent, type Dispatcher, request } from 'undici';
import { codeIn, type Meaning, meaningOf, type Page, pageIn, wordsOf } from './s3-answers.ts';
import { S3Octets } from './s3-octets.ts';

/** Where the bucket is, and how long its store may take. Times in ms. */
export interface S3Place {
  /** Scheme, host and port alone. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Stands before each key; empty, or with a slash at its end. */
  readonly prefix: string;
  /** The bucket in the path and not in the name of the host. */
  readonly pathStyle: boolean;
  readonly connectMs: number;
  /** For an answer to begin, and between two pieces of it. */
  readonly silentMs: number;
  /** For the whole of a request, but for reading a file: its reader may be slow. */
  readonly withinMs: number;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** PEM, where the system's own authorities are not meant. */
  readonly ca?: string;
}

/** Why one request did not succeed; the text is for the operator's log. */
export class S3Failure extends Error {
  override readonly name = 'S3Failure';
  readonly meaning: Meaning;

  constructor(meaning: Meaning, text: string) {
    super(text);
    this.meaning = meaning;
  }
}

interface Asked {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** From the bucket on, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  /** Lower-case hex, of the body. */
  readonly sha256?: string;
  readonly isTimed: boolean;
}

type Answer = Dispatcher.ResponseData;

const chunkBytes = 64 * 1024;
const refusalBytesMax = 64 * 1024;
const pageBytesMax = 4 * 1024 * 1024;
// SHA-256 of no octets.
const ofNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * One bucket: each method asks once. Requests bear Signature Version 4; no redirect is followed and no
 * proxy used, so that they go where the settings say.
 */
export class S3Bucket {
  readonly #place: S3Place;
  readonly #credentials: S3Credentials;
  readonly #now: () => number;
  readonly #pageKeys: number;
  readonly #origin: URL;
  readonly #agent: Agent;

  /** @param pageKeys objects in one page of a listing; no store gives more than a thousand */
  constructor(place: S3Place, credentials: S3Credentials, now: () => number, pageKeys = 1000) {
    this.#place = place;
    this.#credentials = credentials;
    this.#now = now;
    this.#pageKeys = pageKeys;
    this.#origin = new URL(place.endpoint);
    if (!place.pathStyle) this.#origin.hostname = `${place.bucket}.${this.#origin.hostname}`;
    const { ca } = credentials;
    this.#agent = new Agent({
      connect: { timeout: place.connectMs, ...(ca === undefined ? {} : { ca }) },
      headersTimeout: place.silentMs,
      bodyTimeout: place.silentMs,
    });
  }

  /** Stores the first `size` octets of a file of the local disk. @throws S3Failure, FileAbsent's ENOENT */
  async put(key: string, file: string, size: number, sha256: string): Promise<void> {
    // A stream of no octets would go without a length.
    const body =
      size === 0 ? undefined : createReadStream(file, { end: size - 1, highWaterMark: chunkBytes });
    try {
      const headers = { 'content-length': String(size) };
      const asked = { method: 'PUT' as const, path: this.#object(key), headers, sha256 };
      const answer = await this.#ask({
        ...{ ...asked, isTimed: true },
        ...(body === undefined ? {} : { body }),
      });
      await bytesOf(answer, refusalBytesMax, 'PUT');
    } finally {
      body?.destroy();
    }
  }

  /**
   * The octets from that place on.
   *
   * @param told makes of what breaks later what the readers of the stream are told
   * @throws S3Failure
   */
  async get(key: string, from: number, told: (error: Error) => Error): Promise<Readable> {
    const headers = from === 0 ? {} : { range: `bytes=${from}-` };
    const asked = { method: 'GET' as const, path: this.#object(key), headers, isTimed: false };
    const { statusCode, body } = await this.#ask(asked);
    // A server that knows no ranges gives all of it: the reader would take it for the rest.
    if (from > 0 && statusCode !== 206) {
      drop(body);
      throw new S3Failure('refused', `S3 GET: HTTP ${statusCode} for a range`);
    }
    return new S3Octets(body, (error) => told(failureOf(error, 'GET')));
  }

  /** Harmless where there is none. @throws S3Failure */
  async delete(key: string): Promise<void> {
    const asked = { method: 'DELETE' as const, path: this.#object(key), isTimed: true };
    await bytesOf(await this.#ask(asked), refusalBytesMax, 'DELETE');
  }

  /** @param from what the page before told; undefined for the first. @throws S3Failure */
  async list(from: string | undefined): Promise<Page> {
    const { prefix } = this.#place;
    const most = String(this.#pageKeys);
    const query = new URLSearchParams({ 'list-type': '2', 'max-keys': most, prefix });
    if (from !== undefined) query.set('continuation-token', from);
    const path = `${this.#root()}?${String(query).replaceAll('+', '%20')}`;
    const answer = await this.#ask({ method: 'GET', path, isTimed: true });
    const page = pageIn(await bytesOf(answer, pageBytesMax, 'GET'), prefix);
    if (page === undefined) throw new S3Failure('refused', 'S3 GET: the answer is no listing');
    return page;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  #root(): string {
    return this.#place.pathStyle ? `/${this.#place.bucket}` : '/';
  }

  #object(key: string): string {
    return `${this.#root().replace(/\/$/, '')}/${this.#place.prefix}${key}`;
  }

  /** @returns an answer of 2xx, its body unread. @throws S3Failure */
  async #ask({ method, path, headers, body, sha256, isTimed }: Asked): Promise<Answer> {
    const signed = this.#sign(method, path, { ...headers }, sha256 ?? ofNothing);
    try {
      const answer = await request(new URL(signed.path, this.#origin), {
        dispatcher: this.#agent,
        method,
        headers: { ...signed.headers },
        body: body ?? null,
        ...(isTimed ? { signal: AbortSignal.timeout(this.#place.withinMs) } : {}),
      });
      const { statusCode } = answer;
      if (statusCode >= 200 && statusCode < 300) return answer;
      const told = codeIn(await bytesOf(answer, refusalBytesMax, method));
      throw new S3Failure(meaningOf(statusCode, told), wordsOf(method, statusCode, told));
    } catch (error) {
      throw failureOf(error, method);
    }
  }

  #sign(method: string, path: string, headers: Record<string, string>, sha256: string) {
    const { host } = this.#origin;
    const at = new Date(this.#now()).toISOString().replace(/[:-]|\.\d{3}/g, '');
    const about = { service: 's3' as const, region: this.#place.region, method, host, path };
    const { accessKeyId, secretAccessKey } = this.#credentials;
    const own = { host, 'x-amz-content-sha256': sha256, 'x-amz-date': at };
    const all = { 'accept-encoding': 'identity', ...headers, ...own };
    return aws4.sign({ ...about, headers: all }, { accessKeyId, secretAccessKey });
  }
}

/** @throws S3Failure where it is larger, or does not come whole */
async function bytesOf({ body }: Answer, most: number, method: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      size += part.byteLength;
      if (size > most) throw new S3Failure('refused', `S3 ${method}: an answer of over ${most} B`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    drop(body);
    throw failureOf(error, method);
  }
}

/** Undici tells of what it destroys; nobody is left to hear it. */
function drop(body: Answer['body']): void {
  body.on('error', () => undefined).destroy();
}

const notTrusted = /CERT|^ERR_TLS_|^ERR_SSL_|^EPROTO$|HOSTNAME|^UNABLE_TO_/;

/** Errors of Node and undici by their code alone: their texts have addresses. */
function failureOf(error: unknown, method: string): Error {
  if (error instanceof S3Failure) return error;
  const code = codeOf(error);
  // The file that was to be sent, and not the store.
  if (error instanceof Error && /^E(NOENT|IO|ACCES)$/.test(code)) return error;
  const meaning = notTrusted.test(code) ? 'refused' : 'again';
  return new S3Failure(meaning, `S3 ${method}: ${code === '' ? 'no answer' : code}`);
}

/** Happy eyeballs hides the code of each address in an AggregateError. */
function codeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer in time';
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : '';
}
