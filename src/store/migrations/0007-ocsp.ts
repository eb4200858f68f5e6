import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * What responders said of certificates; and when the node last asked for a list or an answer, ms UTC,
 * how often in a row it got none, and why.
 */
export const ocsp = (kind: Database['kind']) => async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('ocsp_answer')
    .addColumn('fingerprint', 'text', (c) => c.primaryKey())
    .addColumn('der', kind === 'postgres' ? sql`bytea` : sql`blob`, (c) => c.notNull())
    .addColumn('this_update', 'bigint', (c) => c.notNull())
    .addColumn('next_update', 'bigint')
    .execute();
  await db.schema
    .createTable('revocation_question')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('asked_at', 'bigint', (c) => c.notNull())
    .addColumn('answered_at', 'bigint')
    .addColumn('failures', 'integer', (c) => c.notNull())
    .addColumn('why', 'text')
    .execute();
};
