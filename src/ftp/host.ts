import type { Readable } from 'node:stream';
import type { Millis } from '../clock.ts';
import type { FtpPath } from './paths.ts';

/** Who the server serves for: it knows users, rights and where bytes go. */
export interface FtpHost {
  /**
   * @param peer the IP address of the client
   * @returns undefined where the user or the password is wrong
   */
  login(user: string, password: string, peer: string): Promise<FtpAccount | undefined>;
}

export interface FtpEntry {
  readonly kind: 'file' | 'folder';
  readonly name: string;
  /** Octets; 0 for a folder. */
  readonly size: number;
  readonly modifiedAt: Millis;
}

/** What one user sees and may do. Each method throws FtpRefusal where it will not. */
export interface FtpAccount {
  /** undefined where there is nothing; the root is a folder. */
  stat(path: FtpPath): Promise<FtpEntry | undefined>;
  list(path: FtpPath): Promise<readonly FtpEntry[]>;
  makeFolder(path: FtpPath): Promise<void>;
  removeFolder(path: FtpPath): Promise<void>;
  removeFile(path: FtpPath): Promise<void>;
  /** Absent where nothing may be renamed. */
  rename?(from: FtpPath, to: FtpPath): Promise<void>;
  /** The octets of a file from an offset on; `offset` is refused beyond its size. */
  read(path: FtpPath, from: number): Promise<Readable>;
  /**
   * Begins a file anew (from 0), or goes on where `from` octets of it are present: what stands behind
   * them is dropped; `offset` is refused beyond its size.
   */
  write(path: FtpPath, from: number): Promise<FtpUpload>;
}

/**
 * A file that is being written. One call at a time; it ends with `finish` or `abort`, whichever is called,
 * and also where that one fails.
 */
export interface FtpUpload {
  /** Resolves when the next octets may come, so that no more than these are held. */
  write(octets: Uint8Array): Promise<void>;
  /** The file is whole: resolves when it is kept for good. */
  finish(): Promise<void>;
  /** No more will come: what came is kept so that it can be resumed. */
  abort(): Promise<void>;
}

export type FtpRefusalKind =
  | 'absent'
  | 'exists'
  | 'forbidden'
  | 'no-space'
  | 'too-large'
  | 'busy'
  | 'name'
  | 'offset';

/** The host will not; the kind gives the code of the reply. */
export class FtpRefusal extends Error {
  override readonly name = 'FtpRefusal';
  readonly kind: FtpRefusalKind;

  /** @param text for the client, in Russian and in English; nothing internal */
  constructor(kind: FtpRefusalKind, text: string) {
    super(text);
    this.kind = kind;
  }
}
