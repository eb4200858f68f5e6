import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { TokenFailure } from './failures.ts';

/** Where the PIN is, and where it is noted that the token refused it. */
export interface PinFiles {
  readonly pinFile: string;
  /** Outlives the process: whoever starts it again and again would lock the token. */
  readonly refusedFile: string;
}

const pinBytesMax = 1024;

/**
 * The PIN of the file; one line end behind it is not of it.
 *
 * @throws TokenFailure where it cannot be read, or the token refused what is in it before
 */
export function readPin({ pinFile, refusedFile }: PinFiles): string {
  const stamp = stampOf(pinFile);
  if (noted(refusedFile, stamp)) {
    throw new TokenFailure(
      'pin',
      `токен уже не принял PIN из ${pinFile}: запишите верный / the token refused the PIN of ${pinFile} before: write the right one`,
    );
  }
  const pin = readOr(pinFile)?.replace(/\r?\n$/, '') ?? '';
  if (pin === '') throw new TokenFailure('pin', `файл пуст / the file is empty: ${pinFile}`);
  return pin;
}

/** Notes that this very file was refused: written anew it may be tried again. */
export function noteRefused({ pinFile, refusedFile }: PinFiles): void {
  try {
    // It holds no secret, and another user may have to read it.
    writeFileSync(refusedFile, stampOf(pinFile), { mode: 0o644 });
  } catch {
    // Without the note the token is asked once more by the next process, and no sooner.
  }
}

export function noteTaken({ refusedFile }: PinFiles): void {
  rmSync(refusedFile, { force: true });
}

/** One that is there and cannot be read speaks against the PIN: a try would cost more. */
function noted(refusedFile: string, stamp: string): boolean {
  const note = readOr(refusedFile);
  return note === undefined ? existsSync(refusedFile) : note === stamp;
}

function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size > pinBytesMax) {
    throw new TokenFailure('pin', `файл не читается / cannot be read: ${file}`);
  }
  return `${file} ${found.ino} ${found.mtimeMs} ${found.size}`;
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
