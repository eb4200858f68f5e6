import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { UplinkStore } from '../connectors/uplink.ts';
import type { Tables } from '../store/tables.ts';

/**
 * Where the answers to an uplink's requests go, in the database: the uplink may die in between. An
 * answer whose files were uploaded has a row of its own: its MessageID is no request's.
 */
export function uplinkReplies(db: Kysely<Tables>, clock: Clock): UplinkStore {
  const remember = async (uplink: string, messageId: string, replyTo: string) => {
    const row = { uplink, reply_to: replyTo, taken_at: clock.now() };
    await db
      .insertInto('uplink_request')
      .values({ message_id: messageId, ...row })
      .onConflict((conflict) => conflict.columns(['uplink', 'message_id']).doUpdateSet(row))
      .execute();
  };
  const recall = async (uplink: string, messageId: string) => {
    const row = await db
      .selectFrom('uplink_request')
      .select('reply_to')
      .where('uplink', '=', uplink)
      .where('message_id', '=', messageId)
      .executeTakeFirst();
    return row?.reply_to;
  };
  return {
    remember,
    recall,
    noteUploaded: (uplink, answerId) => remember(uplink, answerId, uploaded),
    isUploaded: async (uplink, answerId) => (await recall(uplink, answerId)) === uploaded,
    forgetUploaded: async (uplink, answerId) => {
      await db
        .deleteFrom('uplink_request')
        .where('uplink', '=', uplink)
        .where('message_id', '=', answerId)
        .where('reply_to', '=', uploaded)
        .execute();
    },
  };
}

/** In place of a ReplyTo, which has no line end. */
const uploaded = '\nuploaded';

/** Forgets where answers to requests older than this go: nobody waits for them any more. */
export async function forgetReplies(db: Kysely<Tables>, before: number): Promise<void> {
  await db.deleteFrom('uplink_request').where('taken_at', '<', before).execute();
}
