import type { Readable } from 'node:stream';

/** A file that is being written; nobody else sees it before it is kept. */
export interface NewFile {
  /** Appends; resolves when more may come. The octets must not change before it does. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes the file lasting under its key; it is once this resolves. Once.
   *
   * @param sha256 of its octets, lower-case hex: a store over a network refuses what arrives otherwise
   * @throws StoreFull, StoreAway
   */
  keep(sha256: string): Promise<void>;
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
   * @param sha256 as for `keep`
   * @throws FileAbsent, StoreFull, StoreAway
   */
  adopt(path: string, sha256: string): Promise<string>;
  /**
   * The octets from that place on; the stream may fail with StoreAway.
   *
   * @throws FileAbsent, StoreAway
   */
  read(key: string, from?: number): Promise<Readable>;
  /** Harmless where there is none. @throws StoreAway */
  remove(key: string): Promise<void>;
  /** Every file that was kept. @throws StoreAway */
  list(): AsyncIterable<StoredFile>;
  /** Removes what was begun before that time and never kept; tells how many files. ms UTC. */
  removeUnfinished(before: number): Promise<number>;
}

/** There is no room for more octets. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull';
}

/**
 * The store cannot be reached, or will not serve. The text is for the operator's log: no address of the
 * store and nothing secret is in it.
 */
export class StoreAway extends Error {
  override readonly name = 'StoreAway';
  /** 'refused' stays until somebody mends the settings; 'unreachable' may pass. */
  readonly kind: 'unreachable' | 'refused';

  constructor(kind: StoreAway['kind'], text: string) {
    super(text);
    this.kind = kind;
  }
}

/** No file has this key. */
export class FileAbsent extends Error {
  override readonly name = 'FileAbsent';
}
