import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/** Signing keys of the node, sealed under its passphrase or named in its token; times are ms UTC. */
export const nodeKeys = (kind: Database['kind']) => async (db: Kysely<unknown>) => {
  const bytes = kind === 'postgres' ? sql`bytea` : sql`blob`;
  await db.schema
    .createTable('node_key')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('certificate', bytes)
    .addColumn('sealed', bytes)
    .addColumn('token', 'text')
    .addColumn('made_at', 'bigint', (c) => c.notNull())
    .addColumn('from_at', 'bigint')
    .addColumn('until_at', 'bigint')
    .execute();
};
