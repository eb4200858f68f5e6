import { type FileHandle, mkdir, open, opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { none, noRoom } from './disk-errors.ts';
import type { StoredFile } from './file-store.ts';

/** What a key looks like: 16 random octets. */
export const keyPattern = /^[0-9a-f]{32}$/;

/** Files that are being written, on the local disk as `new/KEY`, until a store keeps them. */
export class Spool {
  readonly #folder: string;
  readonly #random: (bytes: number) => Buffer;

  /** @param random that many random bytes */
  constructor(folder: string, random: (bytes: number) => Buffer) {
    this.#folder = join(folder, 'new');
    this.#random = random;
  }

  newKey(): string {
    return this.#random(16).toString('hex');
  }

  /** @throws StoreFull */
  async begin(): Promise<SpooledFile> {
    const key = this.newKey();
    const path = join(this.#folder, key);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 }).catch(noRoom);
    return new SpooledFile(key, path, await open(path, 'wx', 0o600).catch(noRoom));
  }

  /** Removes what was begun before that time, ms UTC; tells how many files. */
  async removeUnfinished(before: number): Promise<number> {
    let removed = 0;
    for await (const { key, changedAt } of filesIn(this.#folder)) {
      if (changedAt >= before) continue;
      await rm(join(this.#folder, key), { force: true });
      removed += 1;
    }
    return removed;
  }
}

/** A file in the spool. */
export class SpooledFile {
  readonly key: string;
  readonly path: string;
  readonly #file: FileHandle;
  #open = true;

  constructor(key: string, path: string, file: FileHandle) {
    this.key = key;
    this.path = path;
    this.#file = file;
  }

  /** @throws StoreFull */
  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; ) {
      const { bytesWritten } = await this.#file.write(chunk, at).catch(noRoom);
      at += bytesWritten;
    }
  }

  /** The octets are on disk once this resolves. @throws StoreFull */
  async sync(): Promise<void> {
    await this.#file.sync().catch(noRoom);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}

/** What a folder holds; nothing where there is none. */
export async function* entriesIn(folder: string): AsyncGenerator<{ readonly name: string }> {
  const found = await opendir(folder).catch(none);
  if (found !== undefined) yield* found;
}

/** Files by their keys; what goes in the meantime is left out. */
export async function* filesIn(folder: string): AsyncGenerator<StoredFile> {
  for await (const { name } of entriesIn(folder)) {
    if (!keyPattern.test(name)) continue;
    const found = await stat(join(folder, name)).catch(none);
    if (found !== undefined) yield { key: name, size: found.size, changedAt: found.ctimeMs };
  }
}
