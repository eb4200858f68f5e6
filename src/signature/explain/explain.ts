import { type FaultCode, faultRow } from '../../fault/codes.ts';
import { Fault } from '../../fault/fault.ts';
import type { Certificate } from '../../pki/certificate.ts';
import { canonicalize } from '../../xml/canonicalize.ts';
import { type XmlDocument, type XmlElement, XmlRefused } from '../../xml/document.ts';
import { certificateFor, type Examined, examine, targetOf } from '../examine.ts';
import type { FoundSignature } from '../find.ts';
import type { Profile } from '../profiles.ts';
import { readStructure, type Structure } from '../structure.ts';
import { transformed } from '../transforms.ts';
import { computedDigest } from '../verify.ts';
import { Budget, type Limits } from './budget.ts';
import { type Cause, causes } from './causes.ts';
import { type Difference, differenceOf } from './difference.ts';
import { searchDigest } from './digest.ts';
import type { Find } from './search.ts';
import { searchValue } from './value.ts';
import type { Parts } from './xop.ts';

/** Why one signature is not good. */
export interface Explanation extends Pick<Examined, 'id' | 'digest' | 'signature'> {
  readonly good: boolean;
  readonly reference: Reference;
  /** A code of the table of causes, several joined by +, or a fault code; null where none was found. */
  readonly cause: string | null;
  readonly ru: string;
  readonly en: string;
  /** Where the octets that were signed and those that came part. */
  readonly difference: Difference | null;
  /** The causes that were tried, whether found or not. */
  readonly tried: readonly Cause[];
}

/** Digests in base64; null where they cannot be known. */
export interface Reference {
  readonly uri: string;
  readonly expected: string | null;
  readonly computed: string | null;
}

/** What an explanation goes by. */
export interface Evidence {
  readonly document: XmlDocument;
  /** What the document was parsed from. */
  readonly bytes: Uint8Array;
  readonly parts: Parts;
  /** The signature profiles that count. */
  readonly profiles: readonly Profile[];
  readonly limits: Limits;
}

/**
 * Says why a signature is not good, by trying what usually happens to messages on their way. It
 * judges nothing: a found cause makes no bad signature good.
 */
export function explainSignature(evidence: Evidence, found: FoundSignature): Explanation {
  const { document, profiles } = evidence;
  const examined = examine(document, found, profiles);
  const { id, digest, signature, problems } = examined;
  const outline = { id, digest, signature };
  const structure = structureOf(found, profiles);
  if (structure === undefined) {
    const reference = { uri: `#${id}`, expected: null, computed: null };
    return {
      ...outline,
      good: false,
      reference,
      ...byFault(problems),
      difference: null,
      tried: [],
    };
  }
  const searched = new Search(evidence, found, structure);
  const told = {
    ...outline,
    good: problems.length === 0,
    reference: searched.reference(),
  };
  if (problems.length === 0) return { ...told, ...good, difference: null, tried: [] };
  const digestFind = digest === 'bad' ? searched.digest() : undefined;
  const valueFind = signature === 'bad' ? searched.value(digest === 'bad') : undefined;
  const difference = searched.difference(digestFind, valueFind);
  const tried = [...searched.tried];
  if (digestFind === undefined && valueFind === undefined) {
    return { ...told, ...withoutFind(problems), difference, tried };
  }
  return { ...told, ...byFinds(digestFind, valueFind, digest === 'bad'), difference, tried };
}

function structureOf(
  { signature }: FoundSignature,
  profiles: readonly Profile[],
): Structure | undefined {
  return attempt(() => readStructure(signature, profiles));
}

/** The two searches in one signature. */
class Search {
  readonly tried = new Set<Cause>();
  readonly #evidence: Evidence;
  readonly #found: FoundSignature;
  readonly #structure: Structure;
  readonly #target: XmlElement | undefined;
  readonly #received: Buffer | undefined;
  readonly #signedInfo: Buffer | undefined;

