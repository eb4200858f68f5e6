import { type FileHandle, link, mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { absent, none, noRoom } from './disk-errors.ts';
import { FileAbsent, type FileStore, type NewFile, type StoredFile } from './file-store.ts';

const keyPattern = /^[0-9a-f]{32}$/;
const chunkBytes = 64 * 1024;

/**
 * Files in a folder of the local disk, or of one that all nodes mount: `new/KEY` while they are written,
 * `kept/KE/KEY` afterwards. A rename makes them lasting, after the octets are on disk.
 */
export class LocalFiles implements FileStore {
  readonly #folder: string;
  readonly #random: (bytes: number) => Buffer;

  /** @param random that many random bytes */
  constructor(folder: string, random: (bytes: number) => Buffer) {
    this.#folder = folder;
    this.#random = random;
  }

  async create(): Promise<NewFile> {
    const key = this.#random(16).toString('hex');
    const path = join(this.#folder, 'new', key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return new LocalFile(key, path, this.#kept(key), await open(path, 'wx', 0o600).catch(noRoom));
  }

  async adopt(path: string): Promise<string> {
    const key = this.#random(16).toString('hex');
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
    for await (const { name: folder } of entries(join(this.#folder, 'kept'))) {
      yield* files(join(this.#folder, 'kept', folder));
    }
  }

  async removeUnfinished(before: number): Promise<number> {
    const folder = join(this.#folder, 'new');
    let removed = 0;
    for await (const { key, changedAt } of files(folder)) {
      if (changedAt >= before) continue;
      await rm(join(folder, key), { force: true });
      removed += 1;
    }
    return removed;
  }

  #kept(key: string): string {
    if (!keyPattern.test(key)) throw new FileAbsent(key.slice(0, 40));
    return join(this.#folder, 'kept', key.slice(0, 2), key);
  }
}

class LocalFile implements NewFile {
  readonly key: string;
  readonly #path: string;
  readonly #keptPath: string;
  readonly #file: FileHandle;
  #open = true;

  constructor(key: string, path: string, keptPath: string, file: FileHandle) {
    this.key = key;
    this.#path = path;
    this.#keptPath = keptPath;
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const { bytesWritten } = await this.#file.write(chunk, at).catch(noRoom);
      at += bytesWritten;
    }
  }

  async keep(): Promise<void> {
    await this.#file.sync().catch(noRoom);
    await this.#close();
    const folder = dirname(this.#keptPath);
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch(noRoom);
    await rename(this.#path, this.#keptPath);
    await sync(folder);
    await sync(dirname(folder));
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
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

async function* entries(folder: string): AsyncGenerator<{ readonly name: string }> {
  const found = await opendir(folder).catch(none);
  if (found !== undefined) yield* found;
}

/** Files by their keys; what goes in the meantime is left out. */
async function* files(folder: string): AsyncGenerator<StoredFile> {
  for await (const { name } of entries(folder)) {
    if (!keyPattern.test(name)) continue;
    const found = await stat(join(folder, name)).catch(none);
    if (found !== undefined) yield { key: name, size: found.size, changedAt: found.ctimeMs };
  }
}
