import { createHash, type Hash } from 'node:crypto';
import type { FileStore, NewFile } from './file-store.ts';

/** A part of a message in the store, begun there and not kept yet. Sizes in bytes. */
export interface Part {
  readonly contentId: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly file: NewFile;
}

/** Takes the octets of one part as they arrive, and holds none of them. */
export class PartWriter {
  readonly #contentId: string;
  readonly #file: NewFile;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  private constructor(contentId: string, file: NewFile) {
    this.#contentId = contentId;
    this.#file = file;
  }

  /** @throws StoreFull */
  static async begin(store: Pick<FileStore, 'create'>, contentId: string): Promise<PartWriter> {
    return new PartWriter(contentId, await store.create());
  }

  /** @throws StoreFull */
  async write(octets: Uint8Array): Promise<void> {
    this.#hash.update(octets);
    this.#size += octets.byteLength;
    await this.#file.write(octets);
  }

  end(): Part {
    return {
      contentId: this.#contentId,
      size: this.#size,
      sha256: this.#hash.digest('hex'),
      file: this.#file,
    };
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** Octets that came in one piece, as a part. @throws StoreFull */
export async function partOf(
  store: FileStore,
  contentId: string,
  octets: Uint8Array,
): Promise<Part> {
  const writer = await PartWriter.begin(store, contentId);
  try {
    await writer.write(octets);
    return writer.end();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
