import { zipSync } from 'fflate';
import type { SchemaFile } from '../set.ts';

/** A ZIP archive of files: the same files, in whatever order, give the same bytes. */
export function zipOf(files: readonly SchemaFile[]): Uint8Array {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const entries = Object.fromEntries(
    sorted.map(({ name, bytes }) => [name, Uint8Array.from(bytes)]),
  );
  // The first day that ZIP can say, in the time of this place, which is how ZIP says it.
  return zipSync(entries, { level: 9, mtime: new Date(1980, 0, 1) });
}
