import { type Part, partOf } from '../attachments/parts.ts';
import type { Upload } from '../attachments/upload.ts';
import type { AttachedFile, StoredFile } from '../compute/claimed-files.ts';
import { Fault } from '../fault/fault.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { ExchangeContext } from './context.ts';
import { removeKept, type TakenFile } from './files.ts';
import {
  checkByOperator,
  checkContents,
  checkHeaders,
  shown,
  takenFile,
  type UnjudgedFile,
  verifySignatures,
} from './judge-files.ts';
import type { Called } from './stages.ts';
import { orphanAfterMs } from './sweep-files.ts';

/** The files of a message, kept and judged; not recorded yet. */
export interface TakenFiles {
  readonly files: readonly TakenFile[];
  /** After the message was recorded: what was uploaded is in the store now. */
  settle(): Promise<void>;
  /** The message was not accepted: nothing of its files stays, and uploads stand where they stood. */
  discard(): Promise<void>;
}

/**
 * Takes the files that a message carries or names: each must be there, be what its header says, be
 * allowed for the type, and be signed by somebody whose certificate is trusted.
 *
 * @throws Fault ATTACHMENTS_DISAGREE, ATTACHMENTS_TOO_LARGE, ATTACHMENT_TYPE, ATTACHMENT_SIGNATURE_MISSING,
 *   ATTACHMENT_SIGNATURE_INVALID, ATTACHMENT_REFUSED, FILE_NOT_UPLOADED, FILE_HASH_DIFFERS, BUSY, and those
 *   of certificates
 */
export async function takeFiles(
  context: ExchangeContext,
  called: Called,
  policy: FilePolicy,
): Promise<TakenFiles> {
  const claimed = called.verified.files;
  checkHeaders(claimed, policy, context.attachments.partsMax);
  const kept: string[] = [];
  const uploads: Upload[] = [];
  const discard = () => removeKept(context, kept);
  try {
    const arrived: UnjudgedFile[] = [
      ...(await arrivedParts(context, called, kept)),
      ...(await arrivedUploads(context, called, kept, uploads)),
    ];
    await checkContents(context.files, arrived, policy);
    const { received, verified } = called;
    const signed = { at: received.at, profile: verified.profile };
    const signers = await verifySignatures(context, arrived, signed);
    await checkByOperator(context, arrived);
    // Later the sweep would take what is kept for orphans.
    if (context.clock.now() - received.at > orphanAfterMs / 2) {
      throw new Fault('BUSY', { private: 'keeping the files took too long' });
    }
    return {
      files: arrived.map((file) => takenFile(file, signers.get(file))),
      settle: async () => {
        await Promise.all(uploads.map((upload) => upload.forget()));
      },
      discard,
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The parts of the message and the base64 in its envelope, kept in the store. */
async function arrivedParts(
  context: ExchangeContext,
  { received, verified }: Called,
  kept: string[],
): Promise<UnjudgedFile[]> {
  const parts = new Map(received.parts.map((part) => [part.contentId, part]));
  const attached = verified.files.filter((file) => file.place === 'attached');
  const arrived: UnjudgedFile[] = [];
  let total = 0;
  for (const claimed of attached) {
    const part = await partFor(context, claimed, parts);
    total += part.size;
    try {
      checkTotal(total, context.attachments.totalBytesMax);
      await part.file.keep(part.sha256);
    } catch (error) {
      await part.file.discard();
      throw error;
    }
    kept.push(part.file.key);
    const { place, contentId: name, mimeType, signature } = claimed;
    arrived.push({
      ...{ place, name, mimeType, signature },
      key: part.file.key,
      size: part.size,
      fileName: undefined,
      digests: new Map([['sha256', Buffer.from(part.sha256, 'hex')]]),
    });
  }
  const [unused] = parts.keys();
  if (unused !== undefined) {
    const public_ = `часть «${unused.slice(0, 100)}» ни к чему не относится`;
    throw new Fault('ATTACHMENTS_DISAGREE', { public: public_ });
  }
  return arrived;
}

async function partFor(
  context: ExchangeContext,
  { content, contentId }: AttachedFile,
  parts: Map<string, Part>,
): Promise<Part> {
  if ('octets' in content) return partOf(context.files, contentId, content.octets);
  const part = parts.get(content.part);
  if (part === undefined) {
    throw new Fault('XOP_INCLUDE', { public: `нет части «${content.part.slice(0, 100)}»` });
  }
  parts.delete(content.part);
  return part;
}

function checkTotal(real: number, permitted: number): void {
  if (real <= permitted) return;
  throw new Fault('ATTACHMENTS_TOO_LARGE', {
    public: `${real} байт, допустимо ${permitted}`,
    values: { permitted: String(permitted), real: String(real) },
  });
}

/** The uploads that the message names, taken into the store as they were judged. */
async function arrivedUploads(
  context: ExchangeContext,
  { verified, caller }: Called,
  kept: string[],
  uploads: Upload[],
): Promise<UnjudgedFile[]> {
  const stored = verified.files.filter((file) => file.place === 'stored');
  const arrived: UnjudgedFile[] = [];
  let total = 0;
  for (const claimed of stored) {
    const { uuid, fileName } = claimed;
    const upload = await context.uploads.find(caller.system.id, uuid, fileName);
    if (upload === undefined) {
      throw new Fault('FILE_NOT_UPLOADED', { public: shown({ name: uuid }) });
    }
    total += upload.size;
    checkTotal(total, context.attachments.storedBytesMax);
    const digests = await checkHash(upload, claimed, verified.profile === 'smev3-2001');
    const sha256 = Buffer.from(digests.get('sha256') ?? []).toString('hex');
    const key = await context.files.adopt(upload.path, sha256);
    kept.push(key);
    uploads.push(upload);
    if (!(await upload.isStill())) {
      throw new Fault('FILE_NOT_UPLOADED', { public: shown({ name: uuid }) });
    }
    const { place, mimeType, signature } = claimed;
    const about = { place, name: uuid, mimeType, signature };
    arrived.push({ ...about, key, size: upload.size, fileName: upload.name, digests });
  }
  return arrived;
}

/**
 * Hash is GOST R 34.11-2012 of 256 bits, or of 512 by its length; 34.11-94, as long as the first, in
 * messages of its time (recommendations on SMEV 3.3).
 */
async function checkHash(
  upload: Upload,
  claimed: StoredFile,
  old: boolean,
): Promise<ReadonlyMap<ContentHash, Uint8Array>> {
  const { hash, signature } = claimed;
  const long = hash.byteLength === 64;
  const wanted: ContentHash[] = [
    long ? 'streebog512' : 'streebog256',
    ...(old ? ['gost94' as const] : []),
  ];
  const names = new Set<ContentHash>(['sha256', ...wanted]);
  if (signature !== undefined) names.add(signature.hash);
  const digests = await upload.digests([...names]);
  const right = wanted.some((name) => {
    const digest = digests.get(name);
    return digest !== undefined && Buffer.compare(digest, hash) === 0;
  });
  if (!right) {
    throw new Fault('FILE_HASH_DIFFERS', {
      public: `${shown({ name: claimed.uuid })}, ${upload.size} байт`,
    });
  }
  return digests;
}
