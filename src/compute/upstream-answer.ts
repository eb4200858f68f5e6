import { asFault, Fault } from '../fault/fault.ts';
import { type Profile, profiles } from '../signature/profiles.ts';
import { verifyCovered } from '../signature/verify.ts';
import { verifyBody } from '../signature/wsse.ts';
import {
  type AttachmentContent,
  checkAgreement,
  readAttachmentContents,
} from '../smev/attachments.ts';
import {
  faultIn,
  type GivenFault,
  type GivenRequest,
  type GivenResponse,
  readGivenFault,
  readGivenRequest,
  readGivenResponse,
} from '../smev/given.ts';
import { smevNamespaces, soapNamespace, type Version } from '../smev/namespaces.ts';
import { openEnvelope } from '../soap/envelope.ts';
import { xmlFault } from '../soap/xml-fault.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { child, childText, isNamed } from '../xml/navigate.ts';

/** Whom an information system believes. */
export interface Belief {
  readonly version: Version;
  /** Fingerprints of the certificates that SMEV signs with. */
  readonly trusted: ReadonlySet<string>;
}

/** What SMEV answered. What it signs was read from verified octets. */
export type UpstreamAnswer =
  /** SendRequest or SendResponse was taken. */
  | { readonly kind: 'accepted'; readonly messageId: string }
  /** An AckResponse, which nobody signs. */
  | { readonly kind: 'acknowledged' }
  /** The queue is empty; nobody signs that. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'request'; readonly request: GivenRequest; readonly contents: Contents }
  | { readonly kind: 'response'; readonly response: GivenResponse; readonly contents: Contents }
  /** @param isSigned whether SMEV signed the Body; the real one does not */
  | { readonly kind: 'fault'; readonly fault: GivenFault; readonly isSigned: boolean };

/** Of attached files. Not signed: the octets, or the part that they were moved to. */
type Contents = readonly AttachmentContent[];

// What SMEV signs its messages by, and the Body of a fault.
const messageProfiles: readonly Profile[] = [profiles.smev3, profiles.xmldsig];
const bodyProfiles: readonly Profile[] = [profiles['gost-body'], profiles.xmldsig];

/**
 * Reads the answer of a SMEV as its client: opens the envelope, verifies the SMEVSignature over
 * exactly the element that the operation has signed, by a trusted certificate, and reads that
 * element again from the verified octets.
 *
 * @throws Fault what is no answer, or not verified
 */
export function readUpstreamAnswer(bytes: Uint8Array, belief: Belief): UpstreamAnswer {
  try {
    return withXml(bytes, (document) => readAnswer(document, belief));
  } catch (thrown) {
    throw asFault(xmlFault(thrown));
  }
}

function readAnswer(document: XmlDocument, belief: Belief): UpstreamAnswer {
  const payload = openEnvelope(document);
  if (isNamed(payload, soapNamespace, 'Fault')) return readFault(document, payload, belief);
  const { types } = smevNamespaces[belief.version];
  if (payload.namespaceUri !== types) {
    throw new Fault('NAMESPACE_UNKNOWN', { private: payload.namespaceUri.slice(0, 200) });
  }
  switch (payload.name) {
    case 'SendRequestResponse':
    case 'SendResponseResponse':
      return verifiedOf(document, payload, 'MessageMetadata', belief, (read) => {
        const messageId = childText(read, types, 'MessageId')?.trim();
        return messageId === undefined ? undefined : { kind: 'accepted', messageId };
      });
    case 'AckResponse':
      return { kind: 'acknowledged' };
    case 'GetRequestResponse':
      return handedOver(document, payload, 'Request', belief, (read, whole) => {
        const request = readGivenRequest(read, whole, belief.version);
        if (request === undefined) return undefined;
        // One that does not agree with its headers is told to whoever sent it.
        return { kind: 'request', request, contents: contentsBeside(whole, request, belief) };
      });
    case 'GetResponseResponse':
      return handedOver(document, payload, 'Response', belief, (read, whole) => {
        const response = readGivenResponse(read, whole, belief.version);
        if (response === undefined) return undefined;
        const contents = contentsBeside(whole, response, belief);
        if (response.files !== undefined) checkAgreement(response.files.headers, contents);
        return { kind: 'response', response, contents };
      });
    default:
      throw new Fault('OPERATION_UNKNOWN', { private: payload.name.slice(0, 100) });
  }
}

function contentsBeside(
  whole: XmlElement,
  { files }: Pick<GivenRequest, 'files'>,
  { version }: Belief,
): AttachmentContent[] {
  if (files === undefined || whole.parent === null) return [];
  return readAttachmentContents(whole.parent, version);
}

type Read = (read: XmlElement, whole: XmlElement) => UpstreamAnswer | undefined;

function handedOver(
  document: XmlDocument,
  payload: XmlElement,
  name: 'Request' | 'Response',
  belief: Belief,
  read: Read,
): UpstreamAnswer {
  const message = child(payload, smevNamespaces[belief.version].types, `${name}Message`);
  if (message === undefined) return { kind: 'empty' };
  return verifiedOf(document, message, name, belief, read);
}

/** @param parent of the signed element and of SMEVSignature beside it */
function verifiedOf(
  document: XmlDocument,
  parent: XmlElement,
  signed: string,
  { version, trusted }: Belief,
  read: Read,
): UpstreamAnswer {
  const { types } = smevNamespaces[version];
  const target = child(parent, types, signed);
  const container = child(parent, types, 'SMEVSignature');
  if (target === undefined) throw new Fault('ENVELOPE_INVALID', { private: signed });
  if (container === undefined) throw new Fault('SIGNATURE_MISSING', { private: signed });
  const verified = verifyCovered(document, container, target, messageProfiles);
  if (!trusted.has(verified.fingerprint)) {
    throw new Fault('CERTIFICATE_UNTRUSTED', { private: verified.fingerprint });
  }
  const answer = withXml(verified.octets, ({ root }) => read(root, target));
  if (answer === undefined) throw new Fault('ENVELOPE_INVALID', { private: signed });
  return answer;
}

/** An unsigned fault is read too; who acts upon it knows that anybody may have made it. */
function readFault(document: XmlDocument, fault: XmlElement, { trusted }: Belief): UpstreamAnswer {
  try {
    const { octets, fingerprint } = verifyBody(document, bodyProfiles);
    if (trusted.has(fingerprint)) {
      return withXml(octets, ({ root }) => {
        const read = faultIn(root);
        if (read === undefined) throw new Fault('SOAP_ENVELOPE');
        return { kind: 'fault', fault: readGivenFault(read), isSigned: true };
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
  }
  return { kind: 'fault', fault: readGivenFault(fault), isSigned: false };
}
