import {
  type Characters,
  complement,
  escaped,
  guessed,
  intersection,
  one,
  union,
} from './characters.ts';

/** A pattern of XML Schema (Part 2 §F) as a tree. */
export type Pattern =
  | { readonly kind: 'characters'; readonly set: Characters }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly part: Pattern;
      readonly min: number;
      /** Infinity where it has no bound. */
      readonly max: number;
    };

/**
 * Undefined where it is no pattern: the compiler says what is wrong with it.
 *
 * @param guessing properties that are not known here count for what they may stand for at most; else a pattern
 *   with one is not read
 */
export function parsePattern(text: string, guessing: boolean): Pattern | undefined {
  const parser = new Parser([...text], guessing);
  try {
    const pattern = parser.choice();
    return parser.atEnd ? pattern : undefined;
  } catch (error) {
    if (error instanceof NoPattern) return undefined;
    throw error;
  }
}

class NoPattern extends Error {}

class Parser {
  readonly #text: readonly string[];
  readonly #guessing: boolean;
  #at = 0;

  constructor(text: readonly string[], guessing: boolean) {
    this.#text = text;
    this.#guessing = guessing;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  choice(): Pattern {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (!this.atEnd && !['|', ')'].includes(this.#peek())) parts.push(this.#piece());
    return { kind: 'sequence', parts };
  }

  #piece(): Pattern {
    const part = this.#atom();
    if (this.#take('?')) return { kind: 'repeat', part, min: 0, max: 1 };
    if (this.#take('*')) return { kind: 'repeat', part, min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { kind: 'repeat', part, min: 1, max: Number.POSITIVE_INFINITY };
    if (!this.#take('{')) return part;
    const counts = /^(\d+)(?:(,)(\d*))?$/.exec(this.#until('}'));
    if (counts === null) throw new NoPattern();
    const [, min = '', comma, max = ''] = counts;
    if (comma === undefined) return { kind: 'repeat', part, min: Number(min), max: Number(min) };
    const upTo = max === '' ? Number.POSITIVE_INFINITY : Number(max);
    return { kind: 'repeat', part, min: Number(min), max: upTo };
  }

  #atom(): Pattern {
    if (this.#take('(')) {
      const inner = this.choice();
      if (!this.#take(')')) throw new NoPattern();
      return inner;
    }
    if (this.#take('[')) return { kind: 'characters', set: this.#class() };
    if (this.#take('.'))
      return {
        kind: 'characters',
        set: complement([
          [10, 10],
          [13, 13],
        ]),
      };
    if (this.#take('\\')) return { kind: 'characters', set: this.#escape() };
    if ('?*+{}]'.includes(this.#peek())) throw new NoPattern();
    return { kind: 'characters', set: one(this.#next()) };
  }

  /** After the opening bracket, past the closing one. */
  #class(): Characters {
    const negative = this.#take('^');
    let set: Characters = [];
    let first = true;
    while (!this.#take(']')) {
      if (!first && this.#peek() === '-' && this.#text[this.#at + 1] === '[') {
        this.#at += 2;
        const without = this.#class();
        if (!this.#take(']')) throw new NoPattern();
        return intersection(negative ? complement(set) : set, complement(without));
      }
      set = union(set, this.#member());
      first = false;
    }
    return negative ? complement(set) : set;
  }

  #member(): Characters {
    const from = this.#take('\\') ? this.#escape() : one(this.#next());
    const next = this.#text[this.#at + 1];
    if (this.atEnd || this.#peek() !== '-' || next === ']' || next === '[') return from;
    this.#at += 1;
    const to = this.#take('\\') ? this.#escape() : one(this.#next());
    const [start, end] = [from[0]?.[0] ?? 0, to.at(-1)?.[1] ?? 0];
    if (start > end) throw new NoPattern();
    return [[start, end]];
  }

  #escape(): Characters {
    const letter = this.#next();
    const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
    if (plain[letter] !== undefined) return one(plain[letter]);
    if (letter !== 'p' && letter !== 'P') return escaped(letter) ?? one(letter);
    if (!this.#take('{')) throw new NoPattern();
    const name = `${letter}{${this.#until('}')}}`;
    const known = escaped(name);
    if (known !== undefined) return known;
    if (!this.#guessing) throw new NoPattern();
    return guessed(name);
  }

  #until(closing: string): string {
    let taken = '';
    while (!this.#take(closing)) taken += this.#next();
    return taken;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #next(): string {
    if (this.atEnd) throw new NoPattern();
    this.#at += 1;
    return this.#text[this.#at - 1] ?? '';
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}
