import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type Entry, newEntryId } from '../../src/journal/entry.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import type { Database } from '../../src/store/database.ts';
import type { Tables } from '../../src/store/tables.ts';

export const length = 24;

/** Writes `length` entries of one chain. @param from their number; no two entries have one id */
export async function fill(database: Database, from = 0): Promise<Entry[]> {
  const writer = new JournalWriter(database, 'n');
  for (let n = from; n < from + length; n += 1) {
    await writer.commit(async (scope) => {
      scope.journal({
        id: newEntryId(1_700_000_000_000 + n, createHash('sha256').update(`${n}`).digest()),
        at: 1_700_000_000_000 + n,
        kind: n % 3 === 0 ? 'answer' : 'receipt',
        verdict: 'good',
        messageId: `message ${n} "№"\n`,
        ...(n % 2 === 0 ? { system: 'Ведомство', detail: { operation: 'Ack', n } } : {}),
        content: scope.content(Buffer.from(`bytes of ${n % 5}`)),
      });
    });
  }
  return database.kysely.selectFrom('journal_entry').selectAll().orderBy('sequence').execute();
}

/** Forges in a transaction that is rolled back, the triggers dropped in it too. */
export async function tamper<T>(
  { kysely, kind }: Database,
  work: (db: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  const transaction = await kysely.startTransaction().execute();
  try {
    for (const trigger of triggers[kind])
      await sql.raw(`DROP TRIGGER ${trigger}`).execute(transaction);
    return await work(transaction);
  } finally {
    await transaction.rollback().execute();
  }
}

const appendOnly = ['journal_entry', 'content', 'journal_checkpoint'];
const triggers = {
  sqlite: appendOnly.flatMap((t) => [`${t}_no_update`, `${t}_no_delete`]),
  postgres: appendOnly.map((t) => `${t}_append_only ON ${t}`),
};

export function set(db: Kysely<Tables>, id: string, values: Partial<Entry>): Promise<unknown> {
  return db.updateTable('journal_entry').set(values).where('id', '=', id).execute();
}

export function forgeContent(db: Kysely<Tables>, hash: string, what: string): Promise<unknown> {
  if (what === 'gone') return db.deleteFrom('content').where('hash', '=', hash).execute();
  const values = what === 'size' ? { size: 3 } : { bytes: Buffer.from('bytes of x') };
  return db.updateTable('content').set(values).where('hash', '=', hash).execute();
}
