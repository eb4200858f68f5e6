import { signTemplate } from '../../src/compute/sign-template.ts';
import { digestAlgorithms } from '../../src/signature/algorithms.ts';
import { digestOf } from '../../src/signature/digest.ts';
import type { Signer } from '../../src/signature/signer.ts';
import * as calls from '../../src/smev/calls.ts';
import { dsNamespace, smevNamespaces } from '../../src/smev/namespaces.ts';
import {
  type Canonicalization,
  canonicalizations,
  canonicalize,
  exclusive,
} from '../../src/xml/canonicalize.ts';
import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { elementsWithId } from '../../src/xml/ids.ts';
import { child, everyElement, isNamed } from '../../src/xml/navigate.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { noteRequest } from '../harness/rules.ts';
import type { Attack, Posting } from './attack.ts';

export const { types, basic } = smevNamespaces['1.2'];
export const signer = sandboxSigner('agency-a');

/** What the attacker wants to be read in place of what was signed. */
export const evilId = '66666666-cc61-11f0-8de9-0242ac120666';

/** A signed SendRequest of 1.2 that is right in every way. */
export function signedNote(content = noteRequest('9100'), by: Signer = signer): string {
  return signTemplate(unsignedNote(content), by);
}

export function unsignedNote(content = noteRequest('9100')) {
  return calls.sendRequestCall('1.2', { messageId: freshMessageId(), content });
}

export function posting(body: string | Uint8Array, rest: Partial<Posting> = {}): Posting {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { bytes, endpoint: '1.2', soapAction: undefined, ...rest };
}

/** An attack on a message that is right until it is changed. */
export function attack(
  name: string,
  change: (text: string) => string | Uint8Array,
  rest: Omit<Attack, 'name' | 'make'>,
): Attack {
  return { name, make: (by) => posting(change(signedNote(undefined, by))), ...rest };
}

/** An attack by a key or its use: a message that is otherwise right. */
export function by(name: string, make: () => Signer, rest: Omit<Attack, 'name' | 'make'>): Attack {
  return { name, make: () => posting(signedNote(undefined, make())), ...rest };
}

/** The one part of a message that a pattern finds. */
export function part(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw new Error(`no ${pattern}`);
  return found;
}

/** Changes what must be there, once; the new text is taken as it is. */
export function changed(
  text: string,
  from: string | RegExp,
  to: string | ((whole: string) => string),
) {
  const result = text.replace(from, (whole) => (typeof to === 'string' ? to : to(whole)));
  if (result === text) throw new Error(`nothing to change: ${from}`);
  return result;
}

export const parts = {
  data: /<t:SenderProvidedRequestData[\s\S]*<\/t:SenderProvidedRequestData>/,
  payload: /<t:SendRequestRequest[\s\S]*<\/t:SendRequestRequest>/,
  container: /<t:CallerInformationSystemSignature>[\s\S]*<\/t:CallerInformationSystemSignature>/,
  signature: /<ds:Signature [\s\S]*?<\/ds:Signature>/,
  signedInfo: /<ds:SignedInfo>[\s\S]*?<\/ds:SignedInfo>/,
  reference: /<ds:Reference [\s\S]*?<\/ds:Reference>/,
  transforms: /<ds:Transforms>[\s\S]*?<\/ds:Transforms>/,
  digestValue: /<ds:DigestValue>[\s\S]*?<\/ds:DigestValue>/,
  signatureValue: /<ds:SignatureValue>[^<]*/,
  keyInfo: /<ds:KeyInfo>[\s\S]*?<\/ds:KeyInfo>/,
  certificate: /<ds:X509Certificate>[^<]*/,
};

/** The signed element with the namespaces that it takes from its ancestors. */
export function scoped(data: string): string {
  return changed(data, /^<t:\w+/, (tag) => `${tag} xmlns:t="${types}" xmlns:b="${basic}"`);
}

/** The signed element as the attacker would have it, under its Id, another, or none. */
export function evil(text: string, id: 'same' | 'other' | 'none' = 'other'): string {
  const data = changed(part(text, parts.data), /<t:MessageID>[^<]*/, `<t:MessageID>${evilId}`);
  if (id === 'same') return data;
  return changed(data, ` Id="${calls.callerId}"`, id === 'none' ? '' : ' Id="EVIL"');
}

export function withHeader(text: string, entry: string): string {
  return changed(text, '<soap:Body', (body) => `<soap:Header>${entry}</soap:Header>${body}`);
}

/** Signs SignedInfo anew after a change, so that nothing but the change can be what is refused. */
export function resigned(text: string, change: (info: string) => string, by: Signer = signer) {
  const altered = changed(text, parts.signedInfo, change);
  const value = withXml(
    Buffer.from(altered),
    (document) => by.sign(signedOctets([...everyElement(document)].find(isSignedInfo))),
    { processingInstructions: 'allow' },
  );
  return changed(
    altered,
    parts.signatureValue,
    () => `<ds:SignatureValue>${value.toString('base64')}`,
  );
}

function isSignedInfo(element: XmlElement): boolean {
  return isNamed(element, dsNamespace, 'SignedInfo');
}

function signedOctets(info: XmlElement | undefined): Buffer {
  if (info === undefined) throw new Error('no SignedInfo');
  const method = child(info, dsNamespace, 'CanonicalizationMethod')?.attr('Algorithm')?.value ?? '';
  const known = Object.hasOwn(canonicalizations, method);
  return canonicalize(info, known ? (method as Canonicalization) : exclusive);
}

/** Gives the Reference the digest of these octets, or of the element that it names, and signs anew. */
export function redigested(text: string, octets?: Uint8Array, by: Signer = signer): string {
  const digested = octets ?? octetsOf(text, part(text, /(?<= URI="#)[^"]*/));
  return resigned(
    text,
    (info) => {
      const method = /DigestMethod Algorithm="([^"]*)"/.exec(info)?.[1] ?? '';
      const digest = digestOf(digestAlgorithms[method] ?? 'sha256', digested).toString('base64');
      return info.replace(/<ds:DigestValue>[^<]*/g, `<ds:DigestValue>${digest}`);
    },
    by,
  );
}

/** The canonical octets of the first element that bears an Id. */
export function octetsOf(text: string, id: string): Buffer {
  return withXml(
    Buffer.from(text),
    (document) => {
      const [target] = elementsWithId(document, id);
      if (target === undefined) throw new Error(`no element ${id}`);
      return canonicalize(target);
    },
    { processingInstructions: 'allow' },
  );
}
