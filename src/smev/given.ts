import { carried } from '../xml/canonicalize.ts';
import type { XmlElement } from '../xml/document.ts';
import { child, childElements, childText } from '../xml/navigate.ts';
import type { Reason } from './calls.ts';
import { type GivenFiles, readGivenFiles } from './given-files.ts';
import { dsNamespace, smevNamespaces, soapNamespace, type Version } from './namespaces.ts';
import { instant, primaryContent } from './requests.ts';

// What SMEV hands over to an information system, as values. Who verified the elements is the
// reader's business: nothing is verified here.

/** Business content on its way through, as text of one element each. */
export interface GivenContent {
  readonly content: string;
  /** The person's ds:Signature over the content. */
  readonly personalSignature?: string;
}

/** A Request of a GetRequestResponse. Times are ms UTC. */
export interface GivenRequest {
  readonly messageId: string;
  readonly referenceMessageId: string | undefined;
  readonly transactionCode: string | undefined;
  readonly eol: number | undefined;
  readonly test: boolean;
  /** '' where the message cannot be answered (a broadcast). */
  readonly replyTo: string;
  readonly hasAttachments: boolean;
  readonly files?: GivenFiles;
  readonly content: GivenContent;
}

/** A status that SMEV itself tells: `fault` where the message came to nothing. */
export interface GivenAsync {
  readonly kind: 'async';
  readonly category: string;
  readonly details: string | undefined;
  readonly fault: Reason | undefined;
}

export type Said =
  | ({ readonly kind: 'content' } & GivenContent)
  | { readonly kind: 'rejection'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'status'; readonly code: number; readonly description: string }
  | GivenAsync;

/** A Response of a GetResponseResponse. */
export interface GivenResponse {
  readonly messageId: string;
  /** MessageID of the request. */
  readonly originalMessageId: string;
  readonly hasAttachments: boolean;
  readonly files?: GivenFiles;
  readonly said: Said;
}

/** A soap:Fault, as far as it can be told apart. */
export interface GivenFault {
  /** Local name of the SMEV fault in detail; undefined where there is none. */
  readonly element: string | undefined;
  readonly faultcode: string;
  /** faultstring: it may quote the message, so it goes into no log. */
  readonly text: string;
  /** The node's own code or SMEV's number, where the text begins with one. */
  readonly code: string | undefined;
}

/**
 * @param read the Request element, read again from verified octets
 * @param whole the same element in its envelope, from where the content is taken with its prefixes
 * @returns undefined where something is missing
 */
export function readGivenRequest(
  read: XmlElement,
  whole: XmlElement,
  version: Version,
): GivenRequest | undefined {
  const { types } = smevNamespaces[version];
  const data = child(read, types, 'SenderProvidedRequestData');
  const carriedIn = child(whole, types, 'SenderProvidedRequestData');
  const messageId = data && textOf(data, types, 'MessageID');
  const content = carriedIn && readContent(carriedIn, version);
  if (data === undefined || messageId === undefined || content === undefined) return undefined;
  const eol = textOf(data, types, 'EOL');
  const files = readGivenFiles(read, data, version);
  return {
    messageId,
    referenceMessageId: textOf(data, types, 'ReferenceMessageID'),
    transactionCode: textOf(data, types, 'TransactionCode'),
    eol: eol === undefined ? undefined : instant(eol),
    test: child(data, types, 'TestMessage') !== undefined,
    replyTo: childText(read, types, 'ReplyTo') ?? '',
    hasAttachments: hasAttachments(data, version),
    ...(files === undefined ? {} : { files }),
    content,
  };
}

/** The same of a Response element. */
export function readGivenResponse(
  read: XmlElement,
  whole: XmlElement,
  version: Version,
): GivenResponse | undefined {
  const { types } = smevNamespaces[version];
  const data = child(read, types, 'SenderProvidedResponseData');
  const carriedIn = child(whole, types, 'SenderProvidedResponseData');
  const messageId = data && textOf(data, types, 'MessageID');
  if (data === undefined || carriedIn === undefined || messageId === undefined) return undefined;
  const said = readSaid(data, carriedIn, version);
  const async = child(data, types, 'AsyncProcessingStatus');
  const originalMessageId =
    textOf(read, types, 'OriginalMessageId') ??
    (async && textOf(async, types, 'OriginalMessageId'));
  if (said === undefined || originalMessageId === undefined) return undefined;
  const files = readGivenFiles(read, data, version);
  return {
    messageId,
    originalMessageId,
    hasAttachments: hasAttachments(data, version),
    ...(files === undefined ? {} : { files }),
    said,
  };
}

