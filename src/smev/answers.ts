import { escapeAttribute, escapeText } from '../xml/escape.ts';
import type { Carried } from './carry.ts';
import { type AttachedCall, basicLeaf, contentListText } from './file-texts.ts';
import { leaf, type Metadata, metadataText } from './metadata.ts';
import { smevNamespaces, type Version } from './namespaces.ts';
import type { Template } from './template.ts';

/** What a message answers. */
export interface Original {
  readonly messageId: string;
  readonly transactionCode: string | undefined;
  readonly referenceMessageId: string | undefined;
}

/** A status that the node itself tells of a message. */
export interface AsyncStatus {
  readonly originalMessageId: string;
  /** A value of the version's InteractionStatusType. */
  readonly category: string;
  readonly details: string | undefined;
  readonly fault: { readonly code: string; readonly description: string } | undefined;
}

/** How the receiver of a message gets at its files. */
export interface DeliveredFiles {
  readonly attached: readonly Pick<AttachedCall, 'contentId' | 'content'>[];
  readonly stored: readonly StoreAccess[];
}

const noFiles: DeliveredFiles = { attached: [], stored: [] };

/** Access to one file of the file store, given for one delivery. */
export interface StoreAccess {
  readonly uuid: string;
  readonly user: string;
  readonly password: string;
  readonly fileName: string;
}

const conventional = 'SIGNED_BY_SMEV';

/** SendRequestResponse or SendResponseResponse: the message is on disk. */
export function acceptedAnswer(
  operation: 'SendRequest' | 'SendResponse',
  version: Version,
  metadata: Metadata,
): Template {
  const content = metadataText(metadata, version, conventional);
  return signedAnswer(`${operation}Response`, version, content, conventional);
}

/** GetRequestResponse with one request. */
export function requestAnswer(
  version: Version,
  { data, signature, ids }: Carried,
  metadata: Metadata,
  replyTo: string,
  files: DeliveredFiles = noFiles,
): Template {
  const id = freeId(ids, files);
  const content =
    `<t:Request Id="${id}">${data}${metadataText(metadata, version, undefined)}` +
    `${accessList(files)}${leaf('ReplyTo', replyTo)}${senderSignature(signature)}</t:Request>` +
    contentListText(files.attached);
  return messageAnswer('GetRequestResponse', 'RequestMessage', version, content, id);
}

/** GetResponseResponse with one answer of any kind. */
export function responseAnswer(
  version: Version,
  { data, signature, ids }: Carried,
  metadata: Metadata,
  original: Original,
  files: DeliveredFiles = noFiles,
): Template {
  const id = freeId(ids, files);
  const content =
    `<t:Response Id="${id}">${leaf('OriginalMessageId', original.messageId)}` +
    optional('OriginalTransactionCode', original.transactionCode, version, '') +
    optional('ReferenceMessageID', original.referenceMessageId, version, original.messageId) +
    `${data}${metadataText(metadata, version, undefined)}${accessList(files)}` +
    `${senderSignature(signature)}</t:Response>${contentListText(files.attached)}`;
  return messageAnswer('GetResponseResponse', 'ResponseMessage', version, content, id);
}

function accessList({ stored }: DeliveredFiles): string {
  if (stored.length === 0) return '';
  const items = stored.map(
    ({ uuid, user, password, fileName }) =>
      `<b:FSAttachment>${basicLeaf('uuid', uuid)}${basicLeaf('UserName', user)}` +
      `${basicLeaf('Password', password)}${basicLeaf('FileName', fileName)}</b:FSAttachment>`,
  );
  return `<b:FSAttachmentsList>${items.join('')}</b:FSAttachmentsList>`;
}

// The published 1.2 demands what the other versions leave out.
function optional(
  name: string,
  value: string | undefined,
  version: Version,
  demanded: string,
): string {
  if (value !== undefined) return leaf(name, value);
  return version === '1.2' ? leaf(name, demanded) : '';
}

/** An answer that says by being empty: nothing in the queue, or an acknowledgement taken. */
export function emptyAnswer(name: string, version: Version): Template {
  const text = `<t:${name} xmlns:t="${smevNamespaces[version].types}"></t:${name}>`;
  return { before: text, after: '', signedId: undefined };
}

/** GetStatusResponse with one notice. */
export function noticeAnswer(version: Version, status: AsyncStatus): Template {
  const content = `<t:AsyncProcessingStatusData Id="${conventional}">${asyncStatusText(status)}</t:AsyncProcessingStatusData>`;
  return messageAnswer(
    'GetStatusResponse',
    'SmevAsyncProcessingMessage',
    version,
    content,
    conventional,
  );
}

/** AsyncProcessingStatus in the prefixes t and b. */
export function asyncStatusText(status: AsyncStatus): string {
  const { details, fault } = status;
  const faultText =
    fault === undefined
      ? ''
      : `<t:SmevFault><b:Code>${escapeText(fault.code)}</b:Code><b:Description>${escapeText(fault.description)}</b:Description></t:SmevFault>`;
  return (
    `<t:AsyncProcessingStatus>${leaf('OriginalMessageId', status.originalMessageId)}` +
    leaf('StatusCategory', status.category) +
    (details === undefined ? '' : leaf('StatusDetails', details.slice(0, 500))) +
    `${faultText}</t:AsyncProcessingStatus>`
  );
}

/** GetIncomingQueueStatisticsResponse; it has no place for a signature. */
export function statisticsAnswer(
  version: Version,
  queues: readonly { readonly name: string; readonly pending: number }[],
): Template {
  const rows = queues
    .map(
      ({ name, pending }) =>
        `<t:QueueStatistics queueName="${escapeAttribute(name)}" pendingMessageNumber="${pending}"></t:QueueStatistics>`,
    )
    .join('');
  const element = 'GetIncomingQueueStatisticsResponse';
  const text = `<t:${element} xmlns:t="${smevNamespaces[version].types}">${rows}</t:${element}>`;
  return { before: text, after: '', signedId: undefined };
}

function signedAnswer(name: string, version: Version, content: string, id: string): Template {
  const { types, basic } = smevNamespaces[version];
  return {
    before: `<t:${name} xmlns:t="${types}" xmlns:b="${basic}">${content}<t:SMEVSignature>`,
    after: `</t:SMEVSignature></t:${name}>`,
    signedId: id,
  };
}

function messageAnswer(
  name: string,
  message: string,
  version: Version,
  content: string,
  id: string,
): Template {
  const { before, after } = signedAnswer(name, version, `<t:${message}>${content}`, id);
  return {
    before,
    after: after.replace('</t:SMEVSignature>', `</t:SMEVSignature></t:${message}>`),
    signedId: id,
  };
}

function senderSignature(signature: string | undefined): string {
  if (signature === undefined) return '';
  return `<t:SenderInformationSystemSignature>${signature}</t:SenderInformationSystemSignature>`;
}

/** AttachmentContent/Id is an xs:ID too, and its value is the sender's choice. */
function freeId(carried: ReadonlySet<string>, { attached }: DeliveredFiles): string {
  const used = new Set([...carried, ...attached.map(({ contentId }) => contentId)]);
  let id = conventional;
  for (let n = 2; used.has(id); n += 1) id = `${conventional}_${n}`;
  return id;
}
