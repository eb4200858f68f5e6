import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { forbidChange } from '../append-only.ts';
import type { Database } from '../database.ts';

/** Signed ends of the chains of the journal, and what each key of the node signs. */
export const checkpoints = (kind: Database['kind']) => async (db: Kysely<unknown>) => {
  const bytes = kind === 'postgres' ? sql`bytea` : sql`blob`;
  await db.schema
    .alterTable('node_key')
    .addColumn('purpose', 'text', (c) => c.notNull().defaultTo('messages'))
    .execute();
  await db.schema
    .createTable('journal_checkpoint')
    .addColumn('node', 'text', (c) => c.notNull())
    .addColumn('sequence', 'bigint', (c) => c.notNull())
    .addColumn('statement', 'text', (c) => c.notNull())
    .addColumn('signature', bytes, (c) => c.notNull())
    .addPrimaryKeyConstraint('journal_checkpoint_place', ['node', 'sequence'])
    .execute();
  await forbidChange(db, kind, 'journal_checkpoint');
};
