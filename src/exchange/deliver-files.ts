import { Fault } from '../fault/fault.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { DeliveredFiles, StoreAccess } from '../smev/answers.ts';
import type { ReplyPart } from './call.ts';
import type { ExchangeContext } from './context.ts';
import { filesOf, hashOfPassword, type MessageFile } from './files.ts';

/** The files of a message on their way to its receiver. */
export interface GivenFiles {
  /** What the envelope says of them. */
  readonly delivered: DeliveredFiles;
  /** What goes beside the envelope. */
  readonly parts: readonly ReplyPart[];
  /** Records that the receiver may fetch the stored ones until it acknowledges. */
  readonly record: (scope: CommitScope) => Promise<void>;
}

const accessesMax = 20;

/**
 * Prepares the files of a message for one delivery: parts for what came with it, a new name and password
 * for what is in the file store.
 *
 * @throws Fault INTERNAL where the octets were wiped
 */
export async function giveFiles(context: ExchangeContext, messageId: string): Promise<GivenFiles> {
  const files = await filesOf(context.database.kysely, messageId);
  const wiped = files.find(({ wiped_at }) => wiped_at !== null);
  if (wiped !== undefined) {
    throw new Fault('INTERNAL', { private: `${messageId}: file ${wiped.position} was wiped` });
  }
  const attached = files
    .filter(({ place }) => place === 'attached')
    .map((file) => ({ file, part: `${context.random(12).toString('hex')}@mezhved` }));
  const stored = files.filter(({ place }) => place === 'stored');
  const access = stored.length === 0 ? undefined : newAccess(context);
  return {
    delivered: {
      attached: attached.map(({ file, part }) => ({ contentId: file.name, content: { part } })),
      stored: stored.map((file) => accessTo(file, access)),
    },
    parts: attached.map(({ file, part }) => ({
      contentId: part,
      mimeType: file.mime_type,
      size: file.size,
      open: () => context.files.read(file.file_key),
    })),
    record: async (scope) => {
      if (access !== undefined) await recordAccess(context, scope, messageId, access);
    },
  };
}

interface Access {
  readonly user: string;
  readonly password: string;
}

function newAccess({ random }: ExchangeContext): Access {
  return { user: `m${random(10).toString('hex')}`, password: random(24).toString('base64url') };
}

function accessTo({ name, file_name }: MessageFile, access: Access | undefined): StoreAccess {
  const { user, password } = access ?? { user: '', password: '' };
  return { uuid: name, user, password, fileName: file_name ?? name };
}

/** The latest of them count: a message that is delivered again and again gives no end of names. */
async function recordAccess(
  { clock }: ExchangeContext,
  { tx }: CommitScope,
  messageId: string,
  { user, password }: Access,
): Promise<void> {
  const earlier = await tx
    .selectFrom('store_access')
    .select('user_name')
    .where('message_id', '=', messageId)
    .orderBy('given_at', 'desc')
    .offset(accessesMax - 1)
    .limit(accessesMax)
    .execute();
  if (earlier.length > 0) {
    const names = earlier.map(({ user_name }) => user_name);
    await tx.deleteFrom('store_access').where('user_name', 'in', names).execute();
  }
  await tx
    .insertInto('store_access')
    .values({
      user_name: user,
      password_hash: hashOfPassword(password),
      message_id: messageId,
      given_at: clock.now(),
    })
    .execute();
}
