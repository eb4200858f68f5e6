import { SignedXml } from 'xml-crypto';
import { readCertificate } from '../pki/certificate.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { escapeAttribute } from '../xml/escape.ts';
import { placeOf } from '../xml/places.ts';
import { secondDigests, secondSignatures, secondTransforms } from './second-methods.ts';

/** What the second verifier made of a signature. */
export interface SecondOpinion {
  /** Which of its steps said no; 'unreadable' for a document or signature that it does not take. */
  readonly verdict: 'good' | 'digest' | 'value' | 'unreadable';
  /** What it computed the digest over, as far as it came. */
  readonly octets: Buffer | undefined;
  /** The canonical SignedInfo that it verified the value over, as far as it came. */
  readonly signedInfo: Buffer | undefined;
  /** Of the certificate that it took from KeyInfo: SHA-256, lower-case hex. */
  readonly fingerprint: string | undefined;
}

/**
 * Verifies a signature with xml-crypto: another parser, other canonicalizations, and for GOST the
 * reference arithmetic. Only for what the first verifier found good: alone it is no verifier, since
 * it takes a DOCTYPE and reads a processing instruction as its text. Which element was signed is
 * bound by comparing `octets` with those of the first.
 *
 * @param text the whole document
 * @param signature the ds:Signature in it, by `signatureSource`
 */
export function secondOpinion(text: string, signature: string): SecondOpinion {
  let octets: Buffer | undefined;
  let signedInfo: Buffer | undefined;
  let fingerprint: string | undefined;
  // No idAttribute: naming one that is known already makes every Id ambiguous.
  const verifier = new SignedXml({ getCertFromKeyInfo: SignedXml.getCertFromKeyInfo });
  verifier.CanonicalizationAlgorithms = secondTransforms();
  verifier.HashAlgorithms = secondDigests((seen) => {
    octets = seen;
  });
  verifier.SignatureAlgorithms = secondSignatures((seen, certificate) => {
    signedInfo = seen;
    fingerprint = readCertificate(certificate).fingerprint;
  });
  const said = answerOf(verifier, text, signature);
  if (said === 'no') return { verdict: 'digest', octets, signedInfo, fingerprint };
  const [published, ...others] = said === 'yes' ? verifier.getSignedReferences() : [];
  if (published !== undefined && others.length === 0) {
    return { verdict: 'good', octets: Buffer.from(published), signedInfo, fingerprint };
  }
  const verdict = signedInfo === undefined ? 'unreadable' : 'value';
  return { verdict, octets, signedInfo, fingerprint };
}

/** It says no to a digest by false, and to all else by an exception. */
function answerOf(verifier: SignedXml, text: string, signature: string): 'yes' | 'no' | 'thrown' {
  try {
    verifier.loadSignature(signature);
    return verifier.checkSignature(text) === true ? 'yes' : 'no';
  } catch {
    return 'thrown';
  }
}

/**
 * A ds:Signature as its document writes it, with the namespaces in scope declared on it, so that it
 * can be read alone.
 *
 * @param text what the document was parsed from
 */
export function signatureSource(
  document: XmlDocument,
  text: string,
  signature: XmlElement,
): string {
  const { start, afterName, end } = placeOf(document, text, signature);
  const own = Object.keys(signature.nsDeclarations);
  const inherited = Object.entries(signature.namespaces)
    .filter(([prefix]) => !own.includes(prefix))
    .map(([prefix, uri]) => ` xmlns${prefix && `:${prefix}`}="${escapeAttribute(uri)}"`);
  return text.slice(start, afterName) + inherited.join('') + text.slice(afterName, end);
}
