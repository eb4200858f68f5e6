import { isMadeFrom, isNumber } from '../model/builtins.ts';
import type { SimpleModel } from '../model/simple.ts';
import type { Choices } from './choices.ts';
import { fits } from './fits.ts';
import { readPattern, textOf } from './pattern.ts';

/** A value of a simple type; undefined where none was found in a bounded search. */
export function sampleOf(model: SimpleModel, choices: Choices): string | undefined {
  if (model.facets.enumeration !== undefined) {
    return choices.oneOf(model.facets.enumeration.filter((value) => fits(model, value)));
  }
  if (model.variety === 'union') return unionValue(model, choices);
  if (model.variety === 'list') return listValue(model, choices);
  if (isMadeFrom(model.builtin, 'ID')) return choices.freshId();
  if (isMadeFrom(model.builtin, 'IDREF')) return choices.knownId();
  return choices.oneOf(candidates(model)) ?? fromPatterns(model, choices);
}

function unionValue(model: SimpleModel, choices: Choices): string | undefined {
  for (const member of model.members) {
    const value = sampleOf(member, choices);
    if (value !== undefined && fits(model, value)) return value;
  }
  return undefined;
}

function listValue(model: SimpleModel, choices: Choices): string | undefined {
  const item = model.item && sampleOf(model.item, choices);
  if (item === undefined) return undefined;
  const { length, minLength = 1 } = model.facets.measures;
  const value = new Array<string>(Math.min(length ?? Math.max(1, minLength), 1000)).fill(item);
  return fits(model, value.join(' ')) ? value.join(' ') : undefined;
}

/** Values that people would expect, those that fit. */
function candidates(model: SimpleModel): string[] {
  return [...expected(model), ...sized(model)].filter((value) => fits(model, value));
}

const samples: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  float: ['1', '1.5'],
  double: ['1', '1.5'],
  date: ['2024-01-15'],
  dateTime: ['2024-01-15T12:00:00', '2024-01-15T12:00:00Z', '2024-01-15T12:00:00+03:00'],
  time: ['12:00:00', '12:00:00Z'],
  gYear: ['2024'],
  gYearMonth: ['2024-01'],
  gMonth: ['--01'],
  gDay: ['---15'],
  gMonthDay: ['--01-15'],
  duration: ['P1D', 'PT1H'],
  anyURI: ['urn:example', 'http://example.org/'],
  QName: ['name'],
  language: ['ru', 'en'],
  NMTOKEN: ['name'],
  Name: ['name'],
  NCName: ['name'],
  hexBinary: ['00'],
  base64Binary: ['AA=='],
  anySimpleType: ['текст'],
};

function expected({ builtin, facets }: SimpleModel): string[] {
  const { minInclusive, minExclusive, maxInclusive, maxExclusive } = facets.bounds;
  const given = [minInclusive, maxInclusive].filter((each) => each !== undefined);
  if (!isNumber(builtin)) return [...(samples[builtin] ?? ['текст', 'text', '1']), ...given];
  const near = [minExclusive, maxExclusive]
    .filter((each) => each !== undefined)
    .flatMap((each) => [String(Number(each) + 1), String(Number(each) - 1), `${Number(each)}.5`]);
  return ['1', '100', '10.5', '0', '-1', ...given, ...near, '0.5', '0.01'];
}

const sizeMax = 100_000;

/** Texts as long as they have to be. */
function sized({ builtin, facets }: SimpleModel): string[] {
  const { length, minLength = 1, maxLength = Infinity } = facets.measures;
  const size = length ?? Math.min(Math.max(minLength, 5), maxLength);
  if (size > sizeMax) return [];
  if (builtin === 'hexBinary') return ['00'.repeat(size)];
  if (builtin === 'base64Binary') return [Buffer.alloc(size).toString('base64')];
  if (isNumber(builtin)) return ['1'.repeat(Math.min(size, 18))];
  const words = 'текст '
    .repeat(Math.ceil(size / 6))
    .slice(0, size)
    .replace(/ $/, 'т');
  return [words, 'a'.repeat(size), '1'.repeat(size), ''];
}

const waysMax = 8;
const lengths = [0, 1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 250, 500, 1000];

/** From the patterns themselves, the last step first: the shortest, then longer and other ways. */
function fromPatterns(model: SimpleModel, choices: Choices): string | undefined {
  const steps = model.facets.patterns.toReversed();
  const { length, minLength = 0 } = model.facets.measures;
  const size = length ?? minLength;
  // As many rounds as lack to the length, where what is there without them is short.
  const rounds = [...new Set([...lengths, size, size - 1, size - 2, size - 3])].filter(
    (each) => each >= 0 && each <= sizeMax,
  );
  for (const step of steps) {
    for (const text of step) {
      const pattern = readPattern(text);
      if (pattern === undefined) continue;
      for (let way = 0; way < waysMax; way += 1) {
        for (const extra of rounds) {
          const pick = (below: number) => (way === 0 ? 0 : choices.below(below, way));
          const value = textOf(pattern, { pick, extra });
          if (value !== undefined && fits(model, value)) return value;
        }
      }
    }
  }
  return undefined;
}
