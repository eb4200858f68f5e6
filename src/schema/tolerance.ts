import { smevNamespaces } from '../smev/namespaces.ts';
import type { XmlElement } from '../xml/document.ts';
import { childElements, childText } from '../xml/navigate.ts';

const { types, basic, faults } = smevNamespaces['1.2'];

/** One way in which real 1.2 traffic leaves the published schema and is let through. */
export interface Deviation {
  /** Stable name, printed by `validate` and kept in the journal. */
  readonly name: string;
  /** Local name of the element, of types or basic, where it is looked for. */
  readonly at: string;
  isIn(element: XmlElement): boolean;
}

/**
 * Every deviation that schemas/smev/1.2-tolerant allows beyond schemas/smev/1.2. Most are the
 * content model of 1.3 in the namespaces of 1.2.
 */
export const deviations: readonly Deviation[] = [
  absent('SenderProvidedRequestData', 'ReferenceMessageID'),
  absent('SenderProvidedRequestData', 'TransactionCode'),
  absent('Request', 'ReplyTo'),
  absent('Response', 'OriginalMessageId'),
  absent('Response', 'OriginalTransactionCode'),
  absent('Response', 'ReferenceMessageID'),
  absent('MessageMetadata', 'MessageId'),
  absent('MessageMetadata', 'Sender'),
  absent('MessageMetadata', 'DestinationName'),
  absent('MessageMetadata', 'SupplementaryData'),
  absent('Sender', 'Mnemonic'),
  absent('Sender', 'HumanReadableName'),
  absent('Recipient', 'Mnemonic'),
  absent('Recipient', 'HumanReadableName'),
  present('AttachmentHeader', 'NamespaceUri'),
  present('AttachmentHeader', 'Archive'),
  present('RefAttachmentHeader', 'FileName'),
  present('RefAttachmentHeader', 'NamespaceUri'),
  present('RefAttachmentHeader', 'Archive'),
  value('MessageMetadata', 'Status', 'unlisted', isUnlistedStatus),
  value('AsyncProcessingStatus', 'StatusCategory', 'unlisted', isUnlistedStatus),
  value('RequestRejected', 'RejectionReasonCode', 'FAILURE', (code) => code === 'FAILURE'),
  value('SmevFault', 'Code', 'longer-than-50', (code) => [...code].length > 50),
  {
    name: 'AckTargetMessage/@accepted:absent',
    at: 'AckTargetMessage',
    isIn: (element) => element.attr('accepted') === null,
  },
];

/** Names of the deviations in a 1.2 element that the tolerant schema found valid. */
export function toleratedDeviations(element: XmlElement): string[] {
  const found = new Set<string>();
  collect(element, found);
  return deviations.map(({ name }) => name).filter((name) => found.has(name));
}

// What stands here is judged by other schemas, or by none.
const foreign = new Set(['MessagePrimaryContent', 'BusinessProcessMetadata']);

function collect(element: XmlElement, found: Set<string>): void {
  const namespace = element.namespaceUri;
  if (namespace !== types && namespace !== basic && namespace !== faults) return;
  // Each element of the faults namespace is a SmevFault, whatever it is called.
  const place = namespace === faults ? 'SmevFault' : element.name;
  for (const { name, at, isIn } of deviations) {
    if (at === place && !found.has(name) && isIn(element)) found.add(name);
  }
  if (foreign.has(element.name)) return;
  for (const inner of childElements(element)) collect(inner, found);
}

function absent(at: string, local: string): Deviation {
  return {
    name: `${at}/${local}:absent`,
    at,
    isIn: (element) => text(element, local) === undefined,
  };
}

function present(at: string, local: string): Deviation {
  return {
    name: `${at}/${local}:present`,
    at,
    isIn: (element) => text(element, local) !== undefined,
  };
}

function value(
  at: string,
  local: string,
  how: string,
  deviates: (text: string) => boolean,
): Deviation {
  const isIn = (element: XmlElement) => {
    const found = text(element, local);
    return found !== undefined && deviates(found);
  };
  return { name: `${at}/${local}:${how}`, at, isIn };
}

function text(element: XmlElement, local: string): string | undefined {
  return childText(element, types, local) ?? childText(element, basic, local);
}

/** InteractionStatusType of the published 1.2. */
function isUnlistedStatus(status: string): boolean {
  return ![
    'doesNotExist',
    'requestIsQueued',
    'requestIsAcceptedBySmev',
    'requestIsRejectedBySmev',
    'underProcessing',
    'responseIsAcceptedBySmev',
    'responseIsDelivered',
    'cancelled',
  ].includes(status);
}
