import { timingSafeEqual } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { dsNamespace } from '../smev/namespaces.ts';
import { canonicalize } from '../xml/canonicalize.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { elementsWithId } from '../xml/ids.ts';
import { childElements, isNamed, pathOf } from '../xml/navigate.ts';
import {
  digestAlgorithms,
  type KeyKind,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from './algorithms.ts';
import { digestOf } from './digest.ts';
import { checkKey, valueFits } from './key.ts';
import type { Profile, ProfileName } from './profiles.ts';
import { base64, readStructure, type Structure } from './structure.ts';
import { transformed } from './transforms.ts';

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
  readonly profile: ProfileName;
}

/**
 * Verifies the one signature in a container over exactly one element of the same document
 * (XML Signature 1.1 §3.2). The certificate is taken from the signature as a claim of who signed:
 * whether to believe it is another question.
 *
 * @param container such as CallerInformationSystemSignature
 * @param target the element that the operation demands to be signed
 * @param allowed the profiles that count
 * @throws Fault SIGNATURE_*, TRANSFORM_REFUSED, CERTIFICATE_MISSING, CERTIFICATE_UNREADABLE
 */
export function verifyCovered(
  document: XmlDocument,
  container: XmlElement,
  target: XmlElement,
  allowed: readonly Profile[],
): Verified {
  return verifySignature(document, onlySignature(container), target, allowed, certificateOf);
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
  allowed: readonly Profile[],
  certificateFor: (structure: Structure) => Certificate,
): Verified {
  const structure = readStructure(signature, allowed);
  const { keyKind } = algorithmOf(structure);
  checkTarget(document, structure.targetId, target);
  const certificate = certificateFor(structure);
  checkKey(keyKind, certificate);
  const octets = transformed(structure, target);
  if (!digestHolds(structure, octets)) throw wrongDigest(structure, target, octets);
  if (!valueHolds(structure, certificate)) throw wrongValue(structure);
  return {
    octets,
    certificate,
    fingerprint: certificate.fingerprint,
    keyKind,
    algorithm: structure.signatureMethod,
    digestAlgorithm: structure.digestMethod,
    signedId: structure.targetId,
    profile: structure.profile.name,
  };
}

/**
 * The ds:Signature that is the only child of its container.
 *
 * @throws Fault SIGNATURE_MISSING, SIGNATURE_FORMAT
 */
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

/** The row of the signature method, which the profile has allowed. */
export function algorithmOf({ signatureMethod }: Structure): SignatureAlgorithm {
  const row = signatureAlgorithms[signatureMethod];
  if (row === undefined) throw new Fault('SIGNATURE_ALGORITHM', { public: signatureMethod });
  return row;
}

/** Is the digest that of these octets. */
export function digestHolds(structure: Structure, octets: Uint8Array): boolean {
  const computed = computedDigest(structure, octets);
  const { digest } = structure;
  return computed.byteLength === digest.byteLength && timingSafeEqual(computed, digest);
}

/** The refusal of a target whose octets have another digest, with both in base64. */
export function wrongDigest(structure: Structure, target: XmlElement, octets: Uint8Array): Fault {
  const computed = computedDigest(structure, octets).toString('base64');
  return new Fault('SIGNATURE_DIGEST', {
    public: `${pathOf(target)}; ${referenceTold(structure)}, вычислено ${computed}`,
  });
}

/** The refusal of a value over a SignedInfo whose digest is right. */
export function wrongValue(structure: Structure): Fault {
  return new Fault('SIGNATURE_VALUE', { public: referenceTold(structure) });
}

function referenceTold({ targetId, digest }: Structure): string {
  const uri = targetId === '' ? '' : `#${targetId}`;
  return `URI="${uri}": DigestValue ${digest.toString('base64')}`;
}

/** The digest of these octets by the method of the Reference. */
export function computedDigest({ digestMethod }: Structure, octets: Uint8Array): Buffer {
  const hash = digestAlgorithms[digestMethod];
  if (hash === undefined) throw new Fault('SIGNATURE_ALGORITHM', { public: digestMethod });
  return digestOf(hash, octets);
}

/** Does the signature value fit SignedInfo and the certificate's key. */
export function valueHolds(structure: Structure, certificate: Certificate): boolean {
  const { signedInfo, canonicalization, signedInfoPrefixes, value } = structure;
  const octets = canonicalize(signedInfo, canonicalization, signedInfoPrefixes);
  return valueFits(algorithmOf(structure), certificate, octets, value);
}
