import { type FaultCode, faultRow } from '../../fault/codes.ts';
import { type Cause, causes } from './causes.ts';
import type { Find, Finds } from './search.ts';

/** What is told of one signature, in two languages. */
export interface Sentence {
  /** A code of the table of causes, several joined by +, or a fault code; null where none was found. */
  readonly cause: string | null;
  readonly ru: string;
  readonly en: string;
}

export const goodSentence: Sentence = {
  cause: null,
  ru: 'подпись верна',
  en: 'the signature is good',
};

/** What was found, each cause in its sentence; the same one of both searches is told once. */
export function byFinds({ digest, value }: Finds, problems: readonly string[]): Sentence {
  const unknown =
    digest === undefined &&
    value?.causes.includes('digest-replaced') !== true &&
    problems.some((each) => each.startsWith('SIGNATURE_DIGEST'));
  const ofDigest = digest?.causes ?? [];
  const ofValue = (value?.causes ?? []).filter((cause) => !ofDigest.includes(cause));
  const told = (language: 'ru' | 'en') =>
    [
      ...(unknown ? [unknownDigest[language]] : []),
      ...ofDigest.map((cause) => sentence(cause, language, digest?.about)),
      ...ofValue.map((cause) => inSignedInfo(cause) + sentence(cause, language, value?.about)),
    ].join('. ');
  return { cause: [...ofDigest, ...ofValue].join('+'), ru: told('ru'), en: told('en') };
}

const unknownDigest = {
  ru: 'почему не совпадает хэш, не найдено',
  en: 'why the digest differs was not found',
} as const;

/** What was found, in one sentence of Russian for a refusal. */
export function causeTold({ causes: found, about }: Find): string {
  return found
    .map((cause) => {
      const [what, todo] = causes[cause].ru;
      return `${what}${about === undefined ? '' : ` (${about})`}, ${todo}`;
    })
    .join('; ');
}

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
export function byFault(problems: readonly string[]): Sentence {
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
export function withoutFind(problems: readonly string[]): Sentence {
  const other = problems.find((problem) => !searched.some((code) => problem.startsWith(code)));
  if (other !== undefined) return byFault([other]);
  return {
    cause: null,
    ru: 'причина не найдена: скорее всего, данные изменены после подписания',
    en: 'no cause was found: most likely the data were changed after signing',
  };
}
