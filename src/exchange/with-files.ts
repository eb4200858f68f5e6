import type { Kysely } from 'kysely';
import { StoreAway, StoreFull } from '../attachments/file-store.ts';
import { Fault } from '../fault/fault.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import type { MessageType } from '../participants/registry.ts';
import type { Tables } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { recordFiles, storedBytes, type TakenFile } from './files.ts';
import { answerAgain } from './repeat.ts';
import type { Called, Recorded } from './stages.ts';
import { takeFiles } from './take-files.ts';

/**
 * Takes the files of a message around its recording: they stay when it was recorded, and nothing of them
 * does otherwise. A repeat finds its uploads gone, so it is looked up first.
 *
 * @param record tells whether another delivery of the same message was recorded instead
 * @throws Fault as takeFiles; BUSY where the store is full or away
 */
export async function withFiles(
  context: ExchangeContext,
  called: Called,
  messageId: string,
  policy: FilePolicy,
  record: (files: readonly TakenFile[]) => Promise<Recorded & { readonly repeated: boolean }>,
): Promise<Recorded> {
  const again = await answerAgain(context, called, messageId);
  if (again !== undefined) return again;
  const taken = await takeFiles(context, called, policy).catch(busyWithoutStore);
  try {
    const { repeated, ...answer } = await record(taken.files);
    await (repeated ? taken.discard() : taken.settle());
    return answer;
  } catch (error) {
    // A fault ends its transaction or begins none. Of anything else, such as a connection that broke,
    // nobody knows whether the transaction ended: the sweep looks there.
    if (error instanceof Fault) await taken.discard();
    throw error;
  }
}

/** To be given to `catch`. @throws Fault BUSY where the store is full or away */
export function busyWithoutStore(error: unknown): never {
  if (error instanceof StoreFull) {
    const private_ = `no room in the file store: ${error.message}`;
    throw new Fault('BUSY', { private: private_, cause: error });
  }
  if (error instanceof StoreAway) {
    throw new Fault('BUSY', { private: `file store: ${error.message}`, cause: error });
  }
  throw error;
}

/**
 * Records the files of a request in its transaction, within the quota of its type.
 *
 * @throws Fault QUOTA_EXCEEDED
 */
export async function acceptFiles(
  tx: Kysely<Tables>,
  messageId: string,
  { id, attachments }: Pick<MessageType, 'id' | 'attachments'>,
  files: readonly TakenFile[],
): Promise<void> {
  const { quotaBytes, keepMs } = attachments;
  if (quotaBytes !== undefined) await checkQuota(tx, id, quotaBytes, files);
  await recordFiles(tx, { messageId, messageType: id, keepMs }, files);
}

async function checkQuota(
  tx: Kysely<Tables>,
  messageType: string,
  quota: number,
  files: readonly TakenFile[],
): Promise<void> {
  const real = files
    .filter(({ place }) => place === 'stored')
    .reduce((sum, { size }) => sum + size, 0);
  if (real === 0) return;
  // Two at once wait for each other here, so that both count what the other takes.
  await tx
    .updateTable('message_type')
    .set((row) => ({ name: row.ref('name') }))
    .where('id', '=', messageType)
    .execute();
  const remained = Math.max(0, quota - (await storedBytes(tx, messageType)));
  if (real <= remained) return;
  throw new Fault('QUOTA_EXCEEDED', {
    public: `${messageType}: осталось ${remained} байт, нужно ${real}`,
    values: { remained: String(remained), real: String(real) },
  });
}
