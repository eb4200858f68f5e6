import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { Digester } from './digester.ts';
import { noRoom } from './disk-errors.ts';
import {
  type Begun,
  checkNames,
  folderName,
  type Remembered,
  type RunningUpload,
  type Upload,
  type UploadArea,
  type UploadEntry,
  type UploadLimits,
  UploadRefused,
} from './upload.ts';

// What most messages ask for; they are computed while the octets come.
const usual: readonly ContentHash[] = ['sha256', 'streebog256'];
const rememberedMax = 1000;

/**
 * The accounts of the file store, one a system: `uploads/ACCOUNT/UUID/NAME`. While a file is written it
 * stands under `writing/` instead, so that no message takes what is not whole; a rename brings it over.
 */
export class Uploads implements UploadArea {
  readonly #folder: string;
  readonly #limits: UploadLimits;
  readonly #digester: Digester;
  readonly #now: () => number;
  readonly #writing = new Set<string>();
  readonly #remembered = new Map<string, Remembered>();

  constructor(folder: string, limits: UploadLimits, digester: Digester, now: () => number) {
    this.#folder = folder;
    this.#limits = limits;
    this.#digester = digester;
    this.#now = now;
  }

  async find(account: string, uuid: string, name: string | undefined): Promise<Upload | undefined> {
    if (!folderName.test(uuid)) return undefined;
    const names = await readdir(join(this.#folder, 'uploads', account, uuid)).catch(() => []);
    const [only, ...others] = name === undefined ? names : names.filter((each) => each === name);
    if (only === undefined || others.length > 0) return undefined;
    const path = this.#uploaded(account, uuid, only);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) return undefined;
    return {
      name: only,
      size: found.size,
      path,
      digests: (hashes) => this.#digests(path, hashes),
      isStill: async () => {
        const now = await stat(path).catch(() => undefined);
        return now?.ino === found.ino && now.size === found.size && now.mtimeMs === found.mtimeMs;
      },
      forget: async () => {
        this.#remembered.delete(path);
        await rm(dirname(path), { recursive: true, force: true });
        await rmdir(dirname(this.#partly(account, uuid, only))).catch(() => undefined);
      },
    };
  }

  /** @throws UploadRefused */
  async makeFolder(account: string, uuid: string): Promise<void> {
    if (!folderName.test(uuid)) {
      throw new UploadRefused(
        'name',
        'имя папки — UUID файла / a folder is named by the UUID of its file',
      );
    }
    const own = join(this.#folder, 'uploads', account);
    await mkdir(own, { recursive: true, mode: 0o700 }).catch(noRoom);
    const present = await readdir(own);
    if (!present.includes(uuid) && present.length >= this.#limits.foldersMax) {
      throw new UploadRefused(
        'too-many',
        `папок больше ${this.#limits.foldersMax} / too many folders`,
      );
    }
    await mkdir(join(own, uuid), { mode: 0o700 }).catch(noRoom);
  }

  /** Folders of an account; or files in one of them, undefined where there is no such folder. */
  async list(account: string, uuid?: string): Promise<UploadEntry[] | undefined> {
    if (uuid === undefined) return this.#entries(join(this.#folder, 'uploads', account));
    if (!folderName.test(uuid)) return undefined;
    const whole = await this.#entries(join(this.#folder, 'uploads', account, uuid));
    const parts = await this.#entries(join(this.#folder, 'writing', account, uuid));
    const names = new Set(whole?.map(({ name }) => name));
    return whole && [...whole, ...(parts ?? []).filter(({ name }) => !names.has(name))];
  }

  /** Removes a folder of an account with nothing in it. @throws UploadRefused */
  async removeFolder(account: string, uuid: string): Promise<void> {
    if (!folderName.test(uuid)) throw new UploadRefused('absent', uuid);
    await rm(join(this.#folder, 'writing', account, uuid), { recursive: true, force: true });
    await rmdir(join(this.#folder, 'uploads', account, uuid));
  }

  /** @throws UploadRefused */
  async removeFile(account: string, uuid: string, name: string): Promise<void> {
    checkNames(uuid, name);
    const path = this.#uploaded(account, uuid, name);
    if (this.#writing.has(path)) throw new UploadRefused('busy', name);
    await rm(this.#partly(account, uuid, name), { force: true });
    await rm(path);
  }

  /** The octets on disk, whole or not, from that place. @throws UploadRefused absent */
  async open(account: string, uuid: string, name: string): Promise<FileHandle> {
    checkNames(uuid, name);
    for (const path of [this.#uploaded(account, uuid, name), this.#partly(account, uuid, name)]) {
      const file = await open(path, 'r').catch(() => undefined);
      if (file !== undefined) return file;
    }
    throw new UploadRefused('absent', name);
  }

  /**
   * Begins to write a file, or goes on after its first `from` octets.
   *
   * @throws UploadRefused
   */
  async write(account: string, uuid: string, name: string, from: number): Promise<RunningUpload> {
    checkNames(uuid, name);
    const uploaded = this.#uploaded(account, uuid, name);
    const partly = this.#partly(account, uuid, name);
    if ((await stat(dirname(uploaded)).catch(() => undefined)) === undefined) {
      throw new UploadRefused('absent', `сначала MKD ${uuid} / MKD it first`);
    }
    if (this.#writing.has(uploaded)) throw new UploadRefused('busy', name);
    this.#writing.add(uploaded);
    try {
      await mkdir(dirname(partly), { recursive: true, mode: 0o700 }).catch(noRoom);
      await this.#refuseOthers(partly, name);
      const file = await this.#begin(uploaded, partly, from);
      const digest = this.#digester.begin(usual);
      if (from > 0) {
        await digest.updateFromFile(partly, from).catch(async (error: unknown) => {
          await file.close();
          throw error;
        });
      }
      return this.#running({ uploaded, partly, file, digest, at: from });
    } catch (error) {
      this.#writing.delete(uploaded);
      throw error;
    }
  }

  /** Another node may be writing the same file: then it has just been written to. */
  async #refuseOthers(partly: string, name: string): Promise<void> {
    if (this.#limits.staleMs === 0) return;
    const found = await stat(partly).catch(() => undefined);
    if (found === undefined || this.#now() - found.mtimeMs > this.#limits.staleMs) return;
    throw new UploadRefused('busy', `${name}: ещё пишется / still being written`);
  }

  async #begin(uploaded: string, partly: string, from: number): Promise<FileHandle> {
    if (from === 0) {
      await rm(uploaded, { force: true });
      await rm(partly, { force: true });
      return open(partly, 'wx', 0o600).catch(noRoom);
    }
    await rename(uploaded, partly).catch(() => undefined);
    const file = await open(partly, 'r+').catch(() => {
      throw new UploadRefused('absent', 'нечего продолжать / there is nothing to resume');
    });
    const { size, nlink } = await file.stat();
    if (from <= size && nlink === 1) {
      await file.truncate(from);
      return file;
    }
    await file.close();
    await rename(partly, uploaded).catch(() => undefined);
    throw new UploadRefused('absent', `на диске ${size} / ${size} octets are here`);
  }

  #running(begun: Begun): RunningUpload {
    const { uploaded, partly, file, digest } = begun;
    let at = begun.at;
    const end = async () => {
      await file.sync().catch(noRoom);
      const { size, mtimeMs } = await file.stat();
      await file.close();
      await rename(partly, uploaded);
      return { size, changedAt: mtimeMs };
    };
    return {
      write: async (octets) => {
        if (at + octets.byteLength > this.#limits.fileBytesMax) {
          throw new UploadRefused(
            'too-large',
            `больше ${this.#limits.fileBytesMax} / larger than that`,
          );
        }
        for (let done = 0; done < octets.byteLength; ) {
          const left = octets.subarray(done);
          done += (await file.write(left, 0, left.byteLength, at + done).catch(noRoom))
            .bytesWritten;
        }
        at += octets.byteLength;
        await digest.update(octets);
      },
      finish: async () => {
        try {
          const digests = await digest.finish();
          this.#remember(uploaded, { ...(await end()), digests });
        } finally {
          this.#writing.delete(uploaded);
        }
      },
      abort: async () => {
        digest.drop();
        await end()
          .catch(() => file.close())
          .finally(() => this.#writing.delete(uploaded));
      },
    };
  }

  #remember(path: string, remembered: Remembered): void {
    const [first] = this.#remembered.keys();
    if (this.#remembered.size >= rememberedMax && first !== undefined)
      this.#remembered.delete(first);
    this.#remembered.set(path, remembered);
  }

  async #digests(
    path: string,
    hashes: readonly ContentHash[],
  ): Promise<ReadonlyMap<ContentHash, Uint8Array>> {
    const { size, mtimeMs } = await stat(path);
    const known = this.#remembered.get(path);
    const isSame = known?.size === size && known.changedAt === mtimeMs;
    if (isSame && hashes.every((hash) => known.digests.has(hash))) return known.digests;
    const digest = this.#digester.begin(hashes);
    try {
      await digest.updateFromFile(path, size);
      return await digest.finish();
    } finally {
      digest.drop();
    }
  }

  /** Removes the folders that nothing was written to since, ms UTC; tells how many. */
  async removeAbandoned(before: number): Promise<number> {
    let removed = 0;
    for (const place of ['uploads', 'writing']) {
      const accounts = (await this.#entries(join(this.#folder, place))) ?? [];
      for (const { name } of accounts)
        removed += await this.#removeOld(join(this.#folder, place, name), before);
    }
    return removed;
  }

  async #removeOld(account: string, before: number): Promise<number> {
    let removed = 0;
    for (const { name, changedAt } of (await this.#entries(account)) ?? []) {
      const files = (await this.#entries(join(account, name))) ?? [];
      const latest = Math.max(changedAt, ...files.map((file) => file.changedAt));
      if (latest >= before) continue;
      await rm(join(account, name), { recursive: true, force: true });
      removed += 1;
    }
    return removed;
  }

  async #entries(folder: string): Promise<UploadEntry[] | undefined> {
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) return undefined;
    const found = await Promise.all(
      names.map(async (name) => {
        const entry = await stat(join(folder, name)).catch(() => undefined);
        return entry && [{ name, size: entry.size, changedAt: entry.mtimeMs }];
      }),
    );
    return found.flatMap((entry) => entry ?? []);
  }

  #uploaded(account: string, uuid: string, name: string): string {
    return join(this.#folder, 'uploads', account, uuid, name);
  }

  #partly(account: string, uuid: string, name: string): string {
    return join(this.#folder, 'writing', account, uuid, name);
  }
}
