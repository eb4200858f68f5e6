import { type ChangeKind, rowOf } from './kinds.ts';

/** A change before it is known in how many places it stands. */
export interface Found {
  readonly kind: ChangeKind;
  /** What of each version it is about: the same change of the same things is one change. */
  readonly about: readonly (object | undefined)[];
  /** From the place of the type: '', '/A', '/@b'. */
  readonly at: string;
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
  /** Where it is known better than the kind says. */
  readonly refusesOld?: boolean;
  readonly allowsNew?: boolean;
}

/** Where a pair of types stands. */
export class Places {
  readonly examples: string[] = [];
  count = 0;

  add(path: string): void {
    this.count += 1;
    if (this.examples.length < examplesMax) this.examples.push(path);
  }
}

const examplesMax = 3;

export type Side = 'request' | 'answer';

interface Gathered {
  readonly found: Found;
  readonly where: { readonly places: Places; readonly at: string }[];
  readonly sides: Set<Side>;
  refusesOld: boolean;
  allowsNew: boolean;
}

/** A change in words. */
export interface Change {
  readonly kind: ChangeKind;
  /** Names of elements as a message has them, an attribute after @. */
  readonly path: string;
  /** Up to three places, the first of them `path`. */
  readonly examples: readonly string[];
  /** Of a change in a named type or group: how many declarations have it. */
  readonly places: number;
  readonly sides: readonly Side[];
  /** For messages of the old version that are judged by the new one. */
  readonly verdict: 'compatible' | 'breaking';
  readonly refusesOld: boolean;
  readonly allowsNew: boolean;
  readonly text: { readonly ru: string; readonly en: string };
}

/** Gathers changes; one that is met again adds its places. */
export class Changes {
  readonly #byKey = new Map<string, Gathered>();
  readonly #ids = new Map<object, number>();
  /** Of what is added next. */
  sides: readonly Side[] = [];

  add(found: Found, places: Places): void {
    const key = this.#keyOf(found);
    const { refusesOld, allowsNew } = { ...rowOf(found.kind), ...defined(found) };
    const known = this.#byKey.get(key);
    const gathered = known ?? { found, where: [], sides: new Set(), refusesOld, allowsNew };
    gathered.where.push({ places, at: found.at });
    for (const side of this.sides) gathered.sides.add(side);
    gathered.refusesOld ||= refusesOld;
    gathered.allowsNew ||= allowsNew;
    this.#byKey.set(key, gathered);
  }

  #keyOf({ kind, about, name, from, to }: Found): string {
    const ids = about.map((each) => (each === undefined ? 0 : this.#idOf(each)));
    return JSON.stringify([kind, ids, ids.some((id) => id > 0) ? '' : name, from, to]);
  }

  #idOf(thing: object): number {
    const known = this.#ids.get(thing) ?? this.#ids.size + 1;
    this.#ids.set(thing, known);
    return known;
  }

  list(): Change[] {
    return [...this.#byKey.values()].map(worded);
  }
}

function defined({ refusesOld, allowsNew }: Found) {
  return {
    ...(refusesOld === undefined ? {} : { refusesOld }),
    ...(allowsNew === undefined ? {} : { allowsNew }),
  };
}

function worded({ found, where, sides, refusesOld, allowsNew }: Gathered): Change {
  const paths = where.flatMap(({ places, at }) => places.examples.map((place) => place + at));
  const examples = [...new Set(paths)].slice(0, examplesMax);
  const { ru, en } = rowOf(found.kind);
  return {
    kind: found.kind,
    path: examples[0] ?? '',
    examples,
    places: where.reduce((sum, { places }) => sum + places.count, 0),
    sides: [...sides],
    verdict: refusesOld ? 'breaking' : 'compatible',
    refusesOld,
    allowsNew,
    text: { ru: filled(ru, found), en: filled(en, found) },
  };
}

const valueMax = 300;

function filled(sentence: string, { name, from = '', to = '' }: Found): string {
  const values: Record<string, string> = { name, from, to };
  return sentence.replace(/\{(name|from|to)\}/g, (_, key: string) => shortened(values[key] ?? ''));
}

function shortened(value: string): string {
  return value.length > valueMax ? `${value.slice(0, valueMax)}…` : value;
}
