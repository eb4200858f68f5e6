import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Reply, ReplyPart } from '../exchange/call.ts';
import { parseMediaType } from '../soap/media-type.ts';
import { multipartHead } from '../soap/multipart-writer.ts';
import { includeText } from '../soap/xop.ts';

/**
 * Whether a client reads multipart answers: it sent one, or says so.
 */
export function takesMultipart(headers: IncomingHttpHeaders): boolean {
  const type = parseMediaType(headers['content-type'] ?? '')?.type;
  return type === 'multipart/related' || /multipart\/related/i.test(headers.accept ?? '');
}

const lingerMs = 2000;

/**
 * Reads on and throws away: a connection that is closed over octets that nobody read is reset, and the
 * peer that is still sending never sees its answer.
 */
function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lingerMs);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', end).once('close', end).once('error', end).resume();
  });
}

/**
 * Sends an answer with what it refers to: files go as parts to who reads them, and in base64 where each
 * xop:Include stood to anybody else. No file is held in memory.
 *
 * @param boundary random
 */
export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, bytes, parts = [] }: Reply,
  multipart: boolean,
  boundary: string,
): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  const body =
    multipart && parts.length > 0 ? asParts(bytes, parts, boundary) : inlined(bytes, parts);
  response.setHeader('Content-Type', body.contentType);
  if (body.length !== undefined) response.setHeader('Content-Length', body.length);
  const [only, ...others] = body.pieces;
  if (others.length === 0 && only instanceof Uint8Array) {
    await sendWhole(request, response, only);
    return;
  }
  await pipeline(Readable.from(octetsOf(body.pieces), { objectMode: false }), response);
}

async function sendWhole(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
): Promise<void> {
  if (request.complete) {
    response.end(bytes);
    return;
  }
  response.write(bytes);
  await drained(request);
  response.end();
}

type Piece = Uint8Array | (() => AsyncIterable<Uint8Array>);

interface Outgoing {
  readonly contentType: string;
  readonly length: number | undefined;
  readonly pieces: readonly Piece[];
}

async function* octetsOf(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* piece();
  }
}

function asParts(bytes: Uint8Array, parts: readonly ReplyPart[], boundary: string): Outgoing {
  const { contentType, contentLength, body } = multipartHead(boundary, bytes, parts);
  const pieces = body.map((piece) => (piece instanceof Uint8Array ? piece : opened(piece)));
  return { contentType, length: contentLength, pieces };
}

function opened(part: ReplyPart): () => AsyncIterable<Uint8Array> {
  return async function* () {
    yield* (await part.open()) as AsyncIterable<Uint8Array>;
  };
}

/** The node's own Includes stand in the envelope as it wrote them, each once and in order. */
function inlined(bytes: Uint8Array, parts: readonly ReplyPart[]): Outgoing {
  const envelope = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Piece[] = [];
  let length = bytes.byteLength;
  let at = 0;
  for (const part of parts) {
    const include = includeText(part.contentId);
    const found = envelope.indexOf(include, at);
    if (found < 0) continue;
    pieces.push(envelope.subarray(at, found), base64Of(part));
    at = found + include.length;
    length += 4 * Math.ceil(part.size / 3) - include.length;
  }
  pieces.push(envelope.subarray(at));
  return { contentType: 'text/xml; charset=utf-8', length, pieces };
}

function base64Of(part: ReplyPart): () => AsyncIterable<Uint8Array> {
  return async function* () {
    let left: Buffer = Buffer.alloc(0);
    for await (const chunk of (await part.open()) as AsyncIterable<Buffer>) {
      const octets = left.byteLength === 0 ? chunk : Buffer.concat([left, chunk]);
      const whole = octets.byteLength - (octets.byteLength % 3);
      yield Buffer.from(octets.subarray(0, whole).toString('base64'), 'latin1');
      left = octets.subarray(whole);
    }
    if (left.byteLength > 0) yield Buffer.from(left.toString('base64'), 'latin1');
  };
}
