import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { absent, noRoom } from './disk-errors.ts';
import { FileAbsent, type FileStore, type NewFile, type StoredFile } from './file-store.ts';
import { entriesIn, filesIn, keyPattern, Spool, type SpooledFile } from './spool.ts';

const chunkBytes = 64 * 1024;

/**
 * Files in a folder of the local disk, or of one that all nodes mount: `new/KEY` while they are written,
 * `kept/KE/KEY` afterwards. A rename makes them lasting, after the octets are on disk.
 */
export class LocalFiles implements FileStore {
  readonly #folder: string;
  readonly #spool: Spool;

  /** @param random that many random bytes */
  constructor(folder: string, random: (bytes: number) => Buffer) {
    this.#folder = folder;
    this.#spool = new Spool(folder, random);
  }

  async create(): Promise<NewFile> {
    const file = await this.#spool.begin();
    return {
      key: file.key,
      write: (chunk) => file.write(chunk),
      keep: () => moveOver(file, this.#kept(file.key)),
      discard: () => file.discard(),
    };
  }

  async adopt(path: string): Promise<string> {
    const key = this.#spool.newKey();
    const kept = this.#kept(key);
    await mkdir(dirname(kept), { recursive: true, mode: 0o700 }).catch(noRoom);
    await sync(path).catch(absent);
    await link(path, kept).catch(absent);
    await sync(dirname(kept));
    await sync(dirname(dirname(kept)));
    return key;
  }

  async read(key: string, from = 0): Promise<Readable> {
    const file = await open(this.#kept(key), 'r').catch(absent);
    return file.createReadStream({ start: from, highWaterMark: chunkBytes });
  }

  async remove(key: string): Promise<void> {
    await rm(this.#kept(key), { force: true });
  }

  async *list(): AsyncIterable<StoredFile> {
    for await (const { name: folder } of entriesIn(join(this.#folder, 'kept'))) {
      yield* filesIn(join(this.#folder, 'kept', folder));
    }
  }

  removeUnfinished(before: number): Promise<number> {
    return this.#spool.removeUnfinished(before);
  }

  #kept(key: string): string {
    if (!keyPattern.test(key)) throw new FileAbsent(key.slice(0, 40));
    return join(this.#folder, 'kept', key.slice(0, 2), key);
  }
}

async function moveOver(file: SpooledFile, kept: string): Promise<void> {
  await file.sync();
  await file.close();
  const folder = dirname(kept);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(noRoom);
  await rename(file.path, kept);
  await sync(folder);
  await sync(dirname(folder));
}

/** Of a file its octets; a name lasts once its folder is on disk too (fsync(2)). */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
