import { Fault } from '../fault/fault.ts';
import { signedByCaller } from '../signature/find.ts';
import { type ProfileName, profiles } from '../signature/profiles.ts';
import { type SecondOpinion, secondOpinion, signatureSource } from '../signature/second-opinion.ts';
import { readStructure } from '../signature/structure.ts';
import { transformed } from '../signature/transforms.ts';
import { dsNamespace, smevNamespaces, type Version } from '../smev/namespaces.ts';
import { openEnvelope } from '../soap/envelope.ts';
import { canonicalize } from '../xml/canonicalize.ts';
import { withXml, type XmlDocument, type XmlElement } from '../xml/document.ts';
import { child } from '../xml/navigate.ts';
import { sha256 } from './kept.ts';

/** A message that the first verifier found good, with what it found. */
export interface Question {
  readonly bytes: Uint8Array;
  readonly version: Version;
  readonly profile: ProfileName;
  /** SHA-256 of the octets that its digest covered. */
  readonly octetsHash: string;
  /** Of the signer's certificate. */
  readonly fingerprint: string;
}

/** What two verifiers differ about: what the second refuses, or what it takes but finds another. */
export type Difference = Exclude<SecondOpinion['verdict'], 'good'> | 'octets' | 'certificate';

/** What the second verifier makes of the caller's signature. */
export type Opinion = { readonly verdict: 'agreed' } | Disagreement;

export interface Disagreement {
  readonly verdict: 'disagreed';
  readonly difference: Difference;
  /** Whose canonical forms follow: SignedInfo where the value alone is in dispute. */
  readonly of: 'element' | 'SignedInfo';
  readonly first: Uint8Array;
  /** Undefined where the second verifier made none. */
  readonly second: Uint8Array | undefined;
}

/**
 * Has the caller's signature verified by the second verifier, and compares what the two found: the
 * same element by its octets, the same signer.
 *
 * @throws Fault INTERNAL where there is no caller's signature: it was not judged before
 */
export function judgeAgain(question: Question): Opinion {
  return withXml(question.bytes, (document) => {
    const found = callersSignature(document, question.version);
    const text = Buffer.from(question.bytes).toString('utf8');
    const opinion = secondOpinion(text, signatureSource(document, text, found.signature));
    const difference = differenceOf(opinion, question);
    return difference === undefined
      ? { verdict: 'agreed' }
      : {
          verdict: 'disagreed',
          difference,
          ...forms(difference, opinion, found, question.profile),
        };
  });
}

interface Found {
  readonly signature: XmlElement;
  readonly signed: XmlElement;
}

function callersSignature(document: XmlDocument, version: Version): Found {
  const payload = openEnvelope(document);
  const { types } = smevNamespaces[version];
  const container = child(payload, types, 'CallerInformationSystemSignature');
  const signature = container && child(container, dsNamespace, 'Signature');
  const signed = signedByCaller(payload, version);
  if (signature === undefined || signed === undefined) {
    throw new Fault('INTERNAL', { private: 'a second opinion on a message without a signature' });
  }
  return { signature, signed };
}

function differenceOf(opinion: SecondOpinion, question: Question): Difference | undefined {
  if (opinion.verdict !== 'good') return opinion.verdict;
  if (opinion.octets === undefined || sha256(opinion.octets) !== question.octetsHash) {
    return 'octets';
  }
  return opinion.fingerprint === question.fingerprint ? undefined : 'certificate';
}

/** The first verifier's forms are made again here rather than carried along with every message. */
function forms(
  difference: Difference,
  opinion: SecondOpinion,
  { signature, signed }: Found,
  profile: ProfileName,
): Pick<Disagreement, 'of' | 'first' | 'second'> {
  const structure = readStructure(signature, [profiles[profile]]);
  if (difference !== 'value') {
    return { of: 'element', first: transformed(structure, signed), second: opinion.octets };
  }
  const { signedInfo, canonicalization, signedInfoPrefixes } = structure;
  const first = canonicalize(signedInfo, canonicalization, signedInfoPrefixes);
  return { of: 'SignedInfo', first, second: opinion.signedInfo };
}
