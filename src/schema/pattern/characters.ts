/** A set of characters: ranges of code points, in order, apart from each other. */
export type Characters = readonly (readonly [from: number, to: number])[];

const last = 0x10ffff;

export function union(...sets: readonly Characters[]): Characters {
  const sorted = sets.flat().sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(set: Characters): Characters {
  const rest: [number, number][] = [];
  let from = 0;
  for (const [start, end] of set) {
    if (start > from) rest.push([from, start - 1]);
    from = end + 1;
  }
  if (from <= last) rest.push([from, last]);
  return rest;
}

export function intersection(a: Characters, b: Characters): Characters {
  const both: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [one, other] = [a[i] ?? [0, 0], b[j] ?? [0, 0]];
    const [from, to] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
    if (from <= to) both.push([from, to]);
    if (one[1] < other[1]) i += 1;
    else j += 1;
  }
  return both;
}

export function overlap(a: Characters, b: Characters): boolean {
  return intersection(a, b).length > 0;
}

export function has(set: Characters, character: string): boolean {
  const code = character.codePointAt(0) ?? -1;
  return set.some(([from, to]) => from <= code && code <= to);
}

export function one(character: string): Characters {
  const code = character.codePointAt(0) ?? 0;
  return [[code, code]];
}

const all: Characters = [[0, last]];
const space: Characters = [
  [9, 10],
  [13, 13],
  [32, 32],
];

const categories = new Map<string, Characters>();

/** Of the basic plane; what lies above it is taken for in. */
function category(name: string): Characters {
  const known = categories.get(name);
  if (known !== undefined) return known;
  const member = new RegExp(`^\\p{${name}}$`, 'u');
  const ranges: [number, number][] = [];
  for (let code = 0; code < 0x10000; code += 1) {
    if (!member.test(String.fromCharCode(code))) continue;
    const before = ranges.at(-1);
    if (before?.[1] === code - 1) before[1] = code;
    else ranges.push([code, code]);
  }
  const set = union(ranges, [[0x10000, last]]);
  categories.set(name, set);
  return set;
}

/**
 * What a multi-character or category escape stands for (XML Schema Part 2 §F.1.1); undefined where it is none,
 * or one that is not known here.
 *
 * @param name what follows the backslash: d, W, p{Lu}, P{IsCyrillic}
 */
export function escaped(name: string): Characters | undefined {
  const property = /^([pP])\{(Is)?([A-Za-z0-9-]+)\}$/.exec(name);
  if (property !== null) {
    const [, sign, block, word = ''] = property;
    const set = block === undefined ? categoryNamed(word) : blockNamed(word);
    return sign === 'P' && set !== undefined ? complement(set) : set;
  }
  const lower = name.toLowerCase();
  const set = classes[lower]?.();
  return set === undefined || lower === name ? set : complement(set);
}

const classes: Readonly<Record<string, () => Characters>> = {
  s: () => space,
  d: () => category('Nd'),
  w: () => complement(union(category('P'), category('Z'), category('C'))),
  i: () => union(category('L'), one('_'), one(':')),
  c: () => union(category('L'), category('M'), category('Nd'), one('_'), one(':'), [[45, 46]]),
};

function categoryNamed(word: string): Characters | undefined {
  return /^(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)$/.test(word)
    ? category(word)
    : undefined;
}

/** What a property that is not known here may stand for: of a block, all that is not ASCII. */
export function guessed(name: string): Characters {
  if (!/^[pP]\{Is/.test(name)) return all;
  const block: Characters = [[0x80, last]];
  return name.startsWith('P') ? complement(block) : block;
}

/** The blocks that Russian schemas use. */
function blockNamed(word: string): Characters | undefined {
  if (word === 'BasicLatin') return [[0, 0x7f]];
  if (word === 'Latin-1Supplement') return [[0x80, 0xff]];
  return word === 'Cyrillic' ? [[0x400, 0x4ff]] : undefined;
}
