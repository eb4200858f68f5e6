import type { CarriedFile } from '../connectors/carried-file.ts';
import type { AgencyRequest } from '../connectors/connector.ts';
import { Fault } from '../fault/fault.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { AttachmentHeaders } from '../smev/attachments.ts';
import type { Version } from '../smev/namespaces.ts';
import { readContent } from '../store/content.ts';
import type { ExchangeTable } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { findMessage } from './exchanges.ts';
import { filesOf, type MessageFile } from './files.ts';

/**
 * The request of an exchange as its agency gets it, read from verified octets.
 *
 * @param attempt 0 where nothing is delivered
 * @throws Fault INTERNAL where a file was wiped
 */
export async function agencyRequest(
  context: ExchangeContext,
  exchange: ExchangeTable,
  attempt: number,
): Promise<AgencyRequest> {
  const { kysely } = context.database;
  const message = await findMessage(kysely, exchange.message_id);
  if (message === undefined) throw new Fault('INTERNAL', { private: 'an exchange has no request' });
  const { root, content, headers } = await context.compute.extract({
    envelope: await readContent(kysely, message.envelope_hash),
    version: message.version as Version,
    verifiedHash: message.verified_hash,
    profile: message.profile as ProfileName,
  });
  const files = await filesOf(kysely, exchange.message_id);
  return {
    exchangeId: exchange.id,
    messageId: exchange.message_id,
    messageType: exchange.message_type,
    sender: exchange.sender_system,
    eol: exchange.eol ?? undefined,
    test: exchange.test === 1,
    attempt,
    root,
    content,
    files: files.map((file) => carriedFile(context, file, headers)),
    replyTo: exchange.reply_to,
  };
}

function carriedFile(
  { files }: Pick<ExchangeContext, 'files'>,
  file: MessageFile,
  { attached, stored }: AttachmentHeaders,
): CarriedFile {
  const { name, file_key: key, mime_type: mimeType, sha256 } = file;
  if (file.wiped_at !== null) {
    throw new Fault('INTERNAL', { private: `file ${file.position} of the request was wiped` });
  }
  const isStored = file.place === 'stored';
  const reference = isStored ? stored.find(({ uuid }) => uuid === name) : undefined;
  const header = reference ?? attached.find(({ contentId }) => contentId === name);
  return {
    place: isStored ? 'stored' : 'attached',
    name,
    fileName: file.file_name ?? undefined,
    mimeType,
    size: Number(file.size),
    sha256,
    hash: reference?.hash,
    signature: header?.signature,
    open: (from) => files.read(key, from),
  };
}
