import type { FileStore } from '../attachments/file-store.ts';
import { otherType, sniffedBytes } from '../attachments/sniff.ts';
import type { ClaimedFile, ClaimedSignature, FileSigner } from '../compute/claimed-files.ts';
import { Fault } from '../fault/fault.ts';
import type { FilePolicy } from '../participants/file-policy.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import { withStapled } from '../pki/stapled.ts';
import { judgeCertificate, type TrustStore } from '../pki/trust.ts';
import type { ProfileName } from '../signature/profiles.ts';
import { attachmentWord } from '../smev/file-texts.ts';
import type { ExchangeContext } from './context.ts';
import type { TakenFile } from './files.ts';

/** A file in the store whose octets have not been judged against what was said of it. */
export interface UnjudgedFile {
  readonly place: 'attached' | 'stored';
  /** contentId or uuid. */
  readonly name: string;
  readonly fileName: string | undefined;
  readonly mimeType: string;
  readonly signature: ClaimedSignature | undefined;
  readonly key: string;
  readonly size: number;
  readonly digests: ReadonlyMap<ContentHash, Uint8Array>;
}

type Judging = Pick<ExchangeContext, 'compute' | 'digester' | 'files' | 'registry'>;

/**
 * What the headers of the files say, against what is allowed of them.
 *
 * @param max files of one message
 * @throws Fault ATTACHMENTS_DISAGREE, ATTACHMENT_TYPE, ATTACHMENT_SIGNATURE_MISSING
 */
export function checkHeaders(
  claimed: readonly ClaimedFile[],
  policy: FilePolicy,
  max: number,
): void {
  if (claimed.length > max) {
    throw new Fault('ATTACHMENTS_DISAGREE', { public: `файлов больше ${max}` });
  }
  const named = claimed.map((file) => ({ ...file, name: nameOf(file) }));
  checkTypes(named, policy);
  const bare = named.find(({ signature }) => signature === undefined);
  if (bare !== undefined && policy.signature === 'required') {
    throw new Fault('ATTACHMENT_SIGNATURE_MISSING', { public: shown(bare) });
  }
}

/** What a file is called where it is spoken of: contentId, or uuid. */
export function nameOf(file: ClaimedFile): string {
  return file.place === 'attached' ? file.contentId : file.uuid;
}

/** @throws Fault ATTACHMENT_TYPE */
export function checkTypes(
  files: readonly { readonly name: string; readonly mimeType: string }[],
  { types }: FilePolicy,
): void {
  if (types === undefined) return;
  for (const file of files) {
    if (types.includes(file.mimeType)) continue;
    throw new Fault('ATTACHMENT_TYPE', {
      public: `${shown(file)}: ${file.mimeType}; разрешены ${types.join(', ')}`,
    });
  }
}

/** @throws Fault ATTACHMENT_TYPE where the octets are of another type than was said */
export async function checkContents(
  store: Pick<FileStore, 'read'>,
  files: readonly UnjudgedFile[],
  { sniff }: FilePolicy,
): Promise<void> {
  if (!sniff) return;
  for (const file of files) {
    const other = await otherType(await beginning(store, file.key), file.mimeType);
    if (other === undefined) continue;
    const told = other === '' ? 'содержимое не этого типа' : `по содержимому это ${other}`;
    throw new Fault('ATTACHMENT_TYPE', { public: `${shown(file)}: ${file.mimeType}, ${told}` });
  }
}

async function beginning(store: Pick<FileStore, 'read'>, key: string): Promise<Uint8Array> {
  const octets = await store.read(key);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of octets as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= sniffedBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, sniffedBytes);
}

/**
 * Whose signature each file bears; whoever signed must be trusted at that time, be it a person or the
 * system.
 *
 * @param profile of the message; of 2001 where GOST 2001 counts
 * @throws Fault ATTACHMENT_SIGNATURE_INVALID, and those of certificates
 */
