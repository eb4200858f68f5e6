import type { Characters } from '../pattern/characters.ts';
import type { Pattern } from '../pattern/parse.ts';

/** The places of a pattern that read a character, and which may follow which (Glushkov). */
export interface Automaton {
  readonly places: readonly Characters[];
  readonly follow: readonly ReadonlySet<number>[];
  /** Steps from a place to the next that stand for two ways: of a loop, and of a loop around it. */
  readonly doubled: readonly (readonly [from: number, to: number])[];
}

interface Part {
  readonly nullable: boolean;
  readonly first: ReadonlySet<number>;
  readonly last: ReadonlySet<number>;
}

/** A range wider than this is a repeat without a bound: as far as time goes it is one. */
const wide = 8;

/**
 * A count is written out in copies, up to `copies` of one part: what counts to ten says nothing of
 * where it ends that a repeat would.
 *
 * @returns undefined where it takes more places than `placesMax`
 */
export function automatonOf(
  pattern: Pattern,
  copies: number,
  placesMax: number,
): Automaton | undefined {
  const builder = new Builder(copies, placesMax);
  try {
    builder.add(pattern);
    return builder;
  } catch (error) {
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

class TooLarge extends Error {}

const nothing: Part = { nullable: true, first: new Set(), last: new Set() };

class Builder implements Automaton {
  readonly places: Characters[] = [];
  readonly follow: Set<number>[] = [];
  readonly doubled: [number, number][] = [];
  readonly #copies: number;
  readonly #placesMax: number;

  constructor(copies: number, placesMax: number) {
    this.#copies = copies;
    this.#placesMax = placesMax;
  }

  add(pattern: Pattern): Part {
    switch (pattern.kind) {
      case 'characters':
        return this.#place(pattern.set);
      case 'sequence':
        return pattern.parts.reduce<Part>(
          (before, part) => this.#then(before, this.add(part)),
          nothing,
        );
      case 'choice':
        return pattern.parts.map((part) => this.add(part)).reduce(either);
      case 'repeat':
        return this.#repeat(pattern.part, pattern.min, pattern.max);
    }
  }

  #place(set: Characters): Part {
    if (this.places.length >= this.#placesMax) throw new TooLarge();
    const place = new Set([this.places.length]);
    this.places.push(set);
    this.follow.push(new Set());
    return { nullable: false, first: place, last: place };
  }

  #then(before: Part, after: Part): Part {
    this.#join(before.last, after.first);
    return {
      nullable: before.nullable && after.nullable,
      first: before.nullable ? new Set([...before.first, ...after.first]) : before.first,
      last: after.nullable ? new Set([...before.last, ...after.last]) : after.last,
    };
  }

  #join(last: ReadonlySet<number>, first: ReadonlySet<number>): void {
    for (const place of last) {
      const follow = this.follow[place];
      for (const next of first) {
        if (follow?.has(next)) this.doubled.push([place, next]);
        follow?.add(next);
      }
    }
  }

  #repeat(part: Pattern, min: number, max: number): Part {
    if (max === 0) return nothing;
    const loops = max - min > wide || min > this.#copies;
    if (loops) {
      const fixed = min > this.#copies ? 0 : Math.max(min - 1, 0);
      const looped = this.add(part);
      this.#join(looped.last, looped.first);
      const loop = min === 0 ? { ...looped, nullable: true } : looped;
      return this.#then(this.#times(part, fixed), loop);
    }
    return this.#then(this.#times(part, min), this.#upTo(part, max - min));
  }

  #times(part: Pattern, count: number): Part {
    let whole = nothing;
    for (let i = 0; i < count; i += 1) whole = this.#then(whole, this.add(part));
    return whole;
  }

  /** (x(x(x)?)?)?: each number of copies in one way alone. */
  #upTo(part: Pattern, count: number): Part {
    if (count === 0) return nothing;
    const more = this.#then(this.add(part), this.#upTo(part, count - 1));
    return { ...more, nullable: true };
  }
}

function either(a: Part, b: Part): Part {
  return {
    nullable: a.nullable || b.nullable,
    first: new Set([...a.first, ...b.first]),
    last: new Set([...a.last, ...b.last]),
  };
}
