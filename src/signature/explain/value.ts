import { verify } from 'node:crypto';
import { verifyDigest } from '../../gost/signature.ts';
import { type Certificate, readCertificate } from '../../pki/certificate.ts';
import { dsNamespace } from '../../smev/namespaces.ts';
import type { XmlDocument } from '../../xml/document.ts';
import { everyElement, isNamed } from '../../xml/navigate.ts';
import type { Hash, SignatureAlgorithm } from '../algorithms.ts';
import { digestOf } from '../digest.ts';
import { valueFits } from '../key.ts';
import type { Structure } from '../structure.ts';
import { algorithmOf } from '../verify.ts';
import { wsseNamespace } from '../wsse.ts';
import type { Budget } from './budget.ts';
import type { Cause } from './causes.ts';
import { fitsPss, openRsa } from './rsa.ts';
import { type Find, type Fits, search } from './search.ts';
import { type Edit, subjectOf, type Trial } from './subject.ts';
import { mapElements } from './tree.ts';
import { likelyTrials, longTrials } from './trials.ts';
import { valueWays } from './ways.ts';

/** Where a signature value is searched. */
export interface ValueCase {
  readonly document: XmlDocument;
  readonly structure: Structure;
  /** Undefined where the signature holds none that can be read. */
  readonly certificate: Certificate | undefined;
  /** The digest of what came, where DigestValue holds another. */
  readonly computed: Buffer | undefined;
}

/**
 * What makes the signature value right; for RSA, where nothing does, whether the key or SignedInfo is
 * at fault.
 *
 * @param received the octets of SignedInfo
 */
export function searchValue(
  valueCase: ValueCase,
  received: Buffer,
  budget: Budget,
  tried: Set<Cause>,
): Find | undefined {
  const fits = fitsValue(valueCase);
  const trials = valueTrials(valueCase, received);
  const size = received.length * weightOf(valueCase);
  return search(trials, fits, size, budget, tried) ?? toldByRsa(valueCase);
}

// RSA is opened once for all trials; elsewhere each one is a verification.
const verificationWeight = 30;

function weightOf({ structure }: ValueCase): number {
  return algorithmOf(structure).keyKind === 'rsa' ? 1 : verificationWeight;
}

function* valueTrials(valueCase: ValueCase, received: Buffer): Generator<Trial> {
  const { structure, certificate, computed } = valueCase;
  yield { causes: [], octets: () => received };
  // A key that does not open the value made it over no SignedInfo whatever.
  const rsa = algorithmOf(structure).keyKind === 'rsa' ? certificate : undefined;
  if (rsa !== undefined && openRsa(rsa, structure.value) === undefined) return;
  const subject = subjectOf(structure.signedInfo);
  if (subject === undefined) return;
  const more = computed === undefined ? [] : [replacedDigest(computed)];
  const field = { subject, ways: valueWays(structure, subject), more };
  yield* likelyTrials(field);
  yield* longTrials(field);
}

function replacedDigest(computed: Buffer): Edit {
  const text = computed.toString('base64');
  return {
    cause: 'digest-replaced',
    change: (tree) => [
      mapElements(tree, (element) =>
        element.local === 'DigestValue'
          ? { ...element, children: [{ kind: 'text', text }] }
          : element,
      ),
    ],
  };
}

/** A way in which a value may have been made: the causes that it would mean, and the proof. */
interface Making {
  readonly causes: readonly Cause[];
  readonly about?: string;
  proves(octets: Buffer): boolean;
}

function fitsValue(valueCase: ValueCase): Fits {
  const plain = plainMaking(valueCase);
  const odd = oddMakings(valueCase);
  return (octets, { causes }) => {
    const found = [plain, ...(causes.length === 0 ? odd : [])].find((each) => each.proves(octets));
    if (found === undefined) return undefined;
    return { causes: found.causes, ...(found.about === undefined ? {} : { about: found.about }) };
  };
}

/** RSA says itself which digest it is about, so one look into it serves all trials. */
function plainMaking({ structure, certificate }: ValueCase): Making {
  const algorithm = algorithmOf(structure);
  const opened = certificate && openRsa(certificate, structure.value);
  if (opened !== undefined) {
    const other = opened.hash !== algorithm.hash;
    return {
      causes: other ? ['signed-hash-other'] : [],
      ...(other ? { about: opened.hash } : {}),
      proves: (octets) => digestOf(opened.hash, octets).equals(opened.digest),
    };
  }
  return {
    causes: [],
    proves: (octets) =>
      certificate !== undefined && valueFits(algorithm, certificate, octets, structure.value),
  };
}

