import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FileStore, StoreFull } from '../attachments/file-store.ts';
import { type Part, PartWriter } from '../attachments/parts.ts';
import type { Body } from '../exchange/call.ts';
import { Fault } from '../fault/fault.ts';
import { type MediaType, parseMediaType } from '../soap/media-type.ts';
import { MultipartError } from '../soap/multipart-error.ts';
import type { PartHeaders } from '../soap/part-headers.ts';
import { type PartStep, partSteps } from '../soap/part-steps.ts';
import { type BodyLimits, refuseEncoded } from './body.ts';

export interface PartLimits extends BodyLimits {
  readonly partsMax: number;
  readonly headerBytesMax: number;
  /** Decoded, of all parts but the root. */
  readonly attachmentBytesMax: number;
}

/**
 * Reads a multipart/related message (RFC 2387) as it arrives: the root part stays in memory, every other
 * goes into the store while it is hashed.
 *
 * @throws Fault MULTIPART_MALFORMED, BODY_TOO_LARGE, ATTACHMENTS_TOO_LARGE as soon as it is known;
 *   BODY_INCOMPLETE, BUSY, CONTENT_TYPE_UNSUPPORTED. Nothing of the parts stays then.
 */
export async function readMultipart(
  request: IncomingMessage,
  response: ServerResponse,
  limits: PartLimits,
  store: FileStore,
): Promise<Body> {
  refuseEncoded(request);
  const type = parseMediaType(request.headers['content-type'] ?? '');
  if (type?.type !== 'multipart/related') throw new Fault('CONTENT_TYPE_UNSUPPORTED');
  const transferMax = largestTransfer(limits);
  if (Number(request.headers['content-length'] ?? 0) > transferMax) {
    throw new Fault('BODY_TOO_LARGE', { public: `не более ${transferMax} байт` });
  }
  const taking = new PartTaking(type, limits, store);
  response.once('close', () => limits.meter.give(taking.metered));
  try {
    await taking.readFrom(request, transferMax);
    return taking.body();
  } catch (error) {
    await taking.discard();
    throw faultOf(error);
  }
}

/** Base64 makes of three octets four, and breaks lines. */
function largestTransfer({ bytesMax, attachmentBytesMax, partsMax, headerBytesMax }: PartLimits) {
  return Math.ceil((bytesMax + attachmentBytesMax) * 1.4) + (partsMax + 1) * headerBytesMax;
}

function faultOf(error: unknown): unknown {
  if (error instanceof MultipartError) {
    const code = error.reason === 'body-too-large' ? 'BODY_TOO_LARGE' : 'MULTIPART_MALFORMED';
    return new Fault(code, { public: error.message.slice(0, 300), cause: error });
  }
  if (error instanceof StoreFull) {
    return new Fault('BUSY', { private: 'no room in the file store', cause: error });
  }
  return error;
}

/** The parts of one message on their way. */
class PartTaking {
  readonly #start: string | undefined;
  readonly #limits: PartLimits;
  readonly #store: FileStore;
  readonly #boundary: string | undefined;
  readonly #parts: Part[] = [];
  readonly #root: Uint8Array[] = [];
  #rootSeen = false;
  #inRoot = false;
  #writer: PartWriter | undefined;
  #attached = 0;
  /** Octets of the root that the meter counts. */
  metered = 0;

  constructor({ parameters }: MediaType, limits: PartLimits, store: FileStore) {
    checkRootType(parameters.get('type'));
    this.#start = parameters.get('start')?.replace(/^<(.*)>$/, '$1');
    this.#boundary = parameters.get('boundary');
    this.#limits = limits;
    this.#store = store;
  }

