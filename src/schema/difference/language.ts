import {
  type ElementParticle,
  type GroupParticle,
  leaves,
  type Particle,
} from '../model/particles.ts';
import { admits, type Wildcard } from '../model/wildcard.ts';
import { type Expression, Expressions } from './expression.ts';

/** Whether every row of children that one content model takes another takes too. */
export type Included = 'yes' | 'no' | 'unknown';

export interface Comparison {
  readonly equal: boolean;
  /** Of A in B: old documents are still taken. */
  readonly forward: Included;
  /** Of B in A: nothing new is taken. */
  readonly back: Included;
}

const equal: Comparison = { equal: true, forward: 'yes', back: 'yes' };

/**
 * Compares two content models as languages over the names of elements, so that the way in which a
 * schema writes them does not matter. Exact, by derivatives of regular expressions (Brzozowski,
 * 1964); unknown where it would take too many steps.
 */
export function compareContent(a: Particle, b: Particle, budget: Budget): Comparison {
  if (a.kind === 'all' && b.kind === 'all') {
    const [forward, back] = [allWithin(a, b), allWithin(b, a)];
    return { equal: forward === 'yes' && back === 'yes', forward, back };
  }
  const names = namesIn([a, b]);
  const expressions = new Expressions();
  const first = toExpression(a, expressions, names);
  const second = toExpression(b, expressions, names);
  if (first === second) return equal;
  if (isWide([a, b])) return { equal: false, forward: 'unknown', back: 'unknown' };
  const forward = included(first, second, expressions, budget);
  const back = included(second, first, expressions, budget);
  return { equal: forward === 'yes' && back === 'yes', forward, back };
}

/** Of content in any order each element is counted for itself (Part 1 §3.8.6: once at most). */
function allWithin(a: GroupParticle, b: GroupParticle): Included {
  const [before, now] = [allItems(a), allItems(b)];
  if (before === undefined || now === undefined) return 'unknown';
  const empty = a.min === 0 || [...before.values()].every(({ min }) => min === 0);
  const known = [...before].every(([name, { max }]) => (now.get(name)?.max ?? 0) >= max);
  const needed = [...now].every(([name, { min }]) => min <= (before.get(name)?.min ?? 0));
  const emptyNow = b.min === 0 || [...now.values()].every(({ min }) => min === 0);
  return known && needed && (!empty || emptyNow) ? 'yes' : 'no';
}

function allItems({ items }: GroupParticle): Map<string, ElementParticle> | undefined {
  const found = new Map<string, ElementParticle>();
  for (const item of items) {
    // An element that others may stand for is a choice.
    if (item.kind !== 'element' || found.has(item.element.name)) return undefined;
    found.set(item.element.name, item);
  }
  return found;
}

const leavesMax = 2000;
/** As many elements in any order have as many states as there are subsets of them. */
const unorderedMax = 12;

function isWide(particles: readonly Particle[]): boolean {
  if (particles.some(({ kind }) => kind === 'all')) {
    return particles.some((each) => each.kind === 'all' && each.items.length > unorderedMax);
  }
  return particles.some((each) => leaves(each).length > leavesMax);
}

/** Steps that are left for all content models of two versions. */
export interface Budget {
  steps: number;
}

export function newBudget(): Budget {
  return { steps: 200_000 };
}

/** For one content model. */
const stepsMax = 5000;

function included(
  a: Expression,
  b: Expression,
  expressions: Expressions,
  budget: Budget,
): Included {
  const seen = new Set([pairKey(a, b)]);
  const waiting: [Expression, Expression][] = [[a, b]];
  let steps = 0;
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const [left, right] = pair;
    if (left.nullable && !right.nullable) return 'no';
    for (const symbol of left.first) {
      steps += 1;
      budget.steps -= 1;
      if (budget.steps < 0 || steps > stepsMax || expressions.size > stepsMax * 4) return 'unknown';
      const next = expressions.derivative(left, symbol);
      if (next.kind === 'none') continue;
      const other = expressions.derivative(right, symbol);
      if (other.kind === 'none') return 'no';
      const key = pairKey(next, other);
      if (next === other || seen.has(key)) continue;
      seen.add(key);
      waiting.push([next, other]);
    }
  }
  return 'yes';
}

function pairKey(a: Expression, b: Expression): string {
  return `${a.id} ${b.id}`;
}

// No schema has such names: they stand for all the names that neither schema says.
const other = '\u0000';

/** Names of one content model, and one more in each namespace, and one more namespace. */
function namesIn(particles: readonly Particle[]): ReadonlyMap<string, string[]> {
  const names = new Map<string, string[]>([
    ['', [`{}${other}`]],
    [other, [`{${other}}${other}`]],
  ]);
  const add = (namespace: string, name?: string) => {
    const known = names.get(namespace) ?? [`{${namespace}}${other}`];
    if (name !== undefined && !known.includes(name)) known.push(name);
    names.set(namespace, known);
  };
  for (const leaf of particles.flatMap(leaves)) {
    if (leaf.kind === 'element') add(leaf.element.namespace, leaf.element.name);
    else if (leaf.wildcard.namespaces.kind !== 'every') {
      for (const namespace of leaf.wildcard.namespaces.names) add(namespace);
    }
  }
  return names;
}

function symbolsOf({ namespaces }: Wildcard, names: ReadonlyMap<string, string[]>): string[] {
  return [...names].flatMap(([namespace, all]) => (admits(namespaces, namespace) ? all : []));
}

function toExpression(
  particle: Particle,
  to: Expressions,
  names: ReadonlyMap<string, string[]>,
): Expression {
  const { min, max } = particle;
  if (particle.kind === 'element') return to.repeat(to.symbols([particle.element.name]), min, max);
  if (particle.kind === 'any') {
    return to.repeat(to.symbols(symbolsOf(particle.wildcard, names)), min, max);
  }
  const items = particle.items.map((item) => toExpression(item, to, names));
  if (particle.kind === 'all') return to.repeat(to.all(items), min, max);
  const whole = particle.kind === 'choice' ? to.choice(items) : to.sequence(items);
  return to.repeat(whole, min, max);
}