function oddMakings(valueCase: ValueCase): Making[] {
  const { structure, certificate } = valueCase;
  const algorithm = algorithmOf(structure);
  return [
    ...(certificate === undefined ? [] : oddValues(algorithm, certificate, structure.value)),
    ...otherCertificates(valueCase).map(
      (other): Making => ({
        causes: ['other-certificate'],
        about: other.serial,
        proves: (octets) => valueFits(algorithm, other, octets, structure.value),
      }),
    ),
  ];
}

function oddValues(
  algorithm: SignatureAlgorithm,
  certificate: Certificate,
  value: Buffer,
): Making[] {
  const { keyKind, hash } = algorithm;
  const fits = (changed: Buffer) => (octets: Buffer) =>
    valueFits(algorithm, certificate, octets, changed);
  const reversed = Buffer.from(value).reverse();
  const making = (cause: Cause, proves: Making['proves']): Making => ({ causes: [cause], proves });
  const ofAny = making('value-reversed', fits(reversed));
  if (keyKind === 'rsa') {
    return [ofAny, making('rsa-pss', (octets) => fitsPss(hash, certificate, octets, value))];
  }
  const pairs = [
    making('halves-swapped', fits(swapped(value))),
    // Windows writes each number little-endian and in the other order: reversed as a whole, so that
    // this is the case of numbers alone.
    making('value-reversed', fits(swapped(reversed))),
  ];
  return keyKind === 'ec'
    ? [ofAny, ...pairs, ...ecValues(hash, certificate, value)]
    : [
        ofAny,
        ...pairs,
        making('signed-digest-reversed', gostReversed(algorithm, certificate, value)),
      ];
}

function swapped(value: Buffer): Buffer {
  const half = value.length >> 1;
  return Buffer.concat([value.subarray(half), value.subarray(0, half)]);
}

function ecValues(hash: Hash, { publicKey }: Certificate, value: Buffer): Making[] {
  const proves = (by: Hash, dsaEncoding: 'der' | 'ieee-p1363') => (octets: Buffer) => {
    try {
      return publicKey !== undefined && verify(by, octets, { key: publicKey, dsaEncoding }, value);
    } catch {
      return false;
    }
  };
  const others = (['sha256', 'sha384', 'sha512', 'sha1'] as const).filter((each) => each !== hash);
  return [
    { causes: ['value-is-der'], proves: proves(hash, 'der') },
    ...others.map(
      (other): Making => ({
        causes: ['signed-hash-other'],
        about: other,
        proves: proves(other, 'ieee-p1363'),
      }),
    ),
  ];
}

function gostReversed(
  { hash }: SignatureAlgorithm,
  { gostKey }: Certificate,
  value: Buffer,
): Making['proves'] {
  return (octets) =>
    gostKey !== undefined && verifyDigest(gostKey, digestOf(hash, octets).reverse(), value);
}

const certificatesMax = 8;

/** The other certificates of the document whose key is of the kind. */
function otherCertificates({ document, structure, certificate }: ValueCase): Certificate[] {
  const { keyKind } = algorithmOf(structure);
  const found = new Map<string, Certificate>();
  for (const element of everyElement(document)) {
    const holds =
      isNamed(element, dsNamespace, 'X509Certificate') ||
      isNamed(element, wsseNamespace, 'BinarySecurityToken');
    const other = holds ? read(element.content) : undefined;
    if (other === undefined || other.keyKind !== keyKind) continue;
    if (other.fingerprint !== certificate?.fingerprint) found.set(other.fingerprint, other);
    if (found.size >= certificatesMax) break;
  }
  return [...found.values()];
}

function read(text: string): Certificate | undefined {
  try {
    return readCertificate(text);
  } catch {
    return undefined;
  }
}

function toldByRsa({ structure, certificate }: ValueCase): Find | undefined {
  if (certificate?.keyKind !== 'rsa' || algorithmOf(structure).keyKind !== 'rsa') return undefined;
  const opened = openRsa(certificate, structure.value);
  return { causes: [opened === undefined ? 'key-or-value' : 'signed-info-altered'] };
}
