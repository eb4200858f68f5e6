import type { NodeFile } from '../connectors/uplink-node.ts';
import type { ExchangeContext } from './context.ts';
import { findMessage } from './exchanges.ts';
import { filesOf } from './files.ts';

/** Whether this system has sent a message under this MessageID that the node took. */
export async function hasTaken(
  { database }: Pick<ExchangeContext, 'database'>,
  system: string,
  messageId: string,
): Promise<boolean> {
  const message = await findMessage(database.kysely, messageId);
  return message?.sender_system === system;
}

/** The files that a message names in the store, as long as they are there. */
export async function storedFiles(
  { database, files }: Pick<ExchangeContext, 'database' | 'files'>,
  messageId: string,
): Promise<NodeFile[]> {
  const all = await filesOf(database.kysely, messageId);
  return all
    .filter(({ place, wiped_at }) => place === 'stored' && wiped_at === null)
    .map(({ name, file_name, size, file_key }) => ({
      name,
      fileName: file_name ?? undefined,
      size: Number(size),
      open: (from) => files.read(file_key, from),
    }));
}