  constructor(evidence: Evidence, found: FoundSignature, structure: Structure) {
    this.#evidence = evidence;
    this.#found = found;
    this.#structure = structure;
    const target = attempt(() => targetOf(evidence.document, structure));
    this.#target = target;
    this.#received = target && attempt(() => transformed(structure, target));
    const { signedInfo, canonicalization, signedInfoPrefixes } = structure;
    this.#signedInfo = attempt(() =>
      canonicalize(signedInfo, canonicalization, signedInfoPrefixes),
    );
  }

  reference(): Reference {
    const { targetId, digest } = this.#structure;
    const computed = this.#computed();
    return {
      uri: targetId === '' ? '' : `#${targetId}`,
      expected: digest.toString('base64'),
      computed: computed?.toString('base64') ?? null,
    };
  }

  digest(): Find | undefined {
    const { document, bytes, parts } = this.#evidence;
    const digestCase = {
      ...{ document, bytes, parts, structure: this.#structure, target: this.#target },
      demanded: this.#found.demanded,
    };
    const budget = new Budget(this.#evidence.limits);
    return searchDigest(digestCase, this.#received, budget, this.tried);
  }

  value(digestIsBad: boolean): Find | undefined {
    const { document, limits } = this.#evidence;
    const structure = this.#structure;
    const certificate = attempt(
      (): Certificate => certificateFor(document, structure, this.#found),
    );
    const computed = digestIsBad ? this.#computed() : undefined;
    const valueCase = { document, structure, certificate, computed };
    if (this.#signedInfo === undefined) return undefined;
    return searchValue(valueCase, this.#signedInfo, new Budget(limits), this.tried);
  }

  difference(digest: Find | undefined, value: Find | undefined): Difference | null {
    const ofDigest =
      digest?.octets && this.#received && differenceOf(digest.octets, this.#received);
    const ofValue =
      value?.octets && this.#signedInfo && differenceOf(value.octets, this.#signedInfo);
    return ofDigest ?? ofValue ?? null;
  }

  #computed(): Buffer | undefined {
    return this.#received && computedDigest(this.#structure, this.#received);
  }
}

type Sentence = Pick<Explanation, 'cause' | 'ru' | 'en'>;

const good: Sentence = {
  cause: null,
  ru: 'подпись верна',
  en: 'the signature is good',
};

/** What was found, each cause in its sentence; the same one of both searches is told once. */
function byFinds(
  digest: Find | undefined,
  value: Find | undefined,
  digestIsBad: boolean,
): Sentence {
  const ofValue = value?.causes.filter((cause) => digest?.causes.includes(cause) !== true) ?? [];
  const codes = [...(digest?.causes ?? []), ...ofValue];
  const sentences = (language: 'ru' | 'en') => [
    ...(digestIsBad && digest === undefined ? [unknownDigest[language]] : []),
    ...(digest?.causes ?? []).map((cause) => sentence(cause, language, digest?.about)),
    ...ofValue.map((cause) => inSignedInfo(cause) + sentence(cause, language, value?.about)),
  ];
  return {
    cause: codes.join('+'),
    ru: sentences('ru').join('. '),
    en: sentences('en').join('. '),
  };
}

const unknownDigest = {
  ru: 'почему не совпадает хэш, не найдено',
  en: 'why the digest differs was not found',
} as const;

/** Causes of the value alone name their place themselves. */
function inSignedInfo(cause: Cause): string {
  return ofValueAlone.includes(cause) ? '' : 'SignedInfo: ';
}

const ofValueAlone: readonly Cause[] = [
  'digest-replaced',
  'other-certificate',
  'value-is-der',
  'halves-swapped',
  'value-reversed',
  'signed-digest-reversed',
  'signed-hash-other',
  'rsa-pss',
  'signed-info-altered',
  'key-or-value',
];

function sentence(cause: Cause, language: 'ru' | 'en', about: string | undefined): string {
  const [what, todo] = causes[cause][language];
  const exactly = about === undefined ? '' : ` (${about})`;
  return language === 'ru'
    ? `${what}${exactly}. Что делать: ${todo}`
    : `${what}${exactly}. What to do: ${todo}`;
}

/** A problem that no search can explain, in the words of its own row. */
function byFault(problems: readonly string[]): Sentence {
  const [first = 'SIGNATURE_FORMAT'] = problems;
  const [code = '', ...rest] = first.split(': ');
  const { ru, en } = faultRow(code as FaultCode);
  const exactly = rest.length === 0 ? '' : ` (${rest.join(': ')})`;
  return {
    cause: code,
    ru: `${ru[0]}${exactly}. Что делать: ${ru[1]}`,
    en: `${en[0]}${exactly}. What to do: ${en[1]}`,
  };
}

const searched = ['SIGNATURE_DIGEST', 'SIGNATURE_VALUE'];

/** Nothing was found: what else is wrong, or that nobody knows. */
function withoutFind(problems: readonly string[]): Sentence {
  const other = problems.find((problem) => !searched.some((code) => problem.startsWith(code)));
  if (other !== undefined) return byFault([other]);
  return {
    cause: null,
    ru: 'причина не найдена: скорее всего, данные изменены после подписания',
    en: 'no cause was found: most likely the data were changed after signing',
  };
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Fault || thrown instanceof XmlRefused) return undefined;
    throw thrown;
  }
}
