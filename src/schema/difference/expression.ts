/** A regular expression over names; equal ones that are written alike are one object. */
export interface Expression {
  readonly id: number;
  readonly kind: 'none' | 'empty' | 'symbols' | 'sequence' | 'choice' | 'repeat' | 'all';
  readonly nullable: boolean;
  /** Names with which it may begin. */
  readonly first: ReadonlySet<string>;
  readonly items: readonly Expression[];
  readonly min: number;
  readonly max: number;
}

interface Shape {
  readonly kind: Expression['kind'];
  readonly nullable: boolean;
  readonly first: ReadonlySet<string>;
  readonly items?: readonly Expression[];
  readonly min?: number;
  readonly max?: number;
}

/** Makes expressions and keeps each once. */
export class Expressions {
  readonly #known = new Map<string, Expression>();
  readonly #derivatives = new Map<string, Expression>();
  readonly none: Expression;
  readonly empty: Expression;

  constructor() {
    this.none = this.#keep('none', { kind: 'none', nullable: false, first: new Set() });
    this.empty = this.#keep('empty', { kind: 'empty', nullable: true, first: new Set() });
  }

  get size(): number {
    return this.#known.size;
  }

  #keep(key: string, shape: Shape): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = { items: [], min: 1, max: 1, ...shape, id: this.#known.size };
    this.#known.set(key, made);
    return made;
  }

  symbols(names: readonly string[]): Expression {
    if (names.length === 0) return this.none;
    const first = new Set([...names].sort());
    return this.#keep(`s ${JSON.stringify([...first])}`, {
      kind: 'symbols',
      nullable: false,
      first,
    });
  }

  sequence(parts: readonly Expression[]): Expression {
    if (parts.some(({ kind }) => kind === 'none')) return this.none;
    const items = parts.flatMap((part) => {
      if (part.kind === 'empty') return [];
      return part.kind === 'sequence' ? part.items : [part];
    });
    const [only] = items;
    if (only === undefined) return this.empty;
    if (items.length === 1) return only;
    const first = new Set<string>();
    for (const item of items) {
      for (const name of item.first) first.add(name);
      if (!item.nullable) break;
    }
    const nullable = items.every((item) => item.nullable);
    return this.#keep(`q ${ids(items)}`, { kind: 'sequence', nullable, first, items });
  }

  choice(branches: readonly Expression[]): Expression {
    const flat = branches.flatMap((branch) => (branch.kind === 'choice' ? branch.items : [branch]));
    const items = [...new Set(flat)]
      .filter(({ kind }) => kind !== 'none')
      .sort((a, b) => a.id - b.id);
    const [only] = items;
    if (only === undefined) return this.none;
    if (items.length === 1) return only;
    const first = new Set(items.flatMap((item) => [...item.first]));
    const nullable = items.some((item) => item.nullable);
    return this.#keep(`c ${ids(items)}`, { kind: 'choice', nullable, first, items });
  }

  repeat(inner: Expression, min: number, max: number): Expression {
    if (max === 0 || inner.kind === 'empty') return this.empty;
    if (inner.kind === 'none') return min === 0 ? this.empty : inner;
    const least = inner.nullable ? 0 : min;
    if (max === 1 && (least === 1 || inner.nullable)) return inner;
    return this.#keep(`r ${inner.id} ${least} ${max}`, {
      kind: 'repeat',
      nullable: least === 0,
      first: inner.first,
      items: [inner],
      min: least,
      max,
    });
  }

  /** Each of the items once, in any order. */
  all(parts: readonly Expression[]): Expression {
    const items = parts.filter(({ kind }) => kind !== 'empty').sort((a, b) => a.id - b.id);
    if (items.length < 2) return this.sequence(items);
    const first = new Set(items.flatMap((item) => [...item.first]));
    const nullable = items.every((item) => item.nullable);
    return this.#keep(`a ${ids(items)}`, { kind: 'all', nullable, first, items });
  }

  /** What may follow after `name`. */
  derivative(of: Expression, name: string): Expression {
    if (!of.first.has(name)) return this.none;
    const key = `${of.id} ${name}`;
    const known = this.#derivatives.get(key);
    if (known !== undefined) return known;
    const made = this.#derive(of, name);
    this.#derivatives.set(key, made);
    return made;
  }

  #derive(of: Expression, name: string): Expression {
    if (of.kind === 'choice')
      return this.choice(of.items.map((each) => this.derivative(each, name)));
    if (of.kind === 'sequence') return this.#afterSequence(of.items, name);
    if (of.kind === 'all') {
      const rest = (at: number) => this.all(of.items.filter((_, index) => index !== at));
      return this.choice(
        of.items.map((each, at) => this.sequence([this.derivative(each, name), rest(at)])),
      );
    }
    const [inner] = of.items;
    if (of.kind !== 'repeat' || inner === undefined) return this.empty;
    const rest = this.repeat(inner, Math.max(0, of.min - 1), of.max - 1);
    return this.sequence([this.derivative(inner, name), rest]);
  }

  #afterSequence(items: readonly Expression[], name: string): Expression {
    const ways: Expression[] = [];
    for (const [at, item] of items.entries()) {
      ways.push(this.sequence([this.derivative(item, name), ...items.slice(at + 1)]));
      if (!item.nullable) break;
    }
    return this.choice(ways);
  }
}

function ids(items: readonly Expression[]): string {
  return items.map(({ id }) => id).join(' ');
}
