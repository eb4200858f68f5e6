import { createHash, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AttachmentTable, Tables } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';

/** A file of an accepted message, as it is kept. */
export type MessageFile = AttachmentTable;

/** A file that was taken from a message and judged; its octets are in the store. Sizes in bytes. */
export interface TakenFile {
  readonly place: 'attached' | 'stored';
  /** contentId or uuid. */
  readonly name: string;
  readonly fileName: string | undefined;
  readonly mimeType: string;
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  /** Fingerprint of the certificate that signed it. */
  readonly signer: string | undefined;
}

/**
 * Removes files whose message was not accepted. Never throws: what a store that is away keeps of them, no
 * message names, and the sweep removes it.
 */
export async function removeKept(
  { files, log }: Pick<ExchangeContext, 'files' | 'log'>,
  keys: readonly string[],
): Promise<void> {
  for (const key of keys) {
    await files
      .remove(key)
      .catch((error: unknown) =>
        log.warn({ key, why: String(error) }, 'a file that nobody needs stays for the sweep'),
      );
  }
}

/** Records the files of a message in the transaction that accepts it. */
export async function recordFiles(
  tx: Kysely<Tables>,
  about: { readonly messageId: string; readonly messageType: string; readonly keepMs: number },
  files: readonly TakenFile[],
): Promise<void> {
  if (files.length === 0) return;
  await tx
    .insertInto('attachment')
    .values(
      files.map((file, position) => ({
        message_id: about.messageId,
        position,
        message_type: about.messageType,
        place: file.place,
        name: file.name,
        file_name: file.fileName ?? null,
        mime_type: file.mimeType,
        file_key: file.key,
        size: file.size,
        sha256: file.sha256,
        signer: file.signer ?? null,
        keep_ms: about.keepMs,
        wipe_at: null,
        wiped_at: null,
      })),
    )
    .execute();
}

/** The files of a message in their order, wiped ones too. */
export async function filesOf(db: Kysely<Tables>, messageId: string): Promise<MessageFile[]> {
  return db
    .selectFrom('attachment')
    .selectAll()
    .where('message_id', '=', messageId)
    .orderBy('position')
    .execute();
}

/** The files of all messages of an exchange. */
export async function filesOfExchange(
  db: Kysely<Tables>,
  exchangeId: string,
): Promise<MessageFile[]> {
  return db
    .selectFrom('attachment')
    .innerJoin('message', 'message.message_id', 'attachment.message_id')
    .selectAll('attachment')
    .where('message.exchange_id', '=', exchangeId)
    .orderBy('message.accepted_at')
    .orderBy('position')
    .execute();
}

/** What the uploaded files of a type take that its receivers have not acknowledged, in bytes. */
export async function storedBytes(db: Kysely<Tables>, messageType: string): Promise<number> {
  const { size } = await db
    .selectFrom('attachment')
    .select((row) => row.fn.sum<number>('size').as('size'))
    .where('message_type', '=', messageType)
    .where('place', '=', 'stored')
    .where('wipe_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(size ?? 0);
}

/**
 * Nobody waits for the files of this message any more: its receiver cannot fetch them, and they go once
 * they were kept as long as their type says.
 */
export async function releaseFiles(
  tx: Kysely<Tables>,
  messageId: string,
  now: number,
): Promise<void> {
  await tx
    .updateTable('attachment')
    .set((row) => ({ wipe_at: row('keep_ms', '+', now) }))
    .where('message_id', '=', messageId)
    .where('wipe_at', 'is', null)
    .execute();
  await tx.deleteFrom('store_access').where('message_id', '=', messageId).execute();
}

/** The message that this name and password were given for; undefined where they were not, or count no more. */
export async function holderOfAccess(
  db: Kysely<Tables>,
  user: string,
  password: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('store_access')
    .select(['password_hash', 'message_id'])
    .where('user_name', '=', user)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const given = Buffer.from(hashOfPassword(password));
  const wanted = Buffer.from(row.password_hash);
  return timingSafeEqual(given, wanted) ? row.message_id : undefined;
}

/** Of a password of the node's own making: long and random, so that one plain hash of it does. */
export function hashOfPassword(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

/** For the journal: which octets a message came with. */
export function filesDetail(files: readonly TakenFile[]): Readonly<Record<string, unknown>> {
  if (files.length === 0) return {};
  return {
    attachments: files.map(({ name, sha256, size, mimeType, signer }) => ({
      name,
      sha256,
      size,
      mimeType,
      ...(signer === undefined ? {} : { signer }),
    })),
  };
}