function readSaid(data: XmlElement, whole: XmlElement, version: Version): Said | undefined {
  const { types } = smevNamespaces[version];
  const content = readContent(whole, version);
  if (content !== undefined) return { kind: 'content', ...content };
  const async = child(data, types, 'AsyncProcessingStatus');
  if (async !== undefined) return readAsync(async, version);
  const status = child(data, types, 'RequestStatus');
  if (status !== undefined) {
    const code = Number(textOf(status, types, 'StatusCode'));
    const description = childText(status, types, 'StatusDescription') ?? '';
    return { kind: 'status', code: Number.isSafeInteger(code) ? code : 0, description };
  }
  const reasons = childElements(data)
    .filter(({ name, namespaceUri }) => name === 'RequestRejected' && namespaceUri === types)
    .map((each) => ({
      code: textOf(each, types, 'RejectionReasonCode') ?? '',
      description: childText(each, types, 'RejectionReasonDescription') ?? '',
    }));
  return reasons.length === 0 ? undefined : { kind: 'rejection', reasons };
}

const xsi = 'http://www.w3.org/2001/XMLSchema-instance';

/**
 * Real faults come substituted: xsi:type names the fault, with a prefix that the SMEV transform has
 * taken the meaning from, and children of that type beside Code and Description.
 */
function readAsync(async: XmlElement, version: Version): GivenAsync {
  const { types } = smevNamespaces[version];
  const fault = child(async, types, 'SmevFault');
  const said = (name: string) =>
    fault === undefined
      ? []
      : childElements(fault)
          .filter((each) => each.name === name)
          .map((each) => each.content.trim());
  const substituted = fault?.attrs
    .find(({ name, namespaceUri }) => name === 'type' && namespaceUri === xsi)
    ?.value.replace(/^.*:/, '')
    .trim();
  const texts = [...said('Description'), ...said('ValidationError')].filter((text) => text !== '');
  return {
    kind: 'async',
    category: textOf(async, types, 'StatusCategory') ?? '',
    details: childText(async, types, 'StatusDetails'),
    fault:
      fault === undefined
        ? undefined
        : {
            code: [...said('Code'), substituted, 'SmevFault'].find((code) => code) ?? '',
            description: texts.join('; '),
          },
  };
}

function readContent(data: XmlElement, version: Version): GivenContent | undefined {
  const content = primaryContent(data, version);
  if (content === undefined) return undefined;
  const personal = child(data, smevNamespaces[version].types, 'PersonalSignature');
  const signature = personal && child(personal, dsNamespace, 'Signature');
  return {
    content: carried(content).toString(),
    ...(signature === undefined ? {} : { personalSignature: carried(signature).toString() }),
  };
}

function hasAttachments(data: XmlElement, version: Version): boolean {
  const { basic } = smevNamespaces[version];
  return ['AttachmentHeaderList', 'RefAttachmentHeaderList'].some(
    (name) => child(data, basic, name) !== undefined,
  );
}

const faultNamespaces = 'urn://x-artefacts-smev-gov-ru/services/message-exchange/types/faults/';
const ownCode = /^(SMEV-\d+)?:?\s*(?:([A-Z]+(?:_[A-Z]+)*):)?/;

/** Reads a soap:Fault of any version of SMEV, whose parts have no namespace (SOAP 1.1 §4.4). */
export function readGivenFault(fault: XmlElement): GivenFault {
  const part = (name: string) => childElements(fault).find((each) => each.name === name);
  const detail = part('detail');
  const text = (part('faultstring')?.content ?? '').trim();
  const [, number, own] = ownCode.exec(text) ?? [];
  return {
    element: (detail === undefined ? [] : childElements(detail)).find(({ namespaceUri }) =>
      namespaceUri.startsWith(faultNamespaces),
    )?.name,
    faultcode: (part('faultcode')?.content ?? '').replace(/^.*:/, '').trim(),
    text,
    code: own ?? number,
  };
}

/** The soap:Fault of a Body, where there is one. */
export function faultIn(body: XmlElement): XmlElement | undefined {
  return child(body, soapNamespace, 'Fault');
}

function textOf(parent: XmlElement, namespace: string, local: string): string | undefined {
  const text = childText(parent, namespace, local)?.trim();
  return text === '' ? undefined : text;
}
