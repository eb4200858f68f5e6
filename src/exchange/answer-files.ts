import { claimedSignature } from '../compute/claimed-files.ts';
import type { ArrivedFile } from '../connectors/carried-file.ts';
import { Fault } from '../fault/fault.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { HeadedFiles } from '../smev/file-texts.ts';
import { newMessageId } from '../smev/message-id.ts';
import type { ExchangeTable } from '../store/tables.ts';
import { headedName, mimeTypeOf, storedName } from './answer-file-names.ts';
import type { ExchangeContext } from './context.ts';
import { findMessage } from './exchanges.ts';
import { filesDetail, removeKept, type TakenFile } from './files.ts';
import {
  checkByOperator,
  checkContents,
  checkTypes,
  digestsOf,
  takenFile,
  type UnjudgedFile,
  verifySignatures,
} from './judge-files.ts';
import { acceptFiles, busyWithoutStore } from './with-files.ts';

/** The files of an agency's answer, kept, judged and signed; not recorded yet. */
export interface AnswerFiles {
  /** What the envelope of the answer says of them. */
  readonly headed: HeadedFiles;
  /** For the journal. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Records them with the message, within the quota of its type. @throws Fault QUOTA_EXCEEDED */
  record(scope: CommitScope, messageId: string): Promise<void>;
  /** The answer was not recorded. */
  discard(): Promise<void>;
}

/** Nobody takes these. */
export async function discardArrived(files: readonly ArrivedFile[] | undefined): Promise<void> {
  await Promise.all((files ?? []).map(({ file }) => file.discard().catch(() => undefined)));
}

/**
 * Takes the files that an agency gave back with its answer: as of any message they must be allowed for
 * the type, be what they are said to be, and bear a right signature of somebody trusted; what bears
 * none is signed by this node. Those that do not fit into a message go by the file store.
 *
 * @throws Fault ATTACHMENT_TYPE, ATTACHMENT_SIGNATURE_INVALID, ATTACHMENTS_NOT_CARRIED, BUSY where the
 *   store is full or away, and those of certificates; nothing of the files stays then
 */
export async function takeAnswerFiles(
  context: ExchangeContext,
  exchange: ExchangeTable,
  arrived: readonly ArrivedFile[],
): Promise<AnswerFiles> {
  const kept: string[] = [];
  const discard = async () => {
    await discardArrived(arrived);
    await removeKept(context, kept);
  };
  try {
    const type = context.registry().findMessageType(exchange.message_type);
    if (type === undefined) throw new Fault('ATTACHMENTS_NOT_CARRIED');
    const request = await findMessage(context.database.kysely, exchange.message_id);
    const profile = (request?.profile ?? 'xmldsig') as ProfileName;
    for (const { file, sha256 } of arrived) {
      await file.keep(sha256);
      kept.push(file.key);
    }
    const placed = place(context, arrived);
    const files = await judge(context, placed, type.attachments, profile);
    const taken = files.map(({ file, signer }) => takenFile(file, signer));
    return {
      headed: headedOf(files),
      detail: filesDetail(taken),
      record: ({ tx }, messageId) => acceptFiles(tx, messageId, type, taken),
      discard,
    };
  } catch (error) {
    await discard();
    return busyWithoutStore(error);
  }
}

type PlacedFile = Omit<UnjudgedFile, 'digests' | 'signature'> & {
  readonly sha256: string;
  readonly cms: Uint8Array | undefined;
};

/** Names each file and says how it goes on: with the message as long as there is room in it. */
function place(context: ExchangeContext, arrived: readonly ArrivedFile[]): PlacedFile[] {
  const { attachments, clock, random } = context;
  const names = new Set<string>();
  let total = 0;
  return arrived.map(({ contentId, fileName, mimeType, size, sha256, signature, file, ...how }) => {
    const fits = how.place === 'attached' && total + size <= attachments.totalBytesMax;
    const about = { mimeType: mimeTypeOf(mimeType), key: file.key, size, sha256, cms: signature };
    if (fits) {
      total += size;
      const name = headedName(fileName ?? contentId, names);
      return { ...about, place: 'attached', name, fileName };
    }
    const name = newMessageId(clock.now(), random(8));
    return { ...about, place: 'stored', name, fileName: storedName(fileName ?? contentId) };
  });
}

