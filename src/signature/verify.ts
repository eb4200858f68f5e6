import { createHash, timingSafeEqual, verify as verifyWithKey } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { dsNamespace } from '../smev/namespaces.ts';
import { canonicalize, exclusive } from '../xml/canonicalize.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { elementsWithId } from '../xml/ids.ts';
import { childElements, isNamed, pathOf } from '../xml/navigate.ts';
import {
  curves,
  digestAlgorithms,
  type KeyKind,
  type Profile,
  rsaBitsMax,
  rsaBitsMin,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from './algorithms.ts';
import { base64, readStructure, type Structure, unknownAlgorithm } from './structure.ts';

/** What a right signature proves, and nothing beside it. */
export interface Verified {
  /** The exact octets that the digest covered: what may be acted upon. */
  readonly octets: Buffer;
  readonly certificate: Certificate;
  readonly fingerprint: string;
  readonly keyKind: KeyKind;
  readonly algorithm: string;
  readonly digestAlgorithm: string;
  readonly signedId: string;
  readonly profile: Profile;
}

/**
 * Verifies the one signature in a container over exactly one element of the same document
 * (XML Signature 1.1 §3.2). The certificate is taken from the signature as a claim of who signed:
 * whether to believe it is another question.
 *
 * @param container such as CallerInformationSystemSignature
 * @param target the element that the operation demands to be signed
 * @throws Fault SIGNATURE_*, CERTIFICATE_MISSING, CERTIFICATE_UNREADABLE, NOT_BUILT
 */
export function verifyCovered(
  document: XmlDocument,
  container: XmlElement,
  target: XmlElement,
): Verified {
  return verifySignature(document, onlySignature(container), target, certificateOf);
}

/**
 * The same for a ds:Signature that was found by other rules, with the certificate that
 * `certificateFor` finds.
 *
 * @throws Fault as verifyCovered
 */
export function verifySignature(
  document: XmlDocument,
  signature: XmlElement,
  target: XmlElement,
  certificateFor: (structure: Structure) => Certificate,
): Verified {
  const structure = readStructure(signature);
  const { keyKind, profile } = algorithmRow(structure);
  checkTarget(document, structure.targetId, target);
  const certificate = certificateFor(structure);
  checkKey(keyKind, certificate);
  const octets = signedOctets(structure, target);
  if (!digestHolds(structure, octets)) {
    throw new Fault('SIGNATURE_DIGEST', { public: pathOf(target) });
  }
  if (!valueHolds(structure, certificate)) throw new Fault('SIGNATURE_VALUE');
  return {
    octets,
    certificate,
    fingerprint: certificate.fingerprint,
    keyKind,
    algorithm: structure.signatureMethod,
    digestAlgorithm: structure.digestMethod,
    signedId: structure.targetId,
    profile,
  };
}

/** What the digest of the one Reference is computed over: the result of its transforms. */
export function signedOctets({ targetPrefixes }: Structure, target: XmlElement): Buffer {
  return canonicalize(target, exclusive, targetPrefixes);
}

/** The ds:Signature that is the only child of its container. */
function onlySignature(container: XmlElement): XmlElement {
  const [signature, ...others] = childElements(container);
  if (signature === undefined) throw new Fault('SIGNATURE_MISSING', { public: container.name });
  if (others.length > 0 || !isNamed(signature, dsNamespace, 'Signature')) {
    throw new Fault('SIGNATURE_FORMAT', {
      public: `${container.name}: ожидается одна ds:Signature`,
    });
  }
  return signature;
}

/** The Id names the target, and no element beside it could be meant. */
function checkTarget(document: XmlDocument, id: string, target: XmlElement): void {
  const meant = elementsWithId(document, id);
  if (meant.length > 1) {
    throw new Fault('SIGNATURE_ID_AMBIGUOUS', { public: meant.slice(0, 3).map(pathOf).join(', ') });
  }
  const [only] = meant;
  if (only === undefined || !only.isSameNode(target)) {
    const covered = only === undefined ? 'ничего' : pathOf(only);
    throw new Fault('SIGNATURE_TARGET', {
      public: `подписано: ${covered}; ожидается ${pathOf(target)}`,
    });
  }
}

/**
 * The first X509Certificate of KeyInfo is the signer's; others would be its issuers and are not
 * read (XML Signature 1.1 §4.5.4 leaves their order open; senders put their own first).
 */
export function certificateOf({ keyInfo }: Structure): Certificate {
  const data = keyInfo && childElements(keyInfo).find((e) => isNamed(e, dsNamespace, 'X509Data'));
  const element =
    data && childElements(data).find((e) => isNamed(e, dsNamespace, 'X509Certificate'));
  if (element === undefined) throw new Fault('CERTIFICATE_MISSING');
  return certificateIn(element);
}

/** The certificate whose DER an element holds in base64. */
export function certificateIn(element: XmlElement): Certificate {
  try {
    return readCertificate(base64(element));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('CERTIFICATE_UNREADABLE', { private: String(cause), cause });
  }
}

/**
 * The row of the signature method, when both methods are allowed.
 *
 * @throws Fault SIGNATURE_ALGORITHM, NOT_BUILT
 */
export function algorithmRow({ signatureMethod, digestMethod }: Structure): SignatureAlgorithm {
  const row = Object.hasOwn(signatureAlgorithms, signatureMethod)
    ? signatureAlgorithms[signatureMethod]
    : undefined;
  if (row === undefined) return unknownAlgorithm(signatureMethod);
  if (!Object.hasOwn(digestAlgorithms, digestMethod)) return unknownAlgorithm(digestMethod);
  return row;
}

/**
 * The key is of the algorithm's kind and strong enough. RSA: FIPS 186-5 §A.1.1 for the exponent; the
 * upper bounds keep one verification cheap.
 *
 * @throws Fault SIGNATURE_ALGORITHM, SIGNATURE_KEY_WEAK
 */
export function checkKey(keyKind: KeyKind, certificate: Certificate): void {
  const { keyBits = 0, curve = '' } = certificate;
  if (certificate.keyKind !== keyKind) {
    throw new Fault('SIGNATURE_ALGORITHM', { public: 'ключ сертификата другого вида' });
  }
  if (keyKind === 'ec') {
    if (!curves.includes(curve)) throw new Fault('SIGNATURE_KEY_WEAK', { public: curve });
    return;
  }
  const exponent = exponentOf(certificate);
  if (keyBits < rsaBitsMin || keyBits > rsaBitsMax || exponent < 65_537n || exponent >> 64n > 0n) {
    throw new Fault('SIGNATURE_KEY_WEAK', { public: `RSA ${keyBits}, e = ${exponent}` });
  }
}

function exponentOf({ publicKey }: Certificate): bigint {
  return publicKey?.asymmetricKeyDetails?.publicExponent ?? 0n;
}

/** Is the digest that of these octets. */
export function digestHolds({ digestMethod, digest }: Structure, octets: Buffer): boolean {
  const { hash } = digestAlgorithms[digestMethod] ?? unknownAlgorithm(digestMethod);
  const computed = createHash(hash).update(octets).digest();
  return computed.byteLength === digest.byteLength && timingSafeEqual(computed, digest);
}

/** Does the signature value fit SignedInfo and the certificate's key. */
export function valueHolds(structure: Structure, { publicKey }: Certificate): boolean {
  const { signedInfo, canonicalization, signedInfoPrefixes, signatureMethod, value } = structure;
  const row = signatureAlgorithms[signatureMethod] ?? unknownAlgorithm(signatureMethod);
  if (publicKey === undefined) return false;
  const octets = canonicalize(signedInfo, canonicalization, signedInfoPrefixes);
  try {
    return verifyWithKey(row.hash, octets, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    return false;
  }
}
