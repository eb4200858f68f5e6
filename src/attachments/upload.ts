import type { FileHandle } from 'node:fs/promises';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { RunningDigest } from './digester.ts';

/** A file that an information system uploaded and no message has taken yet. */
export interface Upload {
  readonly name: string;
  readonly size: number;
  /** On the local disk. */
  readonly path: string;
  digests(hashes: readonly ContentHash[]): Promise<ReadonlyMap<ContentHash, Uint8Array>>;
  /** Whether it is the file that was found, and nothing was written to it since. */
  isStill(): Promise<boolean>;
  /** Removes it with its folder. */
  forget(): Promise<void>;
}

/** Where messages find what was uploaded for them. */
export interface UploadArea {
  /**
   * The one file in the folder `uuid` of an account, or the one of that name; undefined where there is
   * none, or it is being written.
   */
  find(account: string, uuid: string, name: string | undefined): Promise<Upload | undefined>;
}

/** A file or folder in an account. Times are ms UTC. */
export interface UploadEntry {
  readonly name: string;
  readonly size: number;
  readonly changedAt: number;
}

/** An upload that runs. */
export interface RunningUpload {
  write(octets: Uint8Array): Promise<void>;
  /** The file is whole and on disk once this resolves. */
  finish(): Promise<void>;
  /** Keeps what came, so that it can be resumed. */
  abort(): Promise<void>;
}

/** What an upload that runs is made of. */
export interface Begun {
  readonly uploaded: string;
  readonly partly: string;
  readonly file: FileHandle;
  readonly digest: RunningDigest;
  readonly at: number;
}

/** The digests of an upload, and by what it is known that they are still right. */
export interface Remembered {
  readonly size: number;
  readonly changedAt: number;
  readonly digests: ReadonlyMap<ContentHash, Uint8Array>;
}

/** Why an upload is not begun. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  readonly reason: 'absent' | 'busy' | 'too-large' | 'too-many' | 'name';

  constructor(reason: UploadRefused['reason'], text: string) {
    super(text);
    this.reason = reason;
  }
}

export interface UploadLimits {
  readonly fileBytesMax: number;
  readonly foldersMax: number;
  /**
   * A file that nobody has written to for so long is not being written; 0 where no other node writes
   * into the folder, so that what a process left when it died can be resumed at once.
   */
  readonly staleMs: number;
}

/** A folder is named by the UUID of the file in it (recommendations on SMEV 3.3). */
export const folderName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const nameBytesMax = 200;

/** @throws UploadRefused absent, name */
export function checkNames(uuid: string, name: string): void {
  if (!folderName.test(uuid)) throw new UploadRefused('absent', uuid);
  const wrong = name === '' || name === '.' || name === '..' || /[/\\\p{Cc}]/u.test(name);
  if (wrong || Buffer.byteLength(name) > nameBytesMax) {
    throw new UploadRefused('name', 'имя файла не годится / the file name will not do');
  }
}
