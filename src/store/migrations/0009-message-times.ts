import type { Kysely } from 'kysely';

/** The last messages, whatever exchange they are of. */
export const messageTimes = () => async (db: Kysely<unknown>) => {
  await db.schema
    .createIndex('message_accepted_at')
    .on('message')
    .columns(['accepted_at', 'message_id'])
    .execute();
};
