import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  type FtpAccount,
  type FtpEntry,
  type FtpHost,
  FtpRefusal,
  type FtpUpload,
} from '../../src/ftp/host.ts';
import type { FtpPath } from '../../src/ftp/paths.ts';

export const user = 'is-agency';
export const password = 'pass word-пароль';

/** A host of one user over a folder of the test. */
export class FolderHost implements FtpHost {
  readonly root: string;
  /** Octets that fit in all. */
  room = Number.POSITIVE_INFINITY;
  /** What happened to uploads, in order. */
  readonly ends: string[] = [];
  /** Uploads that were begun and not ended. */
  open = 0;
  logins = 0;
  /** Octets on disk, of all uploads. */
  written = 0;
  /** Before each write of octets. */
  slow: () => Promise<void> = async () => undefined;

  constructor(root: string) {
    this.root = root;
  }

  async login(name: string, secret: string): Promise<FtpAccount | undefined> {
    this.logins += 1;
    return name === user && secret === password ? new FolderAccount(this) : undefined;
  }
}

class FolderAccount implements FtpAccount {
  readonly #host: FolderHost;

  constructor(host: FolderHost) {
    this.#host = host;
  }

  async stat(path: FtpPath): Promise<FtpEntry | undefined> {
    try {
      const found = await stat(this.#place(path));
      const kind = found.isDirectory() ? 'folder' : 'file';
      const size = kind === 'file' ? found.size : 0;
      return { kind, name: path.at(-1) ?? '', size, modifiedAt: found.mtimeMs };
    } catch {
      return undefined;
    }
  }

  async list(path: FtpPath): Promise<readonly FtpEntry[]> {
    const names = await refused(readdir(this.#place(path)));
    const entries = await Promise.all(
      names.sort().map((name) => this.stat([...path, name] as readonly string[] as FtpPath)),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  async makeFolder(path: FtpPath): Promise<void> {
    await refused(mkdir(this.#place(path)));
  }

  async removeFolder(path: FtpPath): Promise<void> {
    await refused(rmdir(this.#place(path)));
  }

  async removeFile(path: FtpPath): Promise<void> {
    await refused(unlink(this.#place(path)));
  }

  async rename(from: FtpPath, to: FtpPath): Promise<void> {
    await refused(rename(this.#place(from), this.#place(to)));
  }

  async read(path: FtpPath, from: number): Promise<Readable> {
    const present = await this.stat(path);
    if (present?.kind !== 'file') throw new FtpRefusal('absent', 'нет файла / no such file');
    if (from > present.size) throw new FtpRefusal('offset', 'за концом / beyond the end');
    // Another connection may remove it before a stream has opened it.
    const file = await refused(open(this.#place(path), 'r'));
    return file.createReadStream({ start: from });
  }

  async write(path: FtpPath, from: number): Promise<FtpUpload> {
    const size = (await this.stat(path))?.size ?? 0;
    if (from > size) throw new FtpRefusal('offset', 'за концом / beyond the end');
    const place = this.#place(path);
    if (from > 0) await truncate(place, from);
    const file = await refused(open(place, from > 0 ? 'r+' : 'w'));
    this.#host.open += 1;
    return new FolderUpload(this.#host, file, basename(place), from);
  }

  #place(path: FtpPath): string {
    return join(this.#host.root, ...path);
  }
}

class FolderUpload implements FtpUpload {
  readonly #host: FolderHost;
  readonly #file: FileHandle;
  readonly #name: string;
  #at: number;

  constructor(host: FolderHost, file: FileHandle, name: string, at: number) {
    this.#host = host;
    this.#file = file;
    this.#name = name;
    this.#at = at;
  }

  async write(octets: Uint8Array): Promise<void> {
    await this.#host.slow();
    if (octets.byteLength > this.#host.room) throw new FtpRefusal('no-space', 'нет места / full');
    this.#host.room -= octets.byteLength;
    await this.#file.write(octets, 0, octets.byteLength, this.#at);
    this.#at += octets.byteLength;
    this.#host.written += octets.byteLength;
  }

  finish(): Promise<void> {
    return this.#end('finished');
  }

  abort(): Promise<void> {
    return this.#end('aborted');
  }

  async #end(how: string): Promise<void> {
    await this.#file.close();
    this.#host.open -= 1;
    this.#host.ends.push(`${how} ${this.#name} at ${this.#at}`);
  }
}

async function refused<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw new FtpRefusal(code === 'EEXIST' ? 'exists' : 'absent', code);
  }
}
