import { Fault } from '../fault/fault.ts';
import type { XmlElement } from '../xml/document.ts';
import { child, childElements, childText, isNamed, type QName, qname } from '../xml/navigate.ts';
import {
  directiveNamespace,
  routingNamespace,
  smevNamespaces,
  type Version,
} from './namespaces.ts';
import type { Operation, OperationName } from './operations.ts';

/** What a caller asked, read from verified octets alone. Times are ms UTC. */
export type Request =
  | SendRequest
  | SendResponse
  | Poll<'GetRequest'>
  | Poll<'GetResponse'>
  | { readonly operation: 'Ack'; readonly messageId: string; readonly accepted: boolean }
  | Look<'GetStatus'>
  | Look<'GetIncomingQueueStatistics'>;

export interface Poll<O extends OperationName> {
  readonly operation: O;
  readonly selector: Selector;
}

export interface Look<O extends OperationName> {
  readonly operation: O;
  /** ms UTC */
  readonly timestamp: number;
}

export interface SendRequest {
  readonly operation: 'SendRequest';
  readonly messageId: string;
  readonly referenceMessageId: string | undefined;
  readonly transactionCode: string | undefined;
  readonly nodeId: string;
  readonly eol: number | undefined;
  readonly test: boolean;
  readonly content: QName;
}

export interface SendResponse {
  readonly operation: 'SendResponse';
  readonly messageId: string;
  readonly to: string;
  readonly kind: 'response' | 'rejection' | 'status';
  readonly content: QName | undefined;
}

/** Which messages of an incoming queue the caller wants. */
export interface Selector {
  readonly type: QName | undefined;
  readonly timestamp: number;
  readonly nodeId: string;
}

/**
 * Reads the element that the caller signed. It was validated against the version's schema before.
 *
 * @param signed root of the re-read verified octets
 * @throws Fault NOT_BUILT, ASYNC_STATUS_FORBIDDEN, ENVELOPE_INVALID
 */
export function readRequest(operation: Operation, version: Version, signed: XmlElement): Request {
  switch (operation.name) {
    case 'SendRequest':
      return readSendRequest(version, signed);
    case 'SendResponse':
      return readSendResponse(version, signed);
    case 'GetRequest':
    case 'GetResponse':
      return { operation: operation.name, selector: readSelector(version, signed) };
    case 'Ack': {
      const accepted = signed.attr('accepted')?.value.trim() ?? 'true';
      return {
        operation: 'Ack',
        messageId: signed.content.trim(),
        accepted: accepted === 'true' || accepted === '1',
      };
    }
    default:
      return { operation: operation.name, timestamp: instant(signed.content) };
  }
}

function readSendRequest(version: Version, data: XmlElement): SendRequest {
  const { types, basic } = smevNamespaces[version];
  const eol = childText(data, types, 'EOL');
  return {
    operation: 'SendRequest',
    messageId: text(data, types, 'MessageID'),
    referenceMessageId: childText(data, types, 'ReferenceMessageID'),
    transactionCode: childText(data, types, 'TransactionCode'),
    nodeId: childText(data, types, 'NodeID') ?? '',
    eol: eol === undefined ? undefined : instant(eol),
    test: child(data, types, 'TestMessage') !== undefined,
    content: contentOf(data, basic) ?? missing('MessagePrimaryContent'),
  };
}

function readSendResponse(version: Version, data: XmlElement): SendResponse {
  const { types, basic } = smevNamespaces[version];
  if (child(data, types, 'AsyncProcessingStatus') !== undefined) {
    throw new Fault('ASYNC_STATUS_FORBIDDEN');
  }
  const rejected = child(data, types, 'RequestRejected') !== undefined;
  const status = child(data, types, 'RequestStatus') !== undefined;
  return {
    operation: 'SendResponse',
    messageId: text(data, types, 'MessageID'),
    to: text(data, types, 'To'),
    kind: rejected ? 'rejection' : status ? 'status' : 'response',
    content: contentOf(data, basic),
  };
}

function readSelector(version: Version, selector: XmlElement): Selector {
  const { basic } = smevNamespaces[version];
  const namespace = childText(selector, basic, 'NamespaceURI');
  const local = childText(selector, basic, 'RootElementLocalName');
  return {
    type:
      namespace === undefined || local === undefined
        ? undefined
        : { namespace: namespace.trim(), local: local.trim() },
    timestamp: instant(text(selector, basic, 'Timestamp')),
    nodeId: childText(selector, basic, 'NodeID') ?? '',
  };
}

/** The business content: the one child of MessagePrimaryContent. */
export function primaryContent(data: XmlElement, version: Version): XmlElement | undefined {
  const primary = child(data, smevNamespaces[version].basic, 'MessagePrimaryContent');
  return primary === undefined ? undefined : childElements(primary)[0];
}

function contentOf(data: XmlElement, basic: string): QName | undefined {
  const primary = child(data, basic, 'MessagePrimaryContent');
  const content = primary === undefined ? undefined : childElements(primary)[0];
  if (content === undefined) return undefined;
  if (content.namespaceUri === directiveNamespace) notBuilt('Registry');
  return qname(content);
}

/**
 * Parts of the request that stand beside the signed element and are not built yet.
 *
 * @throws Fault NOT_BUILT
 */
export function refuseUnbuilt(payload: XmlElement): void {
  for (const part of childElements(payload)) {
    if (isNamed(part, routingNamespace, 'Routing')) notBuilt(part.name);
  }
}

function notBuilt(part: string): never {
  throw new Fault('NOT_BUILT', { public: part });
}

function text(parent: XmlElement, namespace: string, local: string): string {
  return childText(parent, namespace, local) ?? missing(local);
}

function missing(local: string): never {
  throw new Fault('ENVELOPE_INVALID', {
    findings: [{ path: `//${local}`, line: 0, rule: 'cvc-complex-type.2.4', text: local }],
  });
}

/**
 * xs:dateTime (XML Schema Part 2 §3.2.7) as ms UTC; a value without a zone is taken as UTC, since
 * the protocol demands a zone and real senders forget it.
 */
export function instant(dateTime: string): number {
  const value = dateTime.trim();
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`;
  const at = Date.parse(zoned.replace(/(\.\d{3})\d+/, '$1').replace('T24:00:00', 'T00:00:00'));
  if (Number.isNaN(at)) {
    throw new Fault('ENVELOPE_INVALID', {
      findings: [{ path: '//Timestamp', line: 0, rule: 'cvc-datatype-valid.1.2.1', text: value }],
    });
  }
  return value.includes('T24:00:00') ? at + 86_400_000 : at;
}
