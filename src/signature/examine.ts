import { asFault, Fault } from '../fault/fault.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { dsNamespace } from '../smev/namespaces.ts';
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
      problems.push(told(asFault(thrown)));
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
  const signature = judge(() => judgeValue(document, structure, found));
  judge(() => judgePlace(document, structure, found.demanded));
  return { ...outline, digest, signature, problems: [...new Set(problems)] };
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

function judgeValue(document: XmlDocument, structure: Structure, found: FoundSignature): void {
  const certificate = certificateFor(document, structure, found);
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
  demanded: XmlElement | undefined,
): void {
  if (demanded === undefined) return;
  const target = targetOf(document, structure);
  if (target.isSameNode(demanded)) return;
  throw new Fault('SIGNATURE_TARGET', {
    public: `подписано: ${pathOf(target)}; ожидается ${pathOf(demanded)}`,
  });
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