interface SignedFile {
  readonly file: UnjudgedFile;
  readonly cms: Uint8Array;
  /** Fingerprint. */
  readonly signer: string | undefined;
}

async function judge(
  context: ExchangeContext,
  placed: readonly PlacedFile[],
  policy: FilePolicy,
  profile: ProfileName,
): Promise<SignedFile[]> {
  checkTypes(placed, policy);
  const old = { gost2001: profile === 'smev3-2001' };
  // One moment for all: keys of the node may take each other's place meanwhile.
  const at = context.clock.now();
  const ownHash = await context.compute.fileHash(profile, at);
  const files: UnjudgedFile[] = [];
  for (const { sha256, cms, ...file } of placed) {
    const signature = claimedSignature(cms, file.name, old);
    const wanted: ContentHash[] = [signature?.hash ?? ownHash];
    if (file.place === 'stored') wanted.push('streebog256');
    files.push({ ...file, signature, digests: await digestsFor(context, file, sha256, wanted) });
  }
  await checkContents(context.files, files, policy);
  const signers = await verifySignatures(context, files, { at, profile });
  await checkByOperator(context, files);
  return signRest(context, files, signers, { at, profile, ownHash });
}

async function digestsFor(
  context: ExchangeContext,
  { key }: Pick<PlacedFile, 'key'>,
  sha256: string,
  wanted: readonly ContentHash[],
): Promise<ReadonlyMap<ContentHash, Uint8Array>> {
  // Computed while the file arrived.
  const known: [ContentHash, Uint8Array] = ['sha256', Buffer.from(sha256, 'hex')];
  const missing = new Set(wanted.filter((hash) => hash !== 'sha256'));
  if (missing.size === 0) return new Map([known]);
  return new Map([known, ...(await digestsOf(context, key, [...missing]))]);
}

async function signRest(
  context: ExchangeContext,
  files: readonly UnjudgedFile[],
  signers: ReadonlyMap<UnjudgedFile, string>,
  how: { readonly at: number; readonly profile: ProfileName; readonly ownHash: ContentHash },
): Promise<SignedFile[]> {
  const bare = files.filter(({ signature }) => signature === undefined);
  const digests = bare.map((file) => digestIn(file, how.ownHash));
  const own = bare.length > 0 ? await context.compute.signFiles({ ...how, digests }) : undefined;
  return files.map((file) => {
    const cms = file.signature?.cms ?? own?.signatures[bare.indexOf(file)];
    if (cms === undefined) throw new Fault('INTERNAL', { private: 'a file was not signed' });
    return { file, cms, signer: signers.get(file) ?? own?.signer };
  });
}

function digestIn({ digests }: UnjudgedFile, hash: ContentHash): Uint8Array {
  const digest = digests.get(hash);
  if (digest === undefined) throw new Fault('INTERNAL', { private: `no digest ${hash}` });
  return digest;
}

function headedOf(files: readonly SignedFile[]): HeadedFiles {
  const of = (place: TakenFile['place']) => files.filter(({ file }) => file.place === place);
  return {
    attached: of('attached').map(({ file: { name, mimeType }, cms }) => ({
      contentId: name,
      mimeType,
      signature: cms,
    })),
    stored: of('stored').map(({ file, cms }) => ({
      uuid: file.name,
      ...(file.fileName === undefined ? {} : { fileName: file.fileName }),
      hash: digestIn(file, 'streebog256'),
      mimeType: file.mimeType,
      signature: cms,
    })),
  };
}
