import { createHash } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { smevNamespaces, soapNamespace, type Version } from '../smev/namespaces.ts';
import { operations } from '../smev/operations.ts';
import { canonicalize } from '../xml/canonicalize.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { child, childElements } from '../xml/navigate.ts';

/** A message that was accepted, as it is stored. */
export interface Kept {
  /** The envelope as it came, or as the node made it. */
  readonly envelope: Uint8Array;
  readonly version: Version;
  /** SHA-256 of the octets that were verified when it was accepted. */
  readonly verifiedHash: string;
}

/**
 * The payload of a kept envelope and its SenderProvided…Data.
 *
 * @param verifiedHash when given, the element must still be what was verified
 * @throws Fault INTERNAL
 */
export function findKept(
  document: XmlDocument,
  version: Version,
  verifiedHash?: string,
): { payload: XmlElement; data: XmlElement } {
  const body = child(document.root, soapNamespace, 'Body');
  const payload = body && childElements(body)[0];
  const { signed } =
    operations[payload?.name === operations.SendRequest.request ? 'SendRequest' : 'SendResponse'];
  const data = payload && child(payload, smevNamespaces[version][signed.namespace], signed.local);
  if (payload === undefined || data === undefined) {
    throw new Fault('INTERNAL', { private: 'a kept envelope holds no message' });
  }
  if (verifiedHash !== undefined && sha256(canonicalize(data)) !== verifiedHash) {
    throw new Fault('INTERNAL', { private: 'a kept envelope is not what was verified' });
  }
  return { payload, data };
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