export async function verifySignatures(
  context: Judging,
  files: readonly UnjudgedFile[],
  { at, profile }: { readonly at: number; readonly profile: ProfileName },
): Promise<ReadonlyMap<UnjudgedFile, string>> {
  const digested = [];
  const signed: UnjudgedFile[] = [];
  for (const file of files) {
    const { signature } = file;
    if (signature === undefined) continue;
    const digest = file.digests.get(signature.hash) ?? (await digestOf(context, file, signature));
    digested.push({ name: file.name, cms: signature.cms, digest });
    signed.push(file);
  }
  if (digested.length === 0) return new Map();
  const trust = context.registry().trustAt(at);
  const signers = new Map<UnjudgedFile, string>();
  for (const [index, signer] of (await context.compute.verifyFiles(digested)).entries()) {
    const certificate = readCertificate(signer.certificate);
    const file = signed[index];
    if (file === undefined) continue;
    judgeFileSigner(file, { ...signer, certificate }, trust, { at, profile });
    signers.set(file, certificate.fingerprint);
  }
  return signers;
}

/**
 * Whether who signed a file is trusted at the time of its message.
 *
 * @throws Fault those of certificates, naming the file
 */
export function judgeFileSigner(
  file: { readonly name: string },
  { certificate, stapled }: { readonly certificate: Certificate } & Pick<FileSigner, 'stapled'>,
  trust: TrustStore,
  { at, profile }: { readonly at: number; readonly profile: ProfileName },
): void {
  const old = { gost2001: profile === 'smev3-2001' };
  const told = stapled.length === 0 ? trust : withStapled(trust, certificate, stapled, at, old);
  const distrust = judgeCertificate(certificate, told, at, old);
  if (distrust === undefined) return;
  const why = distrust.detail.public === undefined ? '' : `: ${distrust.detail.public}`;
  throw new Fault(distrust.code, { public: `${attachmentWord} ${shown(file)}${why}` });
}

async function digestOf(
  context: Judging,
  { key }: UnjudgedFile,
  { hash }: ClaimedSignature,
): Promise<Uint8Array> {
  const digest = (await digestsOf(context, key, [hash])).get(hash);
  if (digest === undefined) throw new Fault('INTERNAL', { private: `no digest ${hash}` });
  return digest;
}

/** Digests of a file in the store, read once for all of them. */
export async function digestsOf(
  { files, digester }: Pick<ExchangeContext, 'digester' | 'files'>,
  key: string,
  hashes: readonly ContentHash[],
): Promise<ReadonlyMap<ContentHash, Uint8Array>> {
  const running = digester.begin(hashes);
  try {
    for await (const chunk of (await files.read(key)) as AsyncIterable<Buffer>) {
      await running.update(chunk);
    }
    return await running.finish();
  } finally {
    running.drop();
  }
}

/**
 * What the operator's own check says: a scanner for viruses, say.
 *
 * @throws Fault ATTACHMENT_REFUSED; BUSY where the check itself does not work
 */
export async function checkByOperator(
  { checkFile, files: store }: Pick<ExchangeContext, 'checkFile' | 'files'>,
  files: readonly UnjudgedFile[],
): Promise<void> {
  if (checkFile === undefined) return;
  for (const file of files) {
    const { name, mimeType, key } = file;
    const verdict = await checkFile({ name, mimeType, open: () => store.read(key) }).catch(
      (cause: unknown) => {
        throw new Fault('BUSY', { private: `check of files: ${String(cause)}`, cause });
      },
    );
    if (verdict.passed) continue;
    throw new Fault('ATTACHMENT_REFUSED', { public: `${shown(file)}: ${verdict.why}` });
  }
}

/** @param signer fingerprint of whoever signed it */
export function takenFile(file: UnjudgedFile, signer: string | undefined): TakenFile {
  const { digests, signature: _, ...kept } = file;
  return { ...kept, sha256: Buffer.from(digests.get('sha256') ?? []).toString('hex'), signer };
}

/** A name as a peer may be told. */
export function shown({ name }: { readonly name: string }): string {
  return `«${name.slice(0, 100)}»`;
}
