import { Fault } from '../fault/fault.ts';
import { CmsError } from '../pki/cms-error.ts';
import { readDetached } from '../pki/cms-read.ts';
import { verifyDetached } from '../pki/cms-verify.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { OldAlgorithms } from '../pki/trust.ts';
import {
  type AttachmentHeaders,
  checkAgreement,
  readAttachmentContents,
} from '../smev/attachments.ts';
import type { Version } from '../smev/namespaces.ts';
import type { XmlElement } from '../xml/document.ts';

/** A detached signature that can be read; whether it is right the octets of the file will tell. */
export interface ClaimedSignature {
  readonly cms: Uint8Array;
  /** What the file is digested with. */
  readonly hash: ContentHash;
}

interface Claimed {
  readonly mimeType: string;
  readonly signature: ClaimedSignature | undefined;
}

/** A file that comes with the message: its octets, or the Content-ID of the part that holds them. */
export interface AttachedFile extends Claimed {
  readonly place: 'attached';
  readonly contentId: string;
  readonly content: { readonly octets: Uint8Array } | { readonly part: string };
}

/** A file that was uploaded before. */
export interface StoredFile extends Claimed {
  readonly place: 'stored';
  readonly uuid: string;
  readonly fileName: string | undefined;
  readonly hash: Uint8Array;
}

/** A file of a message as its sender signed it; nothing of its octets was judged yet. */
export type ClaimedFile = AttachedFile | StoredFile;

/**
 * The files of a message: signed headers, each with its content from beside the signed element.
 *
 * @param headers read again from verified octets
 * @throws Fault ATTACHMENTS_DISAGREE, XOP_INCLUDE, ATTACHMENT_SIGNATURE_INVALID
 */
export function claimedFiles(
  headers: AttachmentHeaders,
  payload: XmlElement,
  version: Version,
  old: OldAlgorithms,
): ClaimedFile[] {
  const contents = readAttachmentContents(payload, version);
  checkAgreement(headers, contents);
  const byId = new Map(contents.map(({ id, ...content }) => [id, content]));
  const attached = headers.attached.flatMap(({ contentId, mimeType, signature }) => {
    const content = byId.get(contentId);
    if (content === undefined) return [];
    const claimed = claimedSignature(signature, contentId, old);
    return [{ place: 'attached' as const, contentId, mimeType, signature: claimed, content }];
  });
  const stored = headers.stored.map(({ signature, ...header }) => ({
    place: 'stored' as const,
    ...header,
    signature: claimedSignature(signature, header.uuid, old),
  }));
  return [...attached, ...stored];
}

/**
 * A signature that can be read.
 *
 * @throws Fault ATTACHMENT_SIGNATURE_INVALID naming the file
 */
export function claimedSignature(
  cms: Uint8Array | undefined,
  name: string,
  old: OldAlgorithms,
): ClaimedSignature | undefined {
  if (cms === undefined) return undefined;
  return refusing(name, () => ({ cms, hash: readDetached(cms, old).hash }));
}

/** A signature with the digest of its file. */
export interface DigestedFile {
  readonly name: string;
  readonly cms: Uint8Array;
  readonly digest: Uint8Array;
}

/** Who signed a file, as plain data. */
export interface FileSigner {
  /** DER of the certificate. */
  readonly certificate: Uint8Array;
  /** OCSP responses that came with the signature, in DER. */
  readonly stapled: readonly Uint8Array[];
}

/**
 * Verifies the signatures over files by their digests.
 *
 * @returns each signer; whether the certificate is trusted is not judged here
 * @throws Fault ATTACHMENT_SIGNATURE_INVALID naming the file and what is wrong
 */
export function verifyFiles(files: readonly DigestedFile[], old: OldAlgorithms): FileSigner[] {
  return files.map(({ name, cms, digest }) =>
    refusing(name, () => {
      const signature = readDetached(cms, old);
      verifyDetached(signature, digest);
      return { certificate: signature.certificate.der, stapled: signature.stapled };
    }),
  );
}

function refusing<T>(name: string, judge: () => T): T {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof CmsError)) throw error;
    throw new Fault('ATTACHMENT_SIGNATURE_INVALID', {
      public: `«${name.slice(0, 100)}»: ${error.message.slice(0, 300)}`,
      cause: error,
    });
  }
}
