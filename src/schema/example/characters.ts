/** A set of characters as a pattern names it (XML Schema Part 2, appendix F). */
export interface Characters {
  has(character: string): boolean;
  /** Some of it to begin with, not all of them surely in it. */
  readonly hints: readonly string[];
}

// What people would write, letters and digits first.
const usual = [...'аАaA015-./:,_@№ ()+=%"\'xXzZ9яЯ'];

/** Members that are known, the likeliest first. */
export function membersOf(set: Characters): readonly string[] {
  const known = members.get(set) ?? findMembers(set);
  members.set(set, known);
  return known;
}

const members = new WeakMap<Characters, readonly string[]>();

function findMembers(set: Characters): string[] {
  const all = [...new Set([...set.hints, ...usual])].filter((each) => set.has(each));
  const rank = (character: string) =>
    /[\p{L}\p{N}]/u.test(character) ? 0 : character === ' ' ? 2 : 1;
  return all.sort((a, b) => rank(a) - rank(b));
}

export function oneOf(characters: readonly string[]): Characters {
  return { has: (character) => characters.includes(character), hints: characters };
}

export function range(from: string, to: string): Characters {
  const [low = 0, high = 0] = [from.codePointAt(0), to.codePointAt(0)];
  return {
    has: (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code >= low && code <= high;
    },
    hints: low > high ? [] : [from, to],
  };
}

export function anyOf(sets: readonly Characters[]): Characters {
  return {
    has: (character) => sets.some((set) => set.has(character)),
    hints: sets.flatMap(({ hints }) => hints),
  };
}

export function except(set: Characters, without: Characters): Characters {
  return { has: (each) => set.has(each) && !without.has(each), hints: set.hints };
}

export const everything: Characters = { has: () => true, hints: [] };
export const anyButLineEnd = except(everything, oneOf(['\n', '\r']));

function likeness(expression: RegExp, hints: string): Characters {
  return { has: (character) => expression.test(character), hints: [...hints] };
}

const escapes: Readonly<Record<string, Characters>> = {
  n: oneOf(['\n']),
  r: oneOf(['\r']),
  t: oneOf(['\t']),
  d: likeness(/^\p{Nd}$/u, '01'),
  s: oneOf([' ', '\t', '\n', '\r']),
  w: likeness(/^[^\p{P}\p{Z}\p{C}]$/u, 'аa0'),
  i: likeness(/^[\p{L}_:]$/u, 'aа'),
  c: likeness(/^[\p{L}\p{N}._:-]$/u, 'aа'),
};

const blocks: Readonly<Record<string, Characters>> = {
  IsBasicLatin: range('\u0000', '\u007f'),
  'IsLatin-1Supplement': range('\u0080', '\u00ff'),
  IsCyrillic: anyOf([range('А', 'я'), range('\u0400', '\u04ff')]),
};

/** @param letter after the backslash; a capital one means all the others */
export function escaped(letter: string): Characters {
  const known = escapes[letter];
  if (known !== undefined) return known;
  const inverse = escapes[letter.toLowerCase()];
  if (inverse !== undefined && /[DSWIC]/.test(letter)) return except(everything, inverse);
  return oneOf([letter]);
}

/** \p{…}: a general category, or one of the few blocks that are known here. */
export function property(name: string): Characters | undefined {
  if (blocks[name] !== undefined) return blocks[name];
  if (!/^(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)$/.test(name)) {
    return undefined;
  }
  return likeness(new RegExp(`^\\p{${name}}$`, 'u'), 'аАaA0-. ');
}
