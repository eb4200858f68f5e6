import {
  anyButLineEnd,
  anyOf,
  type Characters,
  escaped,
  everything,
  except,
  membersOf,
  oneOf,
  property,
  range,
} from './characters.ts';

/** A pattern of XML Schema, read. */
export type Pattern =
  | { readonly kind: 'one'; readonly characters: Characters }
  | { readonly kind: 'row'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'ways'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'times';
      readonly part: Pattern;
      readonly min: number;
      readonly max: number;
    };

/** Undefined where the pattern is not understood; none is run by the regular expressions of JavaScript. */
export function readPattern(text: string): Pattern | undefined {
  if (text.length > lengthMax) return undefined;
  const reader = new Reader([...text]);
  try {
    return reader.whole();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

const lengthMax = 2000;
const depthMax = 50;

class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}

class Reader {
  readonly #text: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: readonly string[]) {
    this.#text = text;
  }

  whole(): Pattern {
    const read = this.#ways();
    if (this.#at < this.#text.length) throw new NotUnderstood();
    return read;
  }

  get #next(): string | undefined {
    return this.#text[this.#at];
  }

  #take(): string {
    const taken = this.#next;
    if (taken === undefined) throw new NotUnderstood();
    this.#at += 1;
    return taken;
  }

  #taken(wanted: string): boolean {
    if (this.#next !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #ways(): Pattern {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new NotUnderstood();
    const parts = [this.#row()];
    while (this.#taken('|')) parts.push(this.#row());
    this.#depth -= 1;
    return { kind: 'ways', parts };
  }

  #row(): Pattern {
    const parts: Pattern[] = [];
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') {
      parts.push(this.#quantified(this.#atom()));
    }
    return { kind: 'row', parts };
  }

  #atom(): Pattern {
    const taken = this.#take();
    if (taken === '(') {
      const inner = this.#ways();
      if (!this.#taken(')')) throw new NotUnderstood();
      return inner;
    }
    if (taken === '[') return { kind: 'one', characters: this.#class() };
    if (taken === '.') return { kind: 'one', characters: anyButLineEnd };
    if (taken === '\\') return { kind: 'one', characters: this.#escape() };
    if ('?*+{}]'.includes(taken)) throw new NotUnderstood();
    return { kind: 'one', characters: oneOf([taken]) };
  }

  #quantified(part: Pattern): Pattern {
    if (this.#taken('?')) return { kind: 'times', part, min: 0, max: 1 };
    if (this.#taken('*')) return { kind: 'times', part, min: 0, max: Infinity };
    if (this.#taken('+')) return { kind: 'times', part, min: 1, max: Infinity };
    if (!this.#taken('{')) return part;
    let inside = '';
    while (!this.#taken('}')) inside += this.#take();
    const match = /^(\d+)(?:(,)(\d*))?$/.exec(inside);
    if (match === null) throw new NotUnderstood();
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : Infinity;
    return { kind: 'times', part, min, max };
  }

  #escape(): Characters {
    const letter = this.#take();
    if (letter !== 'p' && letter !== 'P') return escaped(letter);
    if (!this.#taken('{')) throw new NotUnderstood();
    let name = '';
    while (!this.#taken('}')) name += this.#take();
    const found = property(name);
    if (found === undefined) throw new NotUnderstood();
    return letter === 'p' ? found : except(everything, found);
  }

  #class(): Characters {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new NotUnderstood();
    const negated = this.#taken('^');
    const sets: Characters[] = [];
    let without: Characters | undefined;
    while (!this.#taken(']')) {
      if (this.#next === '-' && this.#text[this.#at + 1] === '[') {
        this.#at += 2;
        without = this.#class();
      } else sets.push(this.#member());
    }
    this.#depth -= 1;
    const all = negated ? except(everything, anyOf(sets)) : anyOf(sets);
    return without === undefined ? all : except(all, without);
  }

  #member(): Characters {
    const from = this.#take();
    if (from === '[') throw new NotUnderstood();
    const first = from === '\\' ? this.#escape() : oneOf([from]);
    const after = this.#text[this.#at + 1];
    if (this.#next !== '-' || after === ']' || after === '[' || after === undefined) return first;
    const [start] = first.hints;
    if (start === undefined || first.hints.length > 1) return first;
    this.#at += 1;
    const to = this.#take();
    const [end] = to === '\\' ? this.#escape().hints : [to];
    if (end === undefined) throw new NotUnderstood();
    return range(start, end);
  }
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
  if (pattern.kind === 'one') {
    const has = (at: number) => {
      const character = text[at];
      return character !== undefined && pattern.characters.has(character);
    };
    return new Set([...from].filter(has).map((at) => at + 1));
  }
  if (pattern.kind === 'ways') {
    return new Set(pattern.parts.flatMap((part) => [...ends(part, text, from, work)]));
  }
  if (pattern.kind === 'row') {
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
  if (pattern.kind === 'one') {
    const members = membersOf(pattern.characters);
    return members[drawing.pick(members.length)];
  }
  if (pattern.kind === 'ways') {
    const way = pattern.parts[drawing.pick(pattern.parts.length)];
    return way && drawn(way, drawing, work);
  }
  const parts = pattern.kind === 'row' ? pattern.parts : repeated(pattern, drawing);
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
