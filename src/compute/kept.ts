import { createHash } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import type { ProfileName } from '../signature/profiles.ts';
import { octetsUnder } from '../signature/transforms.ts';
import { smevNamespaces, soapNamespace, type Version } from '../smev/namespaces.ts';
import { operations } from '../smev/operations.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { child, childElements } from '../xml/navigate.ts';

/** A message that was accepted, as it is stored. */
export interface Kept {
  /** The envelope as it came, or as the node made it. */
  readonly envelope: Uint8Array;
  readonly version: Version;
  /** SHA-256 of the octets that were verified when it was accepted. */
  readonly verifiedHash: string;
  /** Of the signature that was verified: its transforms gave those octets. */
  readonly profile: ProfileName;
}

/**
 * The payload of a kept envelope and its SenderProvided…Data, which must still be what was verified.
 *
 * @throws Fault INTERNAL
 */
export function findKept(
  document: XmlDocument,
  { version, verifiedHash, profile }: Kept,
): { payload: XmlElement; data: XmlElement } {
  const found = findMessage(document, version);
  if (sha256(octetsUnder(profile, found.data)) !== verifiedHash) {
    throw new Fault('INTERNAL', { private: 'a kept envelope is not what was verified' });
  }
  return found;
}

/**
 * The payload of an envelope that carries a message, and its SenderProvided…Data.
 *
 * @throws Fault INTERNAL
 */
export function findMessage(
  document: XmlDocument,
  version: Version,
): { payload: XmlElement; data: XmlElement } {
  const body = child(document.root, soapNamespace, 'Body');
  const payload = body && childElements(body)[0];
  const { signed } =
    operations[payload?.name === operations.SendRequest.request ? 'SendRequest' : 'SendResponse'];
  const data = payload && child(payload, smevNamespaces[version][signed.namespace], signed.local);
  if (payload === undefined || data === undefined) {
    throw new Fault('INTERNAL', { private: 'a kept envelope holds no message' });
  }
  return { payload, data };
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
