import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * From when until when a certificate counts, ms UTC, null for no bound of ours; and authorities between
 * anchors and others; and lists of revoked certificates.
 */
export const certificates = (kind: Database['kind']) => async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('intermediate')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('der', kind === 'postgres' ? sql`bytea` : sql`blob`, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('revocation_list')
    .addColumn('issuer', 'text', (c) => c.primaryKey())
    .addColumn('der', kind === 'postgres' ? sql`bytea` : sql`blob`, (c) => c.notNull())
    .addColumn('this_update', 'bigint', (c) => c.notNull())
    .addColumn('next_update', 'bigint')
    .execute();
  for (const table of ['certificate', 'trust_anchor', 'intermediate']) {
    for (const column of ['from_at', 'until_at']) {
      await db.schema.alterTable(table).addColumn(column, 'bigint').execute();
    }
  }
};
