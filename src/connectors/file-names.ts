import type { CarriedFile } from './carried-file.ts';

const bytesMax = 200;
/** What a detached signature is named by, beside its file. */
export const signatureEnding = '.p7s';

/**
 * A name for each file that any file system takes: no part of a path, no leading dot, at most 200 bytes
 * of UTF-8, no two alike for those that know no upper case. Neither is one the signature of another.
 */
export function namesOf<File extends Pick<CarriedFile, 'fileName' | 'name'>>(
  files: readonly File[],
): ReadonlyMap<File, string> {
  const used = new Set<string>();
  const names = new Map<File, string>();
  for (const file of files) {
    const safe = safeName(file.fileName ?? file.name);
    let free = safe;
    for (let n = 2; !isFree(free, used); n += 1) free = `${n}-${safe}`;
    used.add(free.toLowerCase()).add(`${free.toLowerCase()}${signatureEnding}`);
    names.set(file, free);
  }
  return names;
}

function isFree(name: string, used: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  return !used.has(lower) && !used.has(`${lower}${signatureEnding}`);
}

function safeName(name: string): string {
  let bare = name.normalize('NFC').replace(/[/\\:*?"<>|\p{C}]|^[.~]|[. ]$/gu, '_');
  // The ending tells what it is.
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(bare)?.[0] ?? '';
  let stem = bare.slice(0, bare.length - ending.length);
  while (Buffer.byteLength(bare) > bytesMax) {
    stem = [...stem].slice(0, -1).join('');
    bare = stem + ending;
  }
  return bare === '' ? '_' : bare;
}
