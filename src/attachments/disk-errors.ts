import { FileAbsent, StoreFull } from './file-store.ts';

/** What the disk says as what it means for the store; to be given to `catch`. @throws StoreFull */
export function noRoom(error: unknown): never {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') throw new StoreFull(String(code));
  throw error;
}

/** @throws FileAbsent */
export function absent(error: unknown): never {
  if (codeOf(error) === 'ENOENT') throw new FileAbsent('no file has this key');
  throw error;
}

/** Nothing where there is no such folder. */
export function none(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
  throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
