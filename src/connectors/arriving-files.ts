import { type FileStore, StoreFull } from '../attachments/file-store.ts';
import { PartWriter } from '../attachments/parts.ts';
import type { ArrivedFile, FileAbout } from './carried-file.ts';
import { ConnectorFailure } from './failure.ts';

/** Where the files of answers arrive, and how much of them one answer may have. */
export interface FileDesk {
  readonly store: Pick<FileStore, 'create'>;
  readonly filesMax: number;
  /** Of all files together. */
  readonly bytesMax: number;
}

/** Of a detached signature, in bytes. */
const signatureBytesMax = 64 * 1024;

/**
 * The files of one answer on their way into the store, one after another. Whoever began them hands them
 * over with the answer, or discards them.
 */
export class ArrivingFiles {
  readonly #desk: FileDesk;
  readonly #files: ArrivedFile[] = [];
  readonly #signatures = new Map<string, Uint8Array>();
  #running: { readonly about: FileAbout; readonly writer: PartWriter } | undefined;
  #bytes = 0;

  constructor(desk: FileDesk) {
    this.#desk = desk;
  }

  /** What has arrived, each with its signature. */
  get files(): readonly ArrivedFile[] {
    return this.#files.map((file) => ({
      ...file,
      signature: file.signature ?? this.#signatures.get(file.contentId),
    }));
  }

  /** @throws ConnectorFailure ANSWER_TOO_LARGE, NODE_ERROR */
  async begin(about: FileAbout): Promise<void> {
    if (this.#files.length >= this.#desk.filesMax) {
      throw tooLarge(`more than ${this.#desk.filesMax} files`);
    }
    const writer = await PartWriter.begin(this.#desk.store, about.contentId).catch(noRoom);
    this.#running = { about, writer };
  }

  /** @throws ConnectorFailure ANSWER_TOO_LARGE, NODE_ERROR */
  async write(octets: Uint8Array): Promise<void> {
    this.#bytes += octets.byteLength;
    const { bytesMax } = this.#desk;
    if (this.#bytes > bytesMax) throw tooLarge(`files of more than ${bytesMax} bytes`);
    await this.#running?.writer.write(octets).catch(noRoom);
  }

  end(signature?: Uint8Array): void {
    if (this.#running === undefined) return;
    const { about, writer } = this.#running;
    this.#running = undefined;
    this.#files.push({ ...writer.end(), ...about, signature });
  }

  /** Begins, writes and ends one. @throws ConnectorFailure, and what `octets` throws */
  async take(about: FileAbout, octets: AsyncIterable<Uint8Array>): Promise<void> {
    await this.begin(about);
    for await (const chunk of octets) await this.write(chunk);
    this.end();
  }

  /**
   * The signature of the file with this contentId, which may arrive before or after it.
   *
   * @throws ConnectorFailure ANSWER_TOO_LARGE
   */
  sign(contentId: string, signature: Uint8Array): void {
    const many = this.#signatures.size >= this.#desk.filesMax;
    if (many || signature.byteLength > signatureBytesMax) {
      throw tooLarge(`more signatures than files, or one of more than ${signatureBytesMax} bytes`);
    }
    this.#signatures.set(contentId, signature);
  }

  /** Nobody takes the answer. */
  async discard(): Promise<void> {
    const begun = [this.#running?.writer, ...this.#files.map(({ file }) => file)];
    this.#running = undefined;
    await Promise.all(begun.map((each) => each?.discard().catch(() => undefined)));
  }
}

function tooLarge(why: string): ConnectorFailure {
  return new ConnectorFailure('ANSWER_TOO_LARGE', why);
}

function noRoom(cause: unknown): never {
  if (!(cause instanceof StoreFull)) throw cause;
  throw new ConnectorFailure('NODE_ERROR', 'no room in the file store', { cause });
}
