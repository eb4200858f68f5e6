import { has } from '../pattern/characters.ts';
import { type Pattern, parsePattern } from '../pattern/parse.ts';
import { membersOf } from './characters.ts';

const lengthMax = 2000;

/** Undefined where the pattern is long or not understood; none is run by the regular expressions of JavaScript. */
export function readPattern(text: string): Pattern | undefined {
  return text.length > lengthMax ? undefined : parsePattern(text, false);
}

/** Whether the whole of a short text fits. What takes too much work does not fit. */
export function fitsPattern(pattern: Pattern, text: string): boolean {
  const characters = [...text];
  const work = { left: workMax };
  return ends(pattern, characters, new Set([0]), work).has(characters.length);
}

const workMax = 200_000;

interface Work {
  left: number;
}

function isSpent(work: Work): boolean {
  work.left -= 1;
  return work.left < 0;
}

function ends(
  pattern: Pattern,
  text: readonly string[],
  from: ReadonlySet<number>,
  work: Work,
): Set<number> {
  if (isSpent(work)) return new Set();
  if (pattern.kind === 'characters') {
    const fits = (at: number) => {
      const character = text[at];
      return character !== undefined && has(pattern.set, character);
    };
    return new Set([...from].filter(fits).map((at) => at + 1));
  }
  if (pattern.kind === 'choice') {
    return new Set(pattern.parts.flatMap((part) => [...ends(part, text, from, work)]));
  }
  if (pattern.kind === 'sequence') {
    return pattern.parts.reduce((at, part) => ends(part, text, at, work), new Set(from));
  }
  const { part, min, max } = pattern;
  let at = new Set(from);
  // Past the length of the text further rounds take nothing.
  for (let round = 0; round < Math.min(min, text.length + 1) && at.size > 0; round += 1) {
    at = ends(part, text, at, work);
  }
  const all = new Set(at);
  for (let round = min; round < max && at.size > 0; round += 1) {
    at = new Set([...ends(part, text, at, work)].filter((each) => !all.has(each)));
    for (const each of at) all.add(each);
  }
  return all;
}

export interface Drawing {
  /** A number below its argument: which way, which character. */
  pick(below: number): number;
  /** How many rounds more than the fewest. */
  readonly extra: number;
}

/** A text of the pattern; undefined where none is known, or it would be long or take too much work. */
export function textOf(pattern: Pattern, drawing: Drawing): string | undefined {
  return drawn(pattern, drawing, { left: workMax });
}

function drawn(pattern: Pattern, drawing: Drawing, work: Work): string | undefined {
  if (isSpent(work)) return undefined;
  if (pattern.kind === 'characters') {
    const members = membersOf(pattern.set);
    return members[drawing.pick(members.length)];
  }
  if (pattern.kind === 'choice') {
    const way = pattern.parts[drawing.pick(pattern.parts.length)];
    return way && drawn(way, drawing, work);
  }
  const parts = pattern.kind === 'sequence' ? pattern.parts : repeated(pattern, drawing);
  let text = '';
  for (const part of parts) {
    const more = drawn(part, drawing, work);
    if (more === undefined || text.length > textMax) return undefined;
    text += more;
  }
  return text;
}

const textMax = 4000;

function repeated(
  { part, min, max }: { readonly part: Pattern; readonly min: number; readonly max: number },
  { extra }: Drawing,
): Pattern[] {
  return new Array<Pattern>(Math.min(max, min + extra, textMax)).fill(part);
}
