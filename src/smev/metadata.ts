import { escapeText } from '../xml/escape.ts';
import type { Version } from './namespaces.ts';

/** One side of an exchange, as MessageMetadata names it. */
export interface Party {
  /** At most 50 characters. */
  readonly mnemonic: string;
  readonly name: string;
}

/** What the node says of a message; times are ms UTC. */
export interface Metadata {
  readonly messageId: string;
  readonly messageType: 'REQUEST' | 'RESPONSE';
  readonly sender: Party;
  readonly sentAt: number;
  /** The queue that the message stands in; 1.3 does not carry it. */
  readonly destination: string;
  readonly recipient: Party | undefined;
  /** The name of the message type. */
  readonly contentType: string | undefined;
  readonly deliveredAt: number | undefined;
  /** A value of the version's InteractionStatusType. */
  readonly status: string | undefined;
}

/**
 * MessageMetadata of the version, in the prefix t for its types namespace.
 *
 * @param id value of the Id attribute, or undefined where another element is signed
 */
export function metadataText(metadata: Metadata, version: Version, id: string | undefined): string {
  const brief = version === '1.3';
  const parts = [
    leaf('MessageId', metadata.messageId),
    leaf('MessageType', metadata.messageType),
    party('Sender', metadata.sender),
    leaf('SendingTimestamp', timestamp(metadata.sentAt)),
    brief ? '' : leaf('DestinationName', metadata.destination),
    metadata.recipient === undefined ? '' : party('Recipient', metadata.recipient),
    brief ? '' : supplementary(metadata.contentType),
    metadata.deliveredAt === undefined
      ? ''
      : leaf('DeliveryTimestamp', timestamp(metadata.deliveredAt)),
    metadata.status === undefined ? '' : leaf('Status', metadata.status),
  ];
  const attribute = id === undefined ? '' : ` Id="${id}"`;
  return `<t:MessageMetadata${attribute}>${parts.join('')}</t:MessageMetadata>`;
}

function supplementary(contentType: string | undefined): string {
  const detected = contentType === undefined ? '' : leaf('DetectedContentTypeName', contentType);
  return `<t:SupplementaryData>${detected}${leaf('InteractionType', 'NotDetected')}</t:SupplementaryData>`;
}

function party(name: string, { mnemonic, name: human }: Party): string {
  return `<t:${name}>${leaf('Mnemonic', mnemonic)}${leaf('HumanReadableName', human)}</t:${name}>`;
}

/** An element of the types namespace with text alone. */
export function leaf(name: string, text: string): string {
  return `<t:${name}>${escapeText(text)}</t:${name}>`;
}

/** xs:dateTime in UTC with milliseconds. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}