  /** Takes chunk by chunk: the next is read once this one is on its way to the disk. */
  async readFrom(request: IncomingMessage, transferMax: number): Promise<void> {
    const { partsMax, headerBytesMax, timeoutMs } = this.#limits;
    const limits = { partsMax: partsMax + 1, headerBytesMax, totalBytesMax: transferMax };
    const steps = partSteps(chunksOf(request, timeoutMs), this.#boundary, limits);
    for await (const step of steps) await this.#take(step);
  }

  body(): Body {
    if (!this.#rootSeen) {
      throw new Fault('MULTIPART_MALFORMED', { public: 'нет корневой части (start)' });
    }
    return { bytes: Buffer.concat(this.#root), parts: this.#parts };
  }

  async discard(): Promise<void> {
    const begun = [this.#writer, ...this.#parts.map(({ file }) => file)];
    await Promise.all(begun.map((file) => file?.discard().catch(() => undefined)));
  }

  async #take(step: PartStep): Promise<void> {
    if ('begin' in step) await this.#begin(step.begin);
    else if ('end' in step) this.#end();
    else if (this.#inRoot) this.#takeRoot(step.data);
    else await this.#takeAttached(step.data);
  }

  async #begin({ contentId, contentType }: PartHeaders): Promise<void> {
    // Without `start` the first part is the root (RFC 2387 §3.2).
    this.#inRoot = !this.#rootSeen && (this.#start === undefined || contentId === this.#start);
    if (this.#inRoot) {
      this.#rootSeen = true;
      checkRootType(parseMediaType(contentType ?? 'text/xml')?.type);
      return;
    }
    if (contentId === undefined) {
      throw new Fault('MULTIPART_MALFORMED', { public: 'у части нет Content-ID' });
    }
    this.#writer = await PartWriter.begin(this.#store, contentId);
  }

  #end(): void {
    if (this.#writer !== undefined) this.#parts.push(this.#writer.end());
    this.#writer = undefined;
    this.#inRoot = false;
  }

  #takeRoot(data: Uint8Array): void {
    const { bytesMax, meter } = this.#limits;
    if (this.metered + data.byteLength > bytesMax) {
      throw new Fault('BODY_TOO_LARGE', { public: `не более ${bytesMax} байт` });
    }
    if (!meter.take(data.byteLength)) throw new Fault('BUSY');
    this.metered += data.byteLength;
    this.#root.push(data);
  }

  async #takeAttached(data: Uint8Array): Promise<void> {
    this.#attached += data.byteLength;
    const { attachmentBytesMax: permitted } = this.#limits;
    if (this.#attached > permitted) {
      throw new Fault('ATTACHMENTS_TOO_LARGE', {
        public: `допустимо ${permitted} байт`,
        values: { permitted: String(permitted), real: String(this.#attached) },
      });
    }
    await this.#writer?.write(data);
  }
}

const rootTypes: readonly (string | undefined)[] = ['application/xop+xml', 'text/xml'];

/** SOAP 1.1 Binding for MTOM 1.0 §2; text/xml is what SOAP with Attachments has. */
function checkRootType(type: string | undefined): void {
  if (type !== undefined && !rootTypes.includes(type.toLowerCase())) {
    throw new Fault('CONTENT_TYPE_UNSUPPORTED', { public: `корневая часть ${type.slice(0, 100)}` });
  }
}

/** @throws Fault BODY_INCOMPLETE where the peer stops, or takes longer than this for all */
async function* chunksOf(request: IncomingMessage, timeoutMs: number): AsyncGenerator<Uint8Array> {
  let stop: (fault: Fault) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  stopped.catch(() => undefined);
  const timer = setTimeout(() => stop(new Fault('BODY_INCOMPLETE')), timeoutMs);
  // To destroy the request would close the connection before the refusal has left.
  const chunks: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), stopped]);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (cause) {
    throw cause instanceof Fault ? cause : new Fault('BODY_INCOMPLETE', { cause });
  } finally {
    clearTimeout(timer);
    // Not waited for: it ends with the chunk that a peer may never send.
    chunks.return?.().catch(() => undefined);
  }
}
