import { Fault } from '../fault/fault.ts';
import { includedId } from '../soap/xop.ts';
import type { XmlElement } from '../xml/document.ts';
import { child, childElements, childText, isNamed } from '../xml/navigate.ts';
import { smevNamespaces, type Version } from './namespaces.ts';

/** What the sender signed of a file in AttachmentHeaderList; its octets come beside the signed element. */
export interface AttachmentHeader {
  readonly contentId: string;
  readonly mimeType: string;
  /** A detached PKCS#7 signature of the octets. */
  readonly signature: Uint8Array | undefined;
}

/** What the sender signed of a file in RefAttachmentHeaderList; it was uploaded to the file store. */
export interface RefAttachmentHeader {
  /** Name of the folder that holds the file. */
  readonly uuid: string;
  /** 1.3 alone; else the one file in the folder. */
  readonly fileName: string | undefined;
  /** Hash of the octets. */
  readonly hash: Uint8Array;
  readonly mimeType: string;
  readonly signature: Uint8Array | undefined;
}

export interface AttachmentHeaders {
  readonly attached: readonly AttachmentHeader[];
  readonly stored: readonly RefAttachmentHeader[];
}

/** An AttachmentContent: octets in base64, or where they were moved to. */
export type AttachmentContent =
  | { readonly id: string; readonly octets: Uint8Array }
  | { readonly id: string; readonly part: string };

/**
 * The headers in SenderProvidedRequestData or SenderProvidedResponseData.
 *
 * @throws Fault ATTACHMENTS_DISAGREE for base64 that is none
 */
export function readAttachmentHeaders(data: XmlElement, version: Version): AttachmentHeaders {
  const { basic } = smevNamespaces[version];
  const attached = itemsOf(data, basic, 'AttachmentHeaderList', 'AttachmentHeader');
  const stored = itemsOf(data, basic, 'RefAttachmentHeaderList', 'RefAttachmentHeader');
  return {
    attached: attached.map((header) => ({
      contentId: textOf(header, basic, 'contentId'),
      mimeType: textOf(header, basic, 'MimeType'),
      signature: signatureOf(header, basic),
    })),
    stored: stored.map((header) => ({
      uuid: textOf(header, basic, 'uuid'),
      fileName: childText(header, basic, 'FileName'),
      hash: base64(textOf(header, basic, 'Hash'), 'Hash'),
      mimeType: textOf(header, basic, 'MimeType'),
      signature: signatureOf(header, basic),
    })),
  };
}

/**
 * The contents in AttachmentContentList, which stands beside the signed element.
 *
 * @throws Fault ATTACHMENTS_DISAGREE, XOP_INCLUDE
 */
export function readAttachmentContents(payload: XmlElement, version: Version): AttachmentContent[] {
  const { basic } = smevNamespaces[version];
  return itemsOf(payload, basic, 'AttachmentContentList', 'AttachmentContent').map((item) => {
    const id = textOf(item, basic, 'Id');
    const content = child(item, basic, 'Content');
    const part = content && includedId(content);
    return part === undefined ? { id, octets: base64(content?.content ?? '', id) } : { id, part };
  });
}

/** Whether this is the Content of an AttachmentContent of the payload, where an xop:Include may stand. */
export function isAttachmentContent(
  element: XmlElement,
  payload: XmlElement,
  version: Version,
): boolean {
  const { basic } = smevNamespaces[version];
  const item = element.parent;
  const list = item?.parent;
  if (item === null || !list) return false;
  return (
    isNamed(element, basic, 'Content') &&
    isNamed(item, basic, 'AttachmentContent') &&
    isNamed(list, basic, 'AttachmentContentList') &&
    list.parent?.isSameNode(payload) === true
  );
}

/**
 * Headers and contents must name the same files, each once; their order is free.
 *
 * @throws Fault ATTACHMENTS_DISAGREE
 */
export function checkAgreement(
  { attached, stored }: AttachmentHeaders,
  contents: readonly AttachmentContent[],
): void {
  const headers = once(
    attached.map(({ contentId }) => contentId),
    'contentId',
  );
  const ids = once(
    contents.map(({ id }) => id),
    'AttachmentContent/Id',
  );
  once(
    stored.map(({ uuid }) => uuid),
    'uuid',
  );
  const noContent = [...headers].find((id) => !ids.has(id));
  if (noContent !== undefined) disagree(`нет содержимого для contentId ${shown(noContent)}`);
  const noHeader = [...ids].find((id) => !headers.has(id));
  if (noHeader !== undefined) disagree(`нет заголовка для AttachmentContent/Id ${shown(noHeader)}`);
}

function once(ids: readonly string[], what: string): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) disagree(`${what} ${shown(id)} повторяется`);
    seen.add(id);
  }
  return seen;
}

function itemsOf(parent: XmlElement, basic: string, list: string, item: string): XmlElement[] {
  const found = child(parent, basic, list);
  if (found === undefined) return [];
  return childElements(found).filter((each) => isNamed(each, basic, item));
}

function signatureOf(header: XmlElement, basic: string): Uint8Array | undefined {
  const text = childText(header, basic, 'SignaturePKCS7');
  return text === undefined ? undefined : base64(text, 'SignaturePKCS7');
}

function textOf(parent: XmlElement, basic: string, local: string): string {
  return (childText(parent, basic, local) ?? '').trim();
}

const blanks = /[ \t\r\n]+/g;
const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** xs:base64Binary (XML Schema Part 2 §3.2.16), blanks anywhere. */
function base64(text: string, where: string): Uint8Array {
  const bare = text.replace(blanks, '');
  if (bare.length % 4 !== 0 || !alphabet.test(bare)) disagree(`${shown(where)}: не base64`);
  return new Uint8Array(Buffer.from(bare, 'base64'));
}

function shown(id: string): string {
  return `«${id.slice(0, 100)}»`;
}

function disagree(why: string): never {
  throw new Fault('ATTACHMENTS_DISAGREE', { public: why });
}
