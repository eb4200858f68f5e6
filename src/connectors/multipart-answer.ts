import { fileNameIn } from '../soap/disposition.ts';
import { parseMediaType } from '../soap/media-type.ts';
import { MultipartError } from '../soap/multipart-error.ts';
import type { PartHeaders } from '../soap/part-headers.ts';
import { type PartStep, partSteps } from '../soap/part-steps.ts';
import { ArrivingFiles, type FileDesk } from './arriving-files.ts';
import type { ArrivedFile } from './carried-file.ts';
import { ConnectorFailure, failures } from './failure.ts';
import { signatureEnding } from './file-names.ts';
import type { ReaderOf } from './http-call.ts';
import { signatureType } from './multipart-request.ts';

const headerBytesMax = 16 * 1024;
const signatureBytesMax = 64 * 1024;

/**
 * An answer that may come as multipart/related (RFC 2387): the root part is held, every other goes into
 * the store as it arrives. Whoever reads one hands its files over, or discards them. Of a message whose
 * files are more than is taken or are broken, the root may still be read: it says whose message it is.
 */
export class MultipartAnswer {
  readonly #desk: FileDesk;
  readonly #rootBytesMax: number;
  readonly #arriving: ArrivingFiles;
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #start: string | undefined;
  #rootSeen = false;
  #root: Buffer | undefined;
  #at: 'root' | 'file' | { readonly signatureOf: string } = 'root';
  readonly #rootAlone: boolean;
  readonly #signatures: boolean;
  /** Content-Type of the root part; undefined while no multipart answer came. */
  rootType: string | undefined;
  /** Why there are no files beside a root that could be read. */
  lost: ConnectorFailure | undefined;

  /**
   * @param rootAlone whether a whole root is given though the files beside it cannot be taken
   * @param signatures whether signatures are parts too; a SMEV has them in the envelope, and a part
   *   that looks like one is a file
   */
  constructor(desk: FileDesk, rootBytesMax: number, { rootAlone = false, signatures = true } = {}) {
    this.#desk = desk;
    this.#rootBytesMax = rootBytesMax;
    this.#rootAlone = rootAlone;
    this.#signatures = signatures;
    this.#arriving = new ArrivingFiles(desk);
  }

  /** Takes what is multipart/related, and nothing else. */
  readonly readerOf: ReaderOf = ({ headers }) => {
    const type = parseMediaType(headers['content-type'] ?? '');
    if (type?.type !== 'multipart/related') return undefined;
    this.#start = type.parameters.get('start')?.replace(/^<(.*)>$/, '$1');
    const boundary = type.parameters.get('boundary');
    return (body) => this.#readFrom(body, boundary).catch((error) => this.#fail(error));
  };

  get files(): readonly ArrivedFile[] {
    return this.#arriving.files;
  }

  discard(): Promise<void> {
    return this.#arriving.discard();
  }

  async #readFrom(body: AsyncIterable<Uint8Array>, boundary: string | undefined): Promise<Buffer> {
    const { filesMax, bytesMax } = this.#desk;
    const partsMax = filesMax * 2 + 1;
    // Base64 makes of three octets four, and breaks lines.
    const content = (bytesMax + this.#rootBytesMax) * 1.4;
    const totalBytesMax = Math.ceil(content) + partsMax * (headerBytesMax + signatureBytesMax);
    const limits = { partsMax, headerBytesMax, totalBytesMax };
    try {
      for await (const step of partSteps(body, boundary, limits)) await this.#take(step);
    } catch (error) {
      const failure = failureOf(error);
      const mayBeLost = this.#rootAlone && this.#root !== undefined;
      if (!mayBeLost || failure === undefined || failures[failure.code].retry) throw error;
      this.lost = failure;
      await this.discard();
    }
    const root = this.#root;
    if (root === undefined) throw new ConnectorFailure('ANSWER_BROKEN', 'there is no root part');
    return root;
  }

  async #take(step: PartStep): Promise<void> {
    if ('begin' in step) await this.#begin(step.begin);
    else if ('end' in step) this.#end();
    else if (this.#at === 'file') await this.#arriving.write(step.data);
    else this.#hold(step.data, this.#at === 'root' ? this.#rootBytesMax : signatureBytesMax);
  }

  async #begin(headers: PartHeaders): Promise<void> {
    const { contentId, contentType } = headers;
    const isRoot = !this.#rootSeen && (this.#start === undefined || contentId === this.#start);
    if (isRoot) {
      this.#rootSeen = true;
      this.#at = 'root';
      this.rootType = contentType ?? '';
      return;
    }
    if (contentId === undefined) {
      throw new ConnectorFailure('ANSWER_BROKEN', 'a part has no Content-ID');
    }
    const mimeType = parseMediaType(contentType ?? '')?.type ?? 'application/octet-stream';
    const isSignature = mimeType === signatureType && contentId.endsWith(signatureEnding);
    if (this.#signatures && isSignature) {
      this.#at = { signatureOf: contentId.slice(0, -signatureEnding.length) };
      return;
    }
    this.#at = 'file';
    const fileName = fileNameIn(headers.disposition);
    await this.#arriving.begin({ place: 'attached', contentId, fileName, mimeType });
  }

  #hold(data: Uint8Array, bytesMax: number): void {
    this.#heldBytes += data.byteLength;
    if (this.#heldBytes > bytesMax) {
      throw new ConnectorFailure('ANSWER_TOO_LARGE', `a part is larger than ${bytesMax} bytes`);
    }
    this.#held.push(Buffer.from(data));
  }

  #end(): void {
    if (this.#at === 'file') {
      this.#arriving.end();
      return;
    }
    const held = Buffer.concat(this.#held.splice(0));
    this.#heldBytes = 0;
    if (this.#at === 'root') this.#root = held;
    else this.#arriving.sign(this.#at.signatureOf, held);
  }

  async #fail(error: unknown): Promise<never> {
    await this.discard();
    throw failureOf(error) ?? error;
  }
}

/** What is wrong with the message itself; undefined where something else broke. */
function failureOf(error: unknown): ConnectorFailure | undefined {
  if (error instanceof ConnectorFailure) return error;
  if (!(error instanceof MultipartError)) return undefined;
  const tooLarge = error.reason === 'body-too-large' || error.reason === 'parts-too-many';
  const code = tooLarge ? 'ANSWER_TOO_LARGE' : 'ANSWER_BROKEN';
  return new ConnectorFailure(code, `multipart/related: ${error.reason}`, { cause: error });
}
