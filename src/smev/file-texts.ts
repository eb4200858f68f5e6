import { includeText } from '../soap/xop.ts';
import { escapeText } from '../xml/escape.ts';
import type { Version } from './namespaces.ts';

// The elements of the basic namespace that tell of files, in the prefix b.

/** Begins what a refusal says of one file's signer. */
export const attachmentWord = 'вложение';

/** A file that goes with a message: its octets in base64, or the Content-ID of the part that holds them. */
export interface AttachedCall {
  readonly contentId: string;
  readonly mimeType: string;
  readonly signature?: Uint8Array;
  readonly content: { readonly octets: Uint8Array } | { readonly part: string };
}

/** A file that was uploaded before. */
export interface StoredCall {
  readonly uuid: string;
  /** Only 1.3 can say it. */
  readonly fileName?: string;
  readonly hash: Uint8Array;
  readonly mimeType: string;
  readonly signature?: Uint8Array;
}

/** What the headers of a message say of its files. */
export interface HeadedFiles {
  readonly attached?: readonly Omit<AttachedCall, 'content'>[];
  readonly stored?: readonly StoredCall[];
}

export interface CallFiles extends HeadedFiles {
  readonly attached?: readonly AttachedCall[];
}

/** AttachmentHeaderList and RefAttachmentHeaderList, where there are files. */
export function headerLists(version: Version, { attached = [], stored = [] }: HeadedFiles): string {
  const headers = attached.map(
    ({ contentId, mimeType, signature }) =>
      `<b:AttachmentHeader>${basicLeaf('contentId', contentId)}` +
      `${basicLeaf('MimeType', mimeType)}${signatureText(signature)}</b:AttachmentHeader>`,
  );
  const references = stored.map(
    ({ uuid, fileName, hash, mimeType, signature }) =>
      `<b:RefAttachmentHeader>${basicLeaf('uuid', uuid)}` +
      (version === '1.3' && fileName !== undefined ? basicLeaf('FileName', fileName) : '') +
      `${basicLeaf('Hash', base64(hash))}${basicLeaf('MimeType', mimeType)}` +
      `${signatureText(signature)}</b:RefAttachmentHeader>`,
  );
  return list('AttachmentHeaderList', headers) + list('RefAttachmentHeaderList', references);
}

/** AttachmentContentList, where files go with the message. */
export function contentListText(
  attached: readonly Pick<AttachedCall, 'contentId' | 'content'>[],
): string {
  const items = attached.map(({ contentId, content }) => {
    const text = 'part' in content ? includeText(content.part) : base64(content.octets);
    return `<b:AttachmentContent>${basicLeaf('Id', contentId)}<b:Content>${text}</b:Content></b:AttachmentContent>`;
  });
  return list('AttachmentContentList', items);
}

function list(name: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `<b:${name}>${items.join('')}</b:${name}>`;
}

/** An element of the basic namespace with text alone. */
export function basicLeaf(name: string, text: string): string {
  return `<b:${name}>${escapeText(text)}</b:${name}>`;
}

function signatureText(signature: Uint8Array | undefined): string {
  return signature === undefined ? '' : basicLeaf('SignaturePKCS7', base64(signature));
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}
