import type { Kysely } from 'kysely';
import type { ProfileName } from '../signature/profiles.ts';
import type { Version } from '../smev/namespaces.ts';
import { readContent } from '../store/content.ts';
import type { ExchangeTable, Tables } from '../store/tables.ts';

/** A message that a participant signed and the node took. */
export interface RecordedMessage {
  readonly messageId: string;
  /** ms UTC */
  readonly acceptedAt: number;
  /** The information system that it was taken from. */
  readonly system: string;
  /** Fingerprint. */
  readonly certificate: string;
  readonly messageType: string;
  readonly version: Version;
  readonly profile: ProfileName;
  /** The exchange that it began, or answered. */
  readonly exchange: Pick<ExchangeTable, 'recipient' | 'message_type' | 'type_version'>;
  /** The envelope as it came. @throws Error where it is not in the store any more */
  envelope(): Promise<Uint8Array>;
}

const pageRows = 200;

/**
 * The last messages that participants signed, the latest first. What the node or a connector made is none
 * of them. Only their ids are held; envelopes are read one by one.
 *
 * @param last how many
 * @param messageType those of this type alone
 */
export async function* recordedMessages(
  db: Kysely<Tables>,
  last: number,
  messageType?: string,
): AsyncGenerator<RecordedMessage> {
  const rows = await db
    .selectFrom('message')
    .select('message_id')
    .where('sender_system', 'is not', null)
    .where('certificate', 'is not', null)
    .$if(messageType !== undefined, (query) => query.where('message_type', '=', messageType ?? ''))
    .orderBy('accepted_at', 'desc')
    .orderBy('message_id', 'desc')
    .limit(last)
    .execute();
  const ids = rows.map(({ message_id }) => message_id);
  for (let at = 0; at < ids.length; at += pageRows) {
    yield* await readPage(db, ids.slice(at, at + pageRows));
  }
}

async function readPage(db: Kysely<Tables>, ids: readonly string[]): Promise<RecordedMessage[]> {
  const rows = await db
    .selectFrom('message')
    .innerJoin('exchange', 'exchange.id', 'message.exchange_id')
    .selectAll('message')
    .select(['exchange.recipient', 'exchange.message_type as asked_type', 'exchange.type_version'])
    .where('message.message_id', 'in', ids)
    .execute();
  const byId = new Map(rows.map((row) => [row.message_id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    if (row === undefined) return [];
    return {
      messageId: row.message_id,
      acceptedAt: row.accepted_at,
      system: row.sender_system ?? '',
      certificate: row.certificate ?? '',
      messageType: row.message_type,
      version: row.version as Version,
      profile: row.profile as ProfileName,
      exchange: {
        ...{ recipient: row.recipient, message_type: row.asked_type },
        type_version: row.type_version,
      },
      envelope: () => readContent(db, row.envelope_hash),
    };
  });
}
