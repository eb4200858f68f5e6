import { readGivenFault, readGivenResponse } from '../smev/given.ts';
import { smevNamespaces, soapNamespace, versionOfTypes } from '../smev/namespaces.ts';
import { withXml, type XmlElement, XmlRefused } from '../xml/document.ts';
import { child, childElements, childText, isNamed } from '../xml/navigate.ts';

/** What came back over HTTP, as far as it could be read. */
export interface Answered {
  readonly status: number;
  /** Local name of the Body's child, such as SendRequestResponse; absent for what is no envelope. */
  readonly operation?: string;
  /** MessageID that the answer speaks of: of the message accepted, or of the one handed over. */
  readonly messageId?: string;
  /** Of an answer handed over by GetResponse: the MessageID of its request. */
  readonly originalMessageId?: string;
  /** A RequestStatus: the final answer is still to come. */
  readonly interim?: true;
  readonly fault?: AnsweredFault;
  readonly xml: string;
}

export interface AnsweredFault {
  /** The node's own code or SMEV's number where there is one, else the faultcode. */
  readonly code: string;
  readonly text: string;
}

/** Posts one signed envelope and reads what comes back. */
export type Post = (envelope: string, step: string) => Promise<Answered>;

/**
 * Reads an answer of this node or of another, to be shown: nothing is verified. What is not SOAP is
 * shown as it stands.
 */
export function readAnswer(status: number, bytes: Uint8Array): Answered {
  const xml = Buffer.from(bytes).toString('utf8');
  try {
    return withXml(bytes, ({ root }) => ({ status, ...readEnvelope(root), xml }));
  } catch (error) {
    if (error instanceof XmlRefused) return { status, xml };
    throw error;
  }
}

function readEnvelope(root: XmlElement): Omit<Answered, 'status' | 'xml'> {
  const body = child(root, soapNamespace, 'Body');
  const payload = body && childElements(body)[0];
  if (payload === undefined) return {};
  if (isNamed(payload, soapNamespace, 'Fault')) {
    const { code, faultcode, text } = readGivenFault(payload);
    return { operation: 'Fault', fault: { code: code ?? faultcode, text } };
  }
  return { operation: payload.name, ...idsOf(payload) };
}

function idsOf(payload: XmlElement): Pick<Answered, 'messageId' | 'originalMessageId' | 'interim'> {
  const version = versionOfTypes(payload.namespaceUri);
  if (version === undefined) return {};
  const { types } = smevNamespaces[version];
  const message = child(payload, types, 'ResponseMessage');
  const response = message && child(message, types, 'Response');
  if (response !== undefined) {
    const given = readGivenResponse(response, response, version);
    if (given === undefined) return {};
    const { messageId, originalMessageId, said } = given;
    return {
      messageId,
      originalMessageId,
      ...(said.kind === 'status' ? { interim: true as const } : {}),
    };
  }
  const metadata = child(payload, types, 'MessageMetadata');
  const messageId = metadata && childText(metadata, types, 'MessageId')?.trim();
  return messageId === undefined ? {} : { messageId };
}
