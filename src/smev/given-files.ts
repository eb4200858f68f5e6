import type { XmlElement } from '../xml/document.ts';
import { child, childElements, childText, isNamed } from '../xml/navigate.ts';
import type { StoreAccess } from './answers.ts';
import { type AttachmentHeaders, readAttachmentHeaders } from './attachments.ts';
import { smevNamespaces, type Version } from './namespaces.ts';

/** What a SMEV says of the files of a message that it hands over. */
export interface GivenFiles {
  readonly headers: AttachmentHeaders;
  /** How to fetch those of its file store. */
  readonly access: readonly StoreAccess[];
}

/**
 * @param read Request or Response, read again from verified octets
 * @param data its SenderProvided…Data
 * @returns undefined where there are none
 * @throws Fault ATTACHMENTS_DISAGREE
 */
export function readGivenFiles(
  read: XmlElement,
  data: XmlElement,
  version: Version,
): GivenFiles | undefined {
  const headers = readAttachmentHeaders(data, version);
  if (headers.attached.length + headers.stored.length === 0) return undefined;
  const { basic } = smevNamespaces[version];
  const list = child(read, basic, 'FSAttachmentsList');
  const items = list === undefined ? [] : childElements(list);
  const access = items
    .filter((item) => isNamed(item, basic, 'FSAttachment'))
    .map((item) => ({
      uuid: (childText(item, basic, 'uuid') ?? '').trim(),
      user: childText(item, basic, 'UserName') ?? '',
      password: childText(item, basic, 'Password') ?? '',
      fileName: childText(item, basic, 'FileName') ?? '',
    }));
  return { headers, access };
}
