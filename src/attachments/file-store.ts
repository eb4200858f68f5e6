import type { Readable } from 'node:stream';

/** A file that is being written; nobody else sees it before it is kept. */
export interface NewFile {
  /** Appends; resolves when more may come. The octets must not change before it does. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the file lasting under its key; it is on disk once this resolves. Once. */
  keep(): Promise<void>;
  /** Leaves nothing of it; harmless after `keep` failed, and a second time. */
  discard(): Promise<void>;
  readonly key: string;
}

/** A file as a listing shows it. Times are ms UTC. */
export interface StoredFile {
  readonly key: string;
  readonly size: number;
  readonly changedAt: number;
}

/**
 * Where the bytes of attachments are. A key is random lower-case hex; what a file belongs to is said by
 * the database alone, so a file that no row names is an orphan.
 */
export interface FileStore {
  /** @throws StoreFull when the disk has no room */
  create(): Promise<NewFile>;
  /**
   * Keeps a whole file of the local disk under a new key; the file itself stays. It may not be written
   * to any more.
   *
   * @throws FileAbsent, StoreFull
   */
  adopt(path: string): Promise<string>;
  /**
   * The octets from that place on.
   *
   * @throws FileAbsent
   */
  read(key: string, from?: number): Promise<Readable>;
  /** Harmless where there is none. */
  remove(key: string): Promise<void>;
  /** Every file that was kept. */
  list(): AsyncIterable<StoredFile>;
  /** Removes what was begun before that time and never kept; tells how many files. ms UTC. */
  removeUnfinished(before: number): Promise<number>;
}

/** There is no room for more octets. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull';
}

/** No file has this key. */
export class FileAbsent extends Error {
  override readonly name = 'FileAbsent';
}
