import { overlap } from '../pattern/characters.ts';
import { type Pattern, parsePattern } from '../pattern/parse.ts';
import { type Automaton, automatonOf } from './pattern-automaton.ts';
import type { AdmissionRule } from './table.ts';

const lengthMax = 1000;
/** Of one count, and of nested ones multiplied. */
const countMax = 5000;
const placesMax = 400;
const roughCopies = 4;
/** Pairs of places looked at. */
const workMax = 200_000;
/** Repeats of the same characters in a row: the time grows with that power of the value's length. */
const chainMax = 4;

/**
 * What is wrong with a pattern (xs:pattern) as work for whoever matches values against it; undefined:
 * nothing. libxml2 tries one way after another where a value fits in many, so a pattern is refused
 * that a value can fit in exponentially many ways (Weber and Seidl, On the degree of ambiguity of finite
 * automata, 1991), or by more than four loops of one character in a row. Counts far apart are taken
 * for unbounded. A loop of several characters beside others like it is not seen: time bounds that.
 */
export function patternProblem(text: string): AdmissionRule | undefined {
  if (text.length > lengthMax) return 'pattern-length';
  const pattern = parsePattern(text, true);
  if (pattern === undefined) return undefined;
  if (countsOf(pattern) > countMax) return 'pattern-count';
  const exact = automatonOf(pattern, countMax, placesMax);
  if (exact !== undefined) return judged(exact);
  // Counts taken for loops may look worse than they are; what is fine even so, is fine.
  const rough = automatonOf(pattern, roughCopies, placesMax);
  return rough === undefined || judged(rough) !== undefined ? 'pattern-complex' : undefined;
}

function judged(automaton: Automaton): AdmissionRule | undefined {
  const problem = ambiguity(automaton);
  if (problem !== undefined) return problem;
  return isChained(automaton) ? 'pattern-polynomial' : undefined;
}

/** The largest product of counts that stand in each other. */
function countsOf(pattern: Pattern): number {
  if (pattern.kind === 'characters') return 1;
  if (pattern.kind !== 'repeat') return Math.max(1, ...pattern.parts.map(countsOf));
  const { min, max, part } = pattern;
  return Math.max(1, Number.isFinite(max) ? max : min) * countsOf(part);
}

/** Whether two ways lead from a place back to it over the same characters. */
function ambiguity({ places, follow, doubled }: Automaton): AdmissionRule | undefined {
  const loops = components(places.length, (place) => follow[place] ?? []);
  if (doubled.some(([from, to]) => loops[from] === loops[to])) return 'pattern-exponential';
  const pairs = new Map<number, number[]>();
  let work = 0;
  const waiting = places.map((_, place) => place * places.length + place);
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    if (pairs.has(pair)) continue;
    const [a, b] = [Math.floor(pair / places.length), pair % places.length];
    const next: number[] = [];
    for (const x of follow[a] ?? []) {
      if (loops[x] !== loops[a]) continue;
      for (const y of follow[b] ?? []) {
        work += 1;
        if (work > workMax) return 'pattern-complex';
        if (loops[y] === loops[b] && overlap(places[x] ?? [], places[y] ?? [])) {
          next.push(x * places.length + y);
        }
      }
    }
    pairs.set(pair, next);
    waiting.push(...next);
  }
  return meetsAgain(pairs, places.length) ? 'pattern-exponential' : undefined;
}

/** Whether two equal places part and come together again. */
function meetsAgain(pairs: ReadonlyMap<number, readonly number[]>, places: number): boolean {
  const ids = [...pairs.keys()];
  const numbers = new Map(ids.map((pair, index) => [pair, index]));
  const next = ids.map((pair) => (pairs.get(pair) ?? []).map((other) => numbers.get(other) ?? 0));
  const together = components(ids.length, (index) => next[index] ?? []);
  const same = new Set<number>();
  const apart = new Set<number>();
  ids.forEach((pair, index) => {
    const [a, b] = [Math.floor(pair / places), pair % places];
    (a === b ? same : apart).add(together[index] ?? 0);
  });
  return [...apart].some((component) => same.has(component));
}

/** The number of each node's strongly connected component (Tarjan), without recursion. */
function components(count: number, next: (node: number) => Iterable<number>): number[] {
  const order = new Array<number>(count).fill(-1);
  const low = new Array<number>(count).fill(0);
  const component = new Array<number>(count).fill(-1);
  const open: number[] = [];
  let seen = 0;
  for (let start = 0; start < count; start += 1) {
    if (order[start] !== -1) continue;
    const path: { node: number; rest: Iterator<number> }[] = [];
    const enter = (node: number) => {
      order[node] = low[node] = seen;
      seen += 1;
      open.push(node);
      path.push({ node, rest: next(node)[Symbol.iterator]() });
    };
    enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value: other, done } = top.rest.next();
      const { node } = top;
      if (done !== true) {
        if (order[other] === -1) enter(other);
        else if (component[other] === -1) low[node] = Math.min(low[node] ?? 0, order[other] ?? 0);
        continue;
      }
      path.pop();
      const above = path.at(-1)?.node;
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[node] ?? 0);
      if (low[node] !== order[node]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        component[member] = node;
        if (member === node) break;
      }
    }
  }
  return component;
}

/** Whether too many loops of one place follow each other that can all read the same characters. */
function isChained({ places, follow }: Automaton): boolean {
  const looping = places.map((_, place) => place).filter((place) => follow[place]?.has(place));
  const lengths = new Map<number, number>();
  for (const place of looping.reverse()) {
    const own = places[place] ?? [];
    const reached = new Set<number>([place]);
    const waiting = [place];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const next of follow[at] ?? []) {
        if (next < place || reached.has(next) || !overlap(places[next] ?? [], own)) continue;
        reached.add(next);
        waiting.push(next);
      }
    }
    const beyond = Math.max(0, ...[...reached].map((other) => lengths.get(other) ?? 0));
    if (beyond >= chainMax) return true;
    lengths.set(place, beyond + 1);
  }
  return false;
}
