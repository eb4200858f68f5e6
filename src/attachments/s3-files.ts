import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { absent } from './disk-errors.ts';
import {
  FileAbsent,
  type FileStore,
  type NewFile,
  StoreAway,
  type StoredFile,
  StoreFull,
} from './file-store.ts';
import { type S3Bucket, S3Failure } from './s3-bucket.ts';
import { keyPattern, type Spool } from './spool.ts';

const usualPausesMs: readonly number[] = [200, 1000, 4000];
/** Ten million files. */
const pagesMax = 10_000;

/**
 * Files of accepted messages in a bucket of an S3 store, each an object of one PUT. While a file is
 * written it stands in the spool, on the local disk.
 */
export class S3Files implements FileStore {
  readonly #bucket: S3Bucket;
  readonly #spool: Spool;
  readonly #pausesMs: readonly number[];

  /** @param pausesMs before the second attempt, the third and so on */
  constructor(bucket: S3Bucket, spool: Spool, pausesMs = usualPausesMs) {
    this.#bucket = bucket;
    this.#spool = spool;
    this.#pausesMs = pausesMs;
  }

  async create(): Promise<NewFile> {
    const file = await this.#spool.begin();
    return {
      key: file.key,
      write: (chunk) => file.write(chunk),
      keep: async (sha256) => {
        await file.close();
        await this.#put(file.key, file.path, sha256);
        await file.discard();
      },
      discard: () => file.discard(),
    };
  }

  async adopt(path: string, sha256: string): Promise<string> {
    const key = this.#spool.newKey();
    await this.#put(key, path, sha256);
    return key;
  }

  async read(key: string, from = 0): Promise<Readable> {
    checkKey(key);
    try {
      return await this.#again(() => this.#bucket.get(key, from, told));
    } catch (error) {
      if (error instanceof S3Failure && error.meaning === 'beyond') return Readable.from([]);
      throw told(error);
    }
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    await this.#again(() => this.#bucket.delete(key)).catch((error: unknown) => {
      if (error instanceof S3Failure && error.meaning === 'absent') return;
      throw told(error);
    });
  }

  async *list(): AsyncIterable<StoredFile> {
    let from: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const { files, next } = await this.#again(() => this.#bucket.list(from)).catch(toldOf);
      yield* files;
      if (next === undefined) return;
      if (next === from) break;
      from = next;
    }
    throw new StoreAway('refused', 'S3 GET: a listing without an end');
  }

  removeUnfinished(before: number): Promise<number> {
    return this.#spool.removeUnfinished(before);
  }

  /**
   * Writes a file, lists, reads it and removes it, so that whatever is wrong with the settings or the
   * rights is known before a message needs them.
   *
   * @throws StoreAway, StoreFull
   */
  async prove(): Promise<void> {
    const octets = Buffer.from('mezhved');
    const file = await this.create();
    try {
      await file.write(octets);
      await file.keep(createHash('sha256').update(octets).digest('hex'));
      await this.#again(() => this.#bucket.list(undefined)).catch(toldOf);
      const came = await buffer(await this.read(file.key));
      if (!came.equals(octets)) throw new StoreAway('refused', 'S3 GET: other octets came back');
      await this.remove(file.key);
    } finally {
      await file.discard();
    }
  }

  /** Asks again, after longer and longer pauses, where that may help. */
  async #again<T>(ask: () => Promise<T>): Promise<T> {
    for (const ms of this.#pausesMs) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof S3Failure) || error.meaning !== 'again') throw error;
        await pause(ms);
      }
    }
    return ask();
  }

  async #put(key: string, path: string, sha256: string): Promise<void> {
    const { size } = await stat(path).catch(absent);
    await this.#again(() => this.#bucket.put(key, path, size, sha256)).catch((error: unknown) =>
      error instanceof S3Failure ? toldOf(error) : absent(error),
    );
  }
}

/** @throws FileAbsent for what is no key: it would name another object */
function checkKey(key: string): void {
  if (!keyPattern.test(key)) throw new FileAbsent(key.slice(0, 40));
}

function toldOf(error: unknown): never {
  throw told(error);
}

/** What happened in the words of the port. */
function told(error: unknown): Error {
  if (!(error instanceof S3Failure))
    return error instanceof Error ? error : new StoreAway('unreachable', 'S3: no error');
  const { meaning, message } = error;
  if (meaning === 'absent') return new FileAbsent(message);
  if (meaning === 'full') return new StoreFull(message);
  return new StoreAway(meaning === 'again' ? 'unreachable' : 'refused', message);
}
