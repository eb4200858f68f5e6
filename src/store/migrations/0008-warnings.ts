import type { Kysely } from 'kysely';

/** What was told of ends that come near, so that nothing is told twice. */
export const warnings = () => async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('warning')
    .addColumn('way', 'text', (c) => c.notNull())
    .addColumn('what', 'text', (c) => c.notNull())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('ends_at', 'bigint', (c) => c.notNull())
    .addColumn('threshold', 'bigint', (c) => c.notNull())
    .addColumn('told_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('warning_key', ['way', 'what', 'id'])
    .execute();
};
