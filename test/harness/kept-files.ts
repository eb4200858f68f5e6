import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../../src/store/database.ts';

/** How what a file store holds differs from what its database names; keys of files. */
export interface StoreDifferences {
  /** Begun and not kept. */
  readonly unfinished: readonly string[];
  /** Kept, and no row names them. */
  readonly unnamed: readonly string[];
  /** Named as not wiped, and not there. */
  readonly lost: readonly string[];
}

export const noDifferences: StoreDifferences = { unfinished: [], unnamed: [], lost: [] };

/** @param folder of the file store, `files` in the data folder by default */
export async function storeDifferences(
  folder: string,
  databaseUrl: string,
): Promise<StoreDifferences> {
  const database = openDatabase(databaseUrl);
  try {
    const rows = await database.kysely
      .selectFrom('attachment')
      .select('file_key')
      .where('wiped_at', 'is', null)
      .execute();
    const named = new Set(rows.map(({ file_key }) => file_key));
    const kept = await namesIn(join(folder, 'kept'), 2);
    return {
      unfinished: await namesIn(join(folder, 'new'), 1),
      unnamed: kept.filter((key) => !named.has(key)),
      lost: [...named].filter((key) => !kept.includes(key)),
    };
  } finally {
    await database.close();
  }
}

/** Looks until there is no difference, or a second has passed: what is refused is removed after its answer. */
export async function settledDifferences(
  folder: string,
  databaseUrl: string,
): Promise<StoreDifferences> {
  const until = Date.now() + 1000;
  for (;;) {
    const found = await storeDifferences(folder, databaseUrl);
    if (Object.values(found).every(({ length }) => length === 0)) return found;
    if (Date.now() > until) return found;
    await wait(20);
  }
}

async function namesIn(folder: string, depth: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  if (depth === 1) return names;
  const below = await Promise.all(names.map((name) => namesIn(join(folder, name), depth - 1)));
  return below.flat();
}
