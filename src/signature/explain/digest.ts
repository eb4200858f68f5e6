import { Fault } from '../../fault/fault.ts';
import type { XmlDocument, XmlElement } from '../../xml/document.ts';
import { childElements, everyElement, pathOf } from '../../xml/navigate.ts';
import { placeOf } from '../../xml/places.ts';
import { digestAlgorithms, type Hash } from '../algorithms.ts';
import { digestOf } from '../digest.ts';
import type { Structure } from '../structure.ts';
import { transformed } from '../transforms.ts';
import type { Budget } from './budget.ts';
import type { Cause } from './causes.ts';
import { encodeSingleByte } from './characters.ts';
import { type Find, type Fits, search } from './search.ts';
import { subjectOf, type Trial } from './subject.ts';
import { likelyTrials, longTrials } from './trials.ts';
import { digestWays, isEnveloped } from './ways.ts';
import { type Parts, xopEdits } from './xop.ts';

/** Where a digest is searched. */
export interface DigestCase {
  readonly document: XmlDocument;
  /** What the document was parsed from. */
  readonly bytes: Uint8Array;
  readonly parts: Parts;
  readonly structure: Structure;
  /** What the Reference names; undefined where no single element bears the Id. */
  readonly target: XmlElement | undefined;
  /** What the place of the signature demands to be signed. */
  readonly demanded: XmlElement | undefined;
}

/**
 * What makes the digest of the one Reference right.
 *
 * @param received the octets whose digest was wrong
 */
export function searchDigest(
  digestCase: DigestCase,
  received: Buffer | undefined,
  budget: Budget,
  tried: Set<Cause>,
): Find | undefined {
  const { structure } = digestCase;
  const size = received?.length ?? digestCase.bytes.byteLength;
  const trials = digestTrials(digestCase, received);
  return search(trials, fitsDigest(structure, budget), size, budget, tried);
}

function* digestTrials(digestCase: DigestCase, received: Buffer | undefined): Generator<Trial> {
  const { structure, target, parts } = digestCase;
  if (target === undefined || received === undefined) {
    yield* elsewhere(digestCase, everyElement(digestCase.document));
    return;
  }
  yield { causes: [], octets: () => received };
  const without = isEnveloped(structure) ? structure.signature : undefined;
  const subject = subjectOf(target, without);
  const ways = subject && digestWays(structure, subject);
  if (subject === undefined || ways === undefined) return;
  const field = { subject, ways, more: xopEdits(parts) };
  yield* likelyTrials(field);
  yield* envelopedTrials(digestCase, target);
  yield* elsewhere(digestCase, near(target, digestCase.demanded));
  yield* asOctets(digestCase, target, received);
  yield* longTrials(field);
  yield* elsewhere(digestCase, everyElement(digestCase.document));
}

/** The same octets in another encoding, and the text as it stands. */
function* asOctets(
  { document, bytes }: DigestCase,
  target: XmlElement,
  received: Buffer,
): Generator<Trial> {
  const text = received.toString('utf8');
  const mark = Buffer.from([0xef, 0xbb, 0xbf]);
  yield { causes: ['byte-order-mark'], octets: () => Buffer.concat([mark, received]) };
  const encoded = (about: string, octets: () => Buffer | undefined): Trial => ({
    causes: ['encoding-digested'],
    about,
    octets,
  });
  if (/[^\0-\x7f]/.test(text)) {
    yield encoded('windows-1251', () => encodeSingleByte(text, 'windows-1251'));
  }
  yield encoded('UTF-16LE', () => Buffer.from(text, 'utf16le'));
  const written = () => {
    const source = Buffer.from(bytes).toString('utf8');
    const { start, end } = placeOf(document, source, target);
    return Buffer.from(source.slice(start, end));
  };
  yield { causes: ['not-canonicalized'], octets: written };
}

/** A signature put inside what it signs has to be left out by its transform. */
function* envelopedTrials({ structure }: DigestCase, target: XmlElement): Generator<Trial> {
  if (isEnveloped(structure) || !holds(target, structure.signature)) return;
  const subject = subjectOf(target, structure.signature);
  const ways = subject && digestWays(structure, subject);
  if (subject === undefined || ways === undefined) return;
  yield { causes: ['signature-left-out'], octets: () => ways.declared.write(subject.tree) };
}

function holds(outer: XmlElement, inner: XmlElement): boolean {
  for (let at: XmlElement | null = inner; at !== null; at = at.parent) {
    if (at.isSameNode(outer)) return true;
  }
  return false;
}

function near(target: XmlElement, demanded: XmlElement | undefined): XmlElement[] {
  const children = childElements(target);
  return [
    ...(demanded === undefined || demanded.isSameNode(target) ? [] : [demanded]),
    ...(target.parent === null ? [] : [target.parent]),
    ...children.slice(0, 3),
    ...children.slice(0, 8).flatMap((each) => childElements(each).slice(0, 1)),
  ];
}

/** Other elements under the same transforms. */
function* elsewhere(
  { structure, target }: DigestCase,
  elements: Iterable<XmlElement>,
): Generator<Trial> {
  for (const element of elements) {
    if (target?.isSameNode(element) === true) continue;
    yield {
      causes: ['other-element'],
      about: pathOf(element),
      octets: () => attempt(() => transformed(structure, element)),
    };
  }
}

function attempt(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined;
    throw thrown;
  }
}

const sizes: Readonly<Record<Hash, number>> = {
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
  gost94: 32,
  streebog256: 32,
  streebog512: 64,
};

/** What a hash costs beside writing the octets: SHA is made by the processor, Streebog by WebAssembly. */
function weightOf(hash: Hash): number {
  if (hash === 'gost94') return 8;
  return hash.startsWith('streebog') ? 2 : 1;
}

/** Causes with so many guesses that each is tried under the declared hash alone. */
const guessed: readonly Cause[] = ['prefixes-rewritten', 'white-space-lost', 'text-trimmed'];

/**
 * Fits octets by the declared hash; by any of the digest's length where that cannot be it, or where
 * little else is supposed to have happened.
 */
function fitsDigest({ digest, digestMethod }: Structure, budget: Budget): Fits {
  const declared = digestAlgorithms[digestMethod];
  const reversed = Buffer.from(digest).reverse();
  const hex = /^[0-9a-f]+$/i.test(digest.toString('latin1'))
    ? Buffer.from(digest.toString('latin1'), 'hex')
    : undefined;
  const all = (Object.keys(sizes) as Hash[]).filter(
    (hash) => sizes[hash] === digest.length || sizes[hash] === hex?.length,
  );
  const first = all.filter((hash) => hash === declared);
  const rest = all.filter((hash) => hash !== declared);
  return (octets, { causes }) => {
    const few = causes.length <= budget.changesWithOtherHash;
    const others = first.length === 0 || (few && !causes.some((each) => guessed.includes(each)));
    for (const hash of others ? [...first, ...rest] : first) {
      if (!budget.spendOctets(octets.length * weightOf(hash))) return undefined;
      const computed = digestOf(hash, octets);
      const of = hash === declared ? {} : { about: hash };
      const other: Cause[] = hash === declared ? [] : ['hash-other'];
      if (computed.equals(digest)) return { causes: other, ...of };
      if (computed.equals(reversed)) return { causes: [...other, 'digest-reversed'], ...of };
      if (hex?.equals(computed)) return { causes: [...other, 'digest-in-hex'], ...of };
    }
    return undefined;
  };
}
