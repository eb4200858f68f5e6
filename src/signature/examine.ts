import { asFault, Fault } from '../fault/fault.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { dsNamespace, versionOfTypes } from '../smev/namespaces.ts';
import { xmlFault } from '../soap/xml-fault.ts';
import type { XmlDocument, XmlElement } from '../xml/document.ts';
import { elementsWithId } from '../xml/ids.ts';
import { child, pathOf } from '../xml/navigate.ts';
import type { FoundSignature } from './find.ts';
import { checkKey } from './key.ts';
import type { Profile } from './profiles.ts';
import { readStructure, type Structure } from './structure.ts';
import { transformed } from './transforms.ts';
import {
  algorithmOf,
  certificateOf,
  digestHolds,
  onlySignature,
  valueHolds,
  wrongDigest,
  wrongValue,
} from './verify.ts';
import { tokenOf, wsseNamespace } from './wsse.ts';

type Verdict = 'good' | 'bad';

/** What is right and wrong about one signature, told apart for people. */
export interface Examined {
  /** The Id that the Reference names; '' where there is none. */
  readonly id: string;
  /** URI of the signature method, as it stands there. */
  readonly algorithm: string;
  readonly certificate: Certificate | undefined;
  readonly digest: Verdict;
  readonly signature: Verdict;
  /** Fault codes with what they are about; empty where all is good. */
  readonly problems: readonly string[];
}

/**
 * Judges digest and signature value apart, and says all that is wrong. For the eyes alone: what may
 * be acted upon comes from verifyCovered.
 */
export function examine(
  document: XmlDocument,
  found: FoundSignature,
  allowed: readonly Profile[],
): Examined {
  const problems: string[] = [];
  const judge = (work: () => void): Verdict => {
    try {
      work();
      return 'good';
    } catch (thrown) {
      problems.push(told(asFault(xmlFault(thrown))));
      return 'bad';
    }
  };
  const outline = readOutline(found.signature);
  let structure: Structure;
  try {
    structure = readStructure(found.signature, allowed);
  } catch (thrown) {
    return { ...outline, digest: 'bad', signature: 'bad', problems: [told(asFault(thrown))] };
  }
  const digest = judge(() => judgeDigest(document, structure));
  // Shown, and judged for trust, is the certificate whose key the value was tried with, no other.
  let certificate: Certificate | undefined;
  const signature = judge(() => {
    certificate = certificateFor(document, structure, found);
    judgeValue(structure, certificate);
  });
  judge(() => judgePlace(document, structure, found));
  return { ...outline, certificate, digest, signature, problems: [...new Set(problems)] };
}

function judgeDigest(document: XmlDocument, structure: Structure): void {
  const target = targetOf(document, structure);
  const octets = transformed(structure, target);
  if (!digestHolds(structure, octets)) throw wrongDigest(structure, target, octets);
}

/**
 * The one element that a Reference names.
 *
 * @throws Fault SIGNATURE_TARGET, SIGNATURE_ID_AMBIGUOUS
 */
export function targetOf(document: XmlDocument, { targetId }: Structure): XmlElement {
  if (targetId === '') return document.root;
  const [target, second] = elementsWithId(document, targetId);
  if (target === undefined)
    throw new Fault('SIGNATURE_TARGET', { public: 'нет элемента с этим Id' });
  if (second !== undefined) throw new Fault('SIGNATURE_ID_AMBIGUOUS', { public: pathOf(second) });
  return target;
}

function judgeValue(structure: Structure, certificate: Certificate): void {
  checkKey(algorithmOf(structure).keyKind, certificate);
  if (!valueHolds(structure, certificate)) throw wrongValue(structure);
}

/** The certificate that a signature claims: in KeyInfo, or in the token of its WS-Security header. */
export function certificateFor(
  document: XmlDocument,
  structure: Structure,
  { container }: FoundSignature,
): Certificate {
  return container?.namespaceUri === wsseNamespace
    ? tokenOf(document, container, structure)
    : certificateOf(structure);
}

function judgePlace(
  document: XmlDocument,
  structure: Structure,
  { container, demanded, misplaced }: FoundSignature,
): void {
  if (container !== undefined && isOfMessage(container)) onlySignature(container);
  const target = targetOf(document, structure);
  if (misplaced || (demanded === undefined && isOfMessage(target))) {
    const place = container === undefined ? '/' : pathOf(container);
    throw new Fault('SIGNATURE_TARGET', { public: `подпись не на своём месте: ${place}` });
  }
  if (demanded === undefined || target.isSameNode(demanded)) return;
  throw new Fault('SIGNATURE_TARGET', {
    public: `подписано: ${pathOf(target)}; ожидается ${pathOf(demanded)}`,
  });
}

/** What the schemas of the exchange have signed, a signature in a container of theirs covers. */
function isOfMessage({ namespaceUri }: XmlElement): boolean {
  return versionOfTypes(namespaceUri) !== undefined;
}

function told({ code, detail }: Fault): string {
  return detail.public === undefined ? code : `${code}: ${detail.public}`;
}

/** What a signature says of itself, whether it follows the profile or not. */
function readOutline(signature: XmlElement): Pick<Examined, 'id' | 'algorithm' | 'certificate'> {
  const info = child(signature, dsNamespace, 'SignedInfo');
  const reference = info && child(info, dsNamespace, 'Reference');
  const method = info && child(info, dsNamespace, 'SignatureMethod');
  return {
    id: (reference?.attr('URI')?.value ?? '').replace(/^#/, ''),
    algorithm: method?.attr('Algorithm')?.value ?? '',
    certificate: claimedCertificate(signature),
  };
}

function claimedCertificate(signature: XmlElement): Certificate | undefined {
  const keyInfo = child(signature, dsNamespace, 'KeyInfo');
  const data = keyInfo && child(keyInfo, dsNamespace, 'X509Data');
  const holder =
    (data && child(data, dsNamespace, 'X509Certificate')) ??
    (signature.parent && child(signature.parent, wsseNamespace, 'BinarySecurityToken'));
  try {
    return holder ? readCertificate(holder.content) : undefined;
  } catch {
    return undefined;
  }
}
