import { escapeAttribute } from '../xml/escape.ts';
import type { QName } from '../xml/navigate.ts';
import { type CallFiles, contentListText, headerLists } from './file-texts.ts';
import { leaf, timestamp } from './metadata.ts';
import { smevNamespaces, type Version } from './namespaces.ts';
import { type Template, templateOf } from './template.ts';

/** The Id that callers conventionally give to what they sign. */
export const callerId = 'SIGNED_BY_CALLER';

export interface RequestCall {
  readonly messageId: string;
  /** The business content as text of one element. */
  readonly content: string;
  /** The person's signature over the content, as the text of ds:Signature. */
  readonly personalSignature?: string;
  /** Of the chain that the request belongs to. */
  readonly referenceMessageId?: string;
  readonly transactionCode?: string;
  readonly nodeId?: string;
  /** ms UTC */
  readonly eol?: number;
  readonly test?: boolean;
  readonly files?: CallFiles;
}

/** SendRequestRequest as an information system sends it; the published 1.2 demands more of it. */
export function sendRequestCall(version: Version, call: RequestCall): Template {
  const demanded = version === '1.2' ? call.messageId : undefined;
  const data =
    leaf('MessageID', call.messageId) +
    optional('ReferenceMessageID', call.referenceMessageId ?? demanded) +
    optional('TransactionCode', call.transactionCode ?? demanded) +
    (call.nodeId === undefined ? '' : leaf('NodeID', call.nodeId)) +
    (call.eol === undefined ? '' : leaf('EOL', timestamp(call.eol))) +
    contentText(call) +
    headerLists(version, call.files ?? {}) +
    (call.test === true ? '<t:TestMessage></t:TestMessage>' : '');
  const beside = contentListText(call.files?.attached ?? []);
  return signedCall('SendRequest', version, 't:SenderProvidedRequestData', data, { beside });
}

function optional(name: string, value: string | undefined): string {
  return value === undefined ? '' : leaf(name, value);
}

function contentText({
  content,
  personalSignature,
}: {
  readonly content: string;
  readonly personalSignature?: string;
}): string {
  const signed =
    personalSignature === undefined
      ? ''
      : `<t:PersonalSignature>${personalSignature}</t:PersonalSignature>`;
  return `<b:MessagePrimaryContent>${content}</b:MessagePrimaryContent>${signed}`;
}

/** One reason of a refusal in substance. */
export interface Reason {
  /** A value of RejectCode of the version. */
  readonly code: string;
  readonly description: string;
}

/** What an answer of an information system says. */
export type ResponseContent =
  | { readonly content: string; readonly personalSignature?: string; readonly files?: CallFiles }
  | { readonly rejected: Reason | readonly Reason[] }
  | { readonly status: { readonly code: number; readonly description: string } };

/** SendResponseRequest to the ReplyTo of a request. */
export function sendResponseCall(
  version: Version,
  messageId: string,
  to: string,
  answer: ResponseContent,
): Template {
  const files = ('content' in answer ? answer.files : undefined) ?? {};
  const data =
    leaf('MessageID', messageId) +
    leaf('To', to) +
    responseText(answer) +
    headerLists(version, files);
  const beside = contentListText(files.attached ?? []);
  return signedCall('SendResponse', version, 't:SenderProvidedResponseData', data, { beside });
}

function responseText(answer: ResponseContent): string {
  if ('content' in answer) return contentText(answer);
  if ('rejected' in answer) {
    return [answer.rejected]
      .flat()
      .map(
        ({ code, description }) =>
          `<t:RequestRejected>${leaf('RejectionReasonCode', code)}${leaf('RejectionReasonDescription', description)}</t:RequestRejected>`,
      )
      .join('');
  }
  const { code, description } = answer.status;
  return `<t:RequestStatus>${leaf('StatusCode', String(code))}${leaf('StatusDescription', description)}</t:RequestStatus>`;
}

export interface PollCall {
  /** ms UTC */
  readonly at: number;
  readonly type?: QName;
  readonly nodeId?: string;
}

/** GetRequestRequest or GetResponseRequest. */
export function pollCall(
  operation: 'GetRequest' | 'GetResponse',
  version: Version,
  { at, type, nodeId }: PollCall,
): Template {
  const selector =
    type === undefined
      ? ''
      : leaf('NamespaceURI', type.namespace) + leaf('RootElementLocalName', type.local);
  const data =
    selector +
    leaf('Timestamp', timestamp(at)) +
    (nodeId === undefined ? '' : leaf('NodeID', nodeId));
  const inBasic = data.replace(/<(\/?)t:/g, '<$1b:');
  return signedCall(operation, version, 'b:MessageTypeSelector', inBasic);
}

/** AckRequest for a message that was taken (or whose SMEV signature was not believed). */
export function ackCall(version: Version, messageId: string, accepted = true): Template {
  const attributes = ` accepted="${escapeAttribute(String(accepted))}"`;
  return signedCall('Ack', version, 'b:AckTargetMessage', messageId, { attributes });
}

/** GetStatusRequest or GetIncomingQueueStatisticsRequest. */
export function lookCall(
  operation: 'GetStatus' | 'GetIncomingQueueStatistics',
  version: Version,
  at: number,
): Template {
  return signedCall(operation, version, 'b:Timestamp', timestamp(at));
}

function signedCall(
  operation: string,
  version: Version,
  element: string,
  inner: string,
  { attributes = '', beside = '' }: { readonly attributes?: string; readonly beside?: string } = {},
): Template {
  const { types, basic } = smevNamespaces[version];
  const name = `${operation}Request`;
  const id = freeId(inner);
  return templateOf(
    `<t:${name} xmlns:t="${types}" xmlns:b="${basic}">` +
      `<${element} Id="${id}"${attributes}>${inner}</${element}>${beside}<t:CallerInformationSystemSignature>`,
    `</t:CallerInformationSystemSignature></t:${name}>`,
    id,
  );
}

/** Content that was written elsewhere may use the conventional Id itself. */
function freeId(inner: string): string {
  let id = callerId;
  for (let n = 2; inner.includes(id); n += 1) id = `${callerId}_${n}`;
  return id;
}
