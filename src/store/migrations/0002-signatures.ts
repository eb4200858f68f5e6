import type { Kysely } from 'kysely';

/**
 * Under which profile a message was verified, and how often a message type asks for a second opinion.
 * What was accepted before had no other profile than xmldsig.
 */
export const signatures = () => async (db: Kysely<unknown>) => {
  await db.schema
    .alterTable('message')
    .addColumn('profile', 'text', (c) => c.notNull().defaultTo('xmldsig'))
    .execute();
  await db.schema
    .alterTable('message_type')
    .addColumn('second_opinion', 'double precision', (c) => c.notNull().defaultTo(0))
    .execute();
};
