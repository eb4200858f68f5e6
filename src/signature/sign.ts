import { dsNamespace } from '../smev/namespaces.ts';
import { exclusive } from '../xml/canonicalize.ts';
import type { XmlElement } from '../xml/document.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { digestOf } from './digest.ts';
import type { Signer } from './signer.ts';
import { octetsUnder, transformsOf } from './transforms.ts';

/**
 * A ds:Signature over an element where it stands. The caller puts the text into its place, which
 * must not lie inside the element.
 *
 * @param id the element's Id
 */
export function signatureOver(element: XmlElement, signer: Signer, id: string): string {
  return signatureText(octetsUnder(signer.profile, element), signer, id, x509Data(signer));
}

function x509Data({ certificate }: Signer): string {
  const der = certificate.der.toString('base64');
  return `<ds:X509Data><ds:X509Certificate>${der}</ds:X509Certificate></ds:X509Data>`;
}

/** A ds:Signature over octets that were transformed already, without white space between elements. */
export function signatureText(
  octets: Uint8Array,
  signer: Signer,
  id: string,
  keyInfo: string,
): string {
  const digest = digestOf(signer.hash, octets).toString('base64');
  const info = signedInfo(signer, id, digest);
  // SignedInfo is written in its exclusive canonical form but for the namespace, which the canonical
  // form of the subtree declares on its apex.
  const canonical = info.replace('<ds:SignedInfo>', `<ds:SignedInfo xmlns:ds="${dsNamespace}">`);
  const value = signer.sign(Buffer.from(canonical)).toString('base64');
  return (
    `<ds:Signature xmlns:ds="${dsNamespace}">${info}<ds:SignatureValue>${value}</ds:SignatureValue>` +
    `<ds:KeyInfo>${keyInfo}</ds:KeyInfo></ds:Signature>`
  );
}

function signedInfo(signer: Signer, id: string, digest: string): string {
  const method = (name: string, uri: string) => `<ds:${name} Algorithm="${uri}"></ds:${name}>`;
  const transforms = transformsOf(signer.profile).map((uri) => method('Transform', uri));
  return (
    `<ds:SignedInfo>${method('CanonicalizationMethod', exclusive)}` +
    `${method('SignatureMethod', signer.algorithm)}<ds:Reference URI="#${escapeAttribute(id)}">` +
    `<ds:Transforms>${transforms.join('')}</ds:Transforms>` +
    `${method('DigestMethod', signer.digestAlgorithm)}<ds:DigestValue>${digest}</ds:DigestValue>` +
    '</ds:Reference></ds:SignedInfo>'
  );
}
