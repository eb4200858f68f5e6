import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../fault/fault.ts';

/** What all bodies that are held take together. */
export class BodyMeter {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** false where there is no room. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#max) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

export interface BodyLimits {
  readonly bytesMax: number;
  /** From the head of the request to the last byte of its body. */
  readonly timeoutMs: number;
  readonly meter: BodyMeter;
}

/**
 * The body's bytes as they came; no more than the limit is ever held. They count in the meter until
 * the answer has left.
 *
 * @throws Fault BUSY when there is no room for them now,
 *   BODY_TOO_LARGE as soon as the limit is passed or announced to be,
 *   BODY_INCOMPLETE when the peer stops, CONTENT_TYPE_UNSUPPORTED for a compressed body
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limits: BodyLimits,
): Promise<Buffer> {
  refuseEncoded(request);
  if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax) throw tooLarge(limits);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.once('close', () => limits.meter.give(size));
    const timer = setTimeout(() => cut(), limits.timeoutMs);
    const cut = () => finish(new Fault('BODY_INCOMPLETE'));
    const finish = (outcome: Fault | Buffer) => {
      clearTimeout(timer);
      request.removeAllListeners('data');
      request.off('close', cut);
      if (outcome instanceof Fault) reject(outcome);
      else resolve(outcome);
    };
    request.on('data', (chunk: Buffer) => {
      if (size + chunk.byteLength > limits.bytesMax) return finish(tooLarge(limits));
      if (!limits.meter.take(chunk.byteLength)) return finish(new Fault('BUSY'));
      size += chunk.byteLength;
      chunks.push(chunk);
    });
    request.once('end', () => finish(Buffer.concat(chunks, size)));
    request.once('error', (cause) => finish(new Fault('BODY_INCOMPLETE', { cause })));
    request.once('close', cut);
  });
}

/** @throws Fault CONTENT_TYPE_UNSUPPORTED for a compressed body */
export function refuseEncoded({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  throw new Fault('CONTENT_TYPE_UNSUPPORTED', { public: 'Content-Encoding' });
}

function tooLarge({ bytesMax }: BodyLimits): Fault {
  return new Fault('BODY_TOO_LARGE', { public: `не более ${bytesMax} байт` });
}
