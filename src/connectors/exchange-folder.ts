import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { messageIdTime } from '../smev/message-id.ts';
import { ConnectorFailure, type FailureCode } from './failure.ts';

/** Folders that the node and the agency share; .sent is the node's own. */
const parts = ['out', 'in', 'archive', 'error', '.sent'] as const;
type Part = (typeof parts)[number];

/** The folder is not there, or not for us: so is the agency behind it. */
const away = new Set([
  ...['EACCES', 'EHOSTDOWN', 'EIO', 'ENODEV', 'ENOENT', 'ENOTCONN', 'ENOTDIR', 'EPERM', 'EROFS'],
  ...['ESTALE', 'ETIMEDOUT'],
]);
/** File systems that keep no order of names have no fsync for folders. */
const noFolderSync = new Set(['EINVAL', 'EISDIR', 'ENOSYS', 'ENOTSUP', 'EPERM']);

/** What a file was when it was read. */
interface Seen {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}

export type Reading =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly seen: Seen }
  | { readonly kind: 'gone' }
  | { readonly kind: 'irregular' }
  | { readonly kind: 'large' };

/**
 * A folder through which the node and an agency exchange files. Whatever appears in it under a name
 * without a leading dot is complete: it was written under another name, synced, and renamed.
 *
 * Every method throws what node:fs throws; failureOf says what that means for a delivery.
 */
export class ExchangeFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  path(part: Part, ...names: readonly string[]): string {
    return join(this.root, part, ...names);
  }

  /**
   * Makes the folders where they are missing. The root itself is never made: where it is missing, a
   * disk is not mounted.
   */
  async prepare(): Promise<void> {
    if (!(await stat(this.root)).isDirectory()) throw failure('ENOTDIR', this.root);
    for (const part of parts) {
      const path = this.path(part);
      await mkdir(path).catch(unless('EEXIST'));
      // A link would lead the node's files to wherever its maker wants them.
      if (!(await lstat(path)).isDirectory()) throw failure('ENOTDIR', path);
    }
  }

  /** Writes and removes a file in each of the folders. */
  async tryWriting(): Promise<void> {
    for (const part of parts) {
      const path = this.path(part, `.probe-${nonce()}.tmp`);
      await writeSynced(path, Buffer.alloc(1));
      await unlink(path);
    }
  }

  /** Puts a whole file where nobody has seen a part of it; what was there is replaced. */
  async put(part: Part, name: string, bytes: Uint8Array): Promise<void> {
    const folder = this.path(part);
    const temporary = join(folder, `.${name}.${nonce()}.part`);
    try {
      await writeSynced(temporary, bytes);
      await rename(temporary, join(folder, name));
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolder(folder);
  }

  /** Renames within the shared folder; false where the source was gone. */
  async move(from: string, toFolder: string, name: string): Promise<boolean> {
    const free = await freeName(toFolder, name);
    try {
      await rename(from, join(toFolder, free));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' && !(await exists(from))) return false;
      throw error;
    }
    await syncFolder(toFolder);
    await syncFolder(join(from, '..'));
    return true;
  }

  /**
   * A folder of the day that the MessageID names, UTC: so it is found again without a search.
   *
   * @throws ConnectorFailure NOT_SENT for what is no MessageID
   */
  async dayFolder(part: 'archive' | '.sent', messageId: string): Promise<string> {
    const path = this.path(part, dayOf(messageId));
    const made = await mkdir(path).then(() => true, unless('EEXIST'));
    if (made === true) await syncFolder(this.path(part));
    return path;
  }
}

function dayOf(messageId: string): string {
  const time = messageIdTime(messageId);
  if (time === undefined) throw new ConnectorFailure('NOT_SENT', 'the MessageID is no UUID');
  return new Date(time).toISOString().slice(0, 10);
}

/** Reads a regular file of at most so many bytes; follows no link and waits for no pipe. */
export async function readRegular(path: string, bytesMax: number): Promise<Reading> {
  try {
    if (!(await lstat(path)).isFile()) return { kind: 'irregular' };
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(path, flags);
    try {
      const { ino, size, mtimeMs } = await file.stat();
      if (size > bytesMax) return { kind: 'large' };
      const bytes = Buffer.alloc(size + 1);
      let filled = 0;
      for (;;) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
        filled += bytesRead;
        if (filled > size || bytesRead === 0) break;
      }
      // It changes: it was not renamed into place. It is whole at another look.
      if (filled !== size) return { kind: 'gone' };
      return { kind: 'read', bytes: bytes.subarray(0, filled), seen: { ino, size, mtimeMs } };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'gone' };
    if (codeOf(error) === 'ELOOP') return { kind: 'irregular' };
    throw error;
  }
}

/** Whether the name still stands for the file that was read. */
export async function isStill(path: string, { ino, size, mtimeMs }: Seen): Promise<boolean> {
  const now = await lstat(path).catch(unless('ENOENT'));
  return now?.ino === ino && now.size === size && now.mtimeMs === mtimeMs;
}

export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(unless('ENOENT'))) !== undefined;
}

/** Makes an empty file and syncs it and its folder; whether it was there before does not matter. */
export async function mark(folder: string, name: string): Promise<void> {
  const file = await open(join(folder, name), 'a');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(folder);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    if (!noFolderSync.has(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}

/** A new file, on disk once this resolves. */
export async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function freeName(folder: string, name: string): Promise<string> {
  return (await exists(join(folder, name))) ? `${nonce()}.${name}` : name;
}

export function nonce(): string {
  return randomBytes(6).toString('hex');
}

export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** For catch: undefined for this code, and everything else is thrown again. */
export function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (codeOf(error) !== code) throw error;
    return undefined;
  };
}

/** What an error of the file system means for a delivery. */
export function failureOf(error: unknown, root: string): ConnectorFailure {
  if (error instanceof ConnectorFailure) return error;
  return failure(codeOf(error), root, error);
}

function failure(code: string, path: string, cause?: unknown): ConnectorFailure {
  const row: FailureCode = away.has(code) ? 'UNREACHABLE' : 'NODE_ERROR';
  return new ConnectorFailure(row, `${path}: ${code === '' ? 'failed' : code}`, { cause });
}
