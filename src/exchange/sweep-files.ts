import type { FileStore } from '../attachments/file-store.ts';
import type { Database } from '../store/database.ts';
import type { ExchangeContext } from './context.ts';

type SweepContext = Pick<ExchangeContext, 'clock' | 'database' | 'files'>;

/**
 * Removes the octets that nobody waits for and that were kept as long as their type says. The rows stay:
 * the journal and they tell which octets there were.
 *
 * @returns how many files went
 */
export async function wipeFiles(
  { clock, database, files }: SweepContext,
  atMost = 100,
): Promise<number> {
  const now = clock.now();
  const due = await database.kysely
    .selectFrom('attachment')
    .select('file_key')
    .where('wiped_at', 'is', null)
    .where('wipe_at', '<=', now)
    .limit(atMost)
    .execute();
  for (const { file_key: key } of due) {
    await files.remove(key);
    await database.kysely
      .updateTable('attachment')
      .set({ wiped_at: now })
      .where('file_key', '=', key)
      .execute();
  }
  return due.length;
}

/** A file is kept before its message is recorded; a message that takes half of this is refused. */
export const orphanAfterMs = 3_600_000;
const asked = 200;

/**
 * Removes files that no message came of: a node died between keeping a file and recording its message,
 * or while a part arrived.
 *
 * @returns how many files went
 */
export async function removeOrphans(context: SweepContext): Promise<number> {
  const { clock, files } = context;
  const before = clock.now() - orphanAfterMs;
  let removed = await files.removeUnfinished(before);
  let keys: string[] = [];
  for await (const { key, changedAt } of files.list()) {
    if (changedAt < before) keys.push(key);
    if (keys.length < asked) continue;
    removed += await removeUnknown(context.database, files, keys);
    keys = [];
  }
  return removed + (await removeUnknown(context.database, files, keys));
}

async function removeUnknown(
  { kysely }: Database,
  files: FileStore,
  keys: readonly string[],
): Promise<number> {
  if (keys.length === 0) return 0;
  const known = await kysely
    .selectFrom('attachment')
    .select('file_key')
    .where('file_key', 'in', keys)
    .execute();
  const named = new Set(known.map(({ file_key }) => file_key));
  const orphans = keys.filter((key) => !named.has(key));
  for (const key of orphans) await files.remove(key);
  return orphans.length;
}
