import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** A message that was refused, as its entry tells it. */
export interface RefusedMessage {
  /** Of the journal entry, as the refusal quotes it. */
  readonly id: string;
  /** ms UTC */
  readonly at: number;
  readonly code: string;
  readonly operation: string | null;
  readonly system: string | null;
  readonly peer: string | null;
  /** As the message claimed it. */
  readonly messageId: string | null;
}

const refusalsMax = 100;

/** The refusals with this entry id or MessageID, the eldest first; they belong to no exchange. */
export async function findRefusals(db: Kysely<Tables>, id: string): Promise<RefusedMessage[]> {
  const rows = await db
    .selectFrom('journal_entry')
    .select(['id', 'at', 'verdict', 'system', 'message_id', 'detail'])
    .where('kind', '=', 'refusal')
    .where((where) => where.or([where('id', '=', id), where('message_id', '=', id)]))
    .orderBy('at')
    .limit(refusalsMax)
    .execute();
  return rows.map(({ detail, verdict, message_id: messageId, ...row }) => {
    const { operation = null, peer = null } = JSON.parse(detail ?? '{}') as {
      readonly operation?: string | null;
      readonly peer?: string | null;
    };
    return { ...row, code: verdict, messageId, operation, peer };
  });
}
