import { createHash, timingSafeEqual, verify as verifyWithKey } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { dsNamespace } from '../smev/namespaces.ts';
import { canonicalize, exclusive } from '../xml/canonicalize.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { childElements, everyElement, isNamed, pathOf } from '../xml/navigate.ts';
import {
  curves,
  digestAlgorithms,
  type KeyKind,
  type Profile,
  rsaBitsMin,
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
  const signature = onlySignature(container);
  const structure = readStructure(signature);
  checkTarget(document, structure.targetId, target);
  const certificate = certificateOf(structure);
  const { keyKind } = checkAlgorithms(structure, certificate);
  const octets = canonicalize(target, exclusive, structure.targetPrefixes);
  if (!digestHolds(structure, octets))
    throw new Fault('SIGNATURE_DIGEST', { public: pathOf(target) });
  if (!valueHolds(structure, certificate)) throw new Fault('SIGNATURE_VALUE');
  return {
    octets,
    certificate,
    fingerprint: certificate.fingerprint,
    keyKind,
    algorithm: structure.signatureMethod,
    digestAlgorithm: structure.digestMethod,
    signedId: structure.targetId,
    profile: 'xmldsig',
  };
}

/** The ds:Signature that is the only child of its container. */
export function onlySignature(container: XmlElement): XmlElement {
  const [signature, ...others] = childElements(container);
  if (signature === undefined) throw new Fault('SIGNATURE_MISSING', { public: container.name });
  if (others.length > 0 || !isNamed(signature, dsNamespace, 'Signature')) {
    throw new Fault('SIGNATURE_FORMAT', {
      public: `${container.name}: ожидается одна ds:Signature`,
    });
  }
  return signature;
}

// Attributes that one reader or another takes for an Id.
const idNames = new Set(['id', 'Id', 'ID']);

/** The Id names the target, and no element beside it could be meant. */
function checkTarget(document: XmlDocument, id: string, target: XmlElement): void {
  const meant: XmlElement[] = [];
  for (const element of everyElement(document)) {
    if (element.attrs.some(({ name, value }) => idNames.has(name) && value === id))
      meant.push(element);
  }
  if (meant.length > 1) {
    throw new Fault('SIGNATURE_ID_AMBIGUOUS', { public: meant.slice(0, 3).map(pathOf).join(', ') });
  }
  const [only] = meant;
  if (only === undefined || !only.isSameNode(target) || target.attr('Id')?.value !== id) {
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
  try {
    return readCertificate(base64(element));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('CERTIFICATE_UNREADABLE', { private: String(cause), cause });
  }
}

/** The algorithms are allowed, agree with the key, and the key is strong enough. */
export function checkAlgorithms(
  { signatureMethod, digestMethod }: Structure,
  certificate: Certificate,
): { readonly keyKind: KeyKind } {
  const row = Object.hasOwn(signatureAlgorithms, signatureMethod)
    ? signatureAlgorithms[signatureMethod]
    : undefined;
  if (row === undefined) return unknownAlgorithm(signatureMethod);
  if (!Object.hasOwn(digestAlgorithms, digestMethod)) return unknownAlgorithm(digestMethod);
  if (certificate.keyKind !== row.keyKind) {
    throw new Fault('SIGNATURE_ALGORITHM', { public: 'ключ сертификата другого вида' });
  }
  const weak =
    row.keyKind === 'rsa'
      ? (certificate.keyBits ?? 0) < rsaBitsMin || exponentOf(certificate) < 65537n
      : !curves.includes(certificate.curve ?? '');
  if (weak) {
    throw new Fault('SIGNATURE_KEY_WEAK', {
      public: certificate.curve ?? `RSA ${certificate.keyBits}`,
    });
  }
  return { keyKind: row.keyKind };
}

function exponentOf({ publicKey }: Certificate): bigint {
  return publicKey.asymmetricKeyDetails?.publicExponent ?? 0n;
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
  const octets = canonicalize(signedInfo, canonicalization, signedInfoPrefixes);
  try {
    return verifyWithKey(row.hash, octets, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    return false;
  }
}
