import type { Kysely } from 'kysely';

/** What files of messages need: the files themselves, who may fetch them, and what a type allows. */
export const attachments = () => async (db: Kysely<unknown>) => {
  await db.schema
    .createTable('attachment')
    .addColumn('message_id', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('message_type', 'text', (c) => c.notNull())
    .addColumn('place', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('file_name', 'text')
    .addColumn('mime_type', 'text', (c) => c.notNull())
    .addColumn('file_key', 'text', (c) => c.notNull())
    .addColumn('size', 'bigint', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('signer', 'text')
    .addColumn('keep_ms', 'bigint', (c) => c.notNull())
    .addColumn('wipe_at', 'bigint')
    .addColumn('wiped_at', 'bigint')
    .addPrimaryKeyConstraint('attachment_key', ['message_id', 'position'])
    .execute();
  await db.schema
    .createIndex('attachment_by_file_key')
    .on('attachment')
    .column('file_key')
    .unique()
    .execute();
  await db.schema
    .createIndex('attachment_by_type_wipe')
    .on('attachment')
    .columns(['message_type', 'place', 'wipe_at'])
    .execute();
  await db.schema
    .createIndex('attachment_by_wipe')
    .on('attachment')
    .columns(['wiped_at', 'wipe_at'])
    .execute();
  await db.schema
    .createTable('store_access')
    .addColumn('user_name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('message_id', 'text', (c) => c.notNull())
    .addColumn('given_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('store_access_by_message')
    .on('store_access')
    .column('message_id')
    .execute();
  await db.schema
    .alterTable('message_type')
    .addColumn('attachments', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
  await db.schema.alterTable('information_system').addColumn('upload_password', 'text').execute();
};
