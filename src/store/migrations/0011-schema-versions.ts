import type { Kysely } from 'kysely';

/** Versions of message types that partners bring, when each counts, and for whom another one. */
export const schemaVersions = () => async (db: Kysely<unknown>) => {
  await db.schema.alterTable('message_type_version').addColumn('version', 'text').execute();
  await db.schema
    .alterTable('message_type')
    .addColumn('personal_signature', 'text', (c) => c.notNull().defaultTo('optional'))
    .execute();
  await db.schema
    .alterTable('message_type')
    .addColumn('schema_signers', 'text', (c) => c.notNull().defaultTo('[]'))
    .execute();
  await db.schema.alterTable('exchange').addColumn('type_version', 'text').execute();
  await db.schema
    .createTable('schema_version')
    .addColumn('message_type', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('namespace', 'text', (c) => c.notNull())
    .addColumn('request_root', 'text', (c) => c.notNull())
    .addColumn('response_root', 'text', (c) => c.notNull())
    .addColumn('schemas', 'text', (c) => c.notNull())
    .addColumn('admitted_at', 'bigint', (c) => c.notNull())
    .addColumn('signer', 'text')
    .addPrimaryKeyConstraint('schema_version_key', ['message_type', 'version'])
    .execute();
  await db.schema
    .createTable('schema_turn')
    .addColumn('message_type', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('from_at', 'bigint')
    .addColumn('until_at', 'bigint')
    .addColumn('ended', 'text', (c) => c.notNull())
    .addColumn('rollback_share', 'double precision')
    .addColumn('rollback_least', 'bigint', (c) => c.notNull())
    .addColumn('taken', 'bigint', (c) => c.notNull())
    .addColumn('refused', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('schema_turn_key', ['message_type', 'version'])
    .execute();
  await db.schema
    .createTable('schema_pin')
    .addColumn('message_type', 'text', (c) => c.notNull())
    .addColumn('system', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('schema_pin_key', ['message_type', 'system'])
    .execute();
};
