import { leaves, type Particle } from '../model/particles.ts';
import type { ElementModel, TypeModel } from '../model/types.ts';
import { admits, type Wildcard } from '../model/wildcard.ts';
import { localOf } from '../xsd-components.ts';
import { alignContent, wildcardText } from './align.ts';
import type { Found } from './changes.ts';
import { rowOf } from './kinds.ts';
import { type Comparison, compareContent } from './language.ts';
import type { Spot, Walk } from './walk.ts';

/** What became of the children of a type: which may stand, in what order, and each of them. */
export function compareChildren(walk: Walk, a: TypeModel, b: TypeModel, spot: Spot): void {
  const comparison = compareContent(a.content, b.content, walk.budget);
  if (!comparison.equal) {
    for (const found of judged(wordsOf(a.content, b.content), comparison, a, b, spot)) {
      walk.add({ ...spot, at: spot.at + found.at, name: found.name }, found);
    }
  }
  const [before, now] = [contentsOf(a.content), contentsOf(b.content)];
  for (const [name, elements] of before.elements) {
    const others = now.elements.get(name) ?? unqualified(elements, now.elements);
    if (others !== undefined) namesakes(walk, elements, others, spot);
    else underWildcard(walk, elements, now.wildcards, spot);
  }
  for (const [name, [element]] of now.elements) {
    const free = element && freely(before.wildcards, element.namespace);
    if (free === undefined || (before.elements.has(name) && comparison.equal)) continue;
    const [from, to] = [wildcardText(free), element?.local ?? ''];
    const about = [a.node, element?.node];
    walk.add(spot, { kind: 'wildcard-narrowed', about, from, to });
  }
  for (const x of before.wildcards)
    for (const y of now.wildcards) wildcards(walk, x, y, a, b, spot);
}

/** Laying side by side takes the product of the lengths. */
const pairsMax = 4_000_000;

function wordsOf(a: Particle, b: Particle): Found[] {
  return leaves(a).length * leaves(b).length > pairsMax ? [] : alignContent(a, b);
}

/**
 * The words with the verdict of the languages: where no old message is refused, no word says so; where
 * the words explain nothing, it is said that they do not.
 */
function judged(
  words: readonly Found[],
  { forward, back }: Comparison,
  a: TypeModel,
  b: TypeModel,
  spot: Spot,
): Found[] {
  const found: Found[] = words.map((each) => ({
    ...each,
    ...(forward === 'yes' ? { refusesOld: false } : {}),
    ...(back === 'yes' ? { allowsNew: false } : {}),
  }));
  const refuses = forward !== 'yes' && !found.some((each) => flags(each).refusesOld);
  const allows = back !== 'yes' && !found.some((each) => flags(each).allowsNew);
  if (!refuses && !allows) return found;
  const known = { refusesOld: refuses, allowsNew: allows };
  const rest: Found = {
    kind: 'content-restructured',
    about: [a.node, b.node],
    at: '',
    name: spot.name,
    ...known,
  };
  return [...found, rest];
}

function flags(found: Found) {
  return { ...rowOf(found.kind), ...found };
}

interface Contents {
  readonly elements: ReadonlyMap<string, readonly ElementModel[]>;
  readonly wildcards: readonly Wildcard[];
}

function contentsOf(content: Particle): Contents {
  const elements = new Map<string, ElementModel[]>();
  const wildcards: Wildcard[] = [];
  for (const leaf of leaves(content)) {
    if (leaf.kind === 'any') wildcards.push(leaf.wildcard);
    else {
      const all = elements.get(leaf.element.name) ?? [];
      if (!all.includes(leaf.element)) elements.set(leaf.element.name, [...all, leaf.element]);
    }
  }
  return { elements, wildcards };
}

/** An element that was qualified and is not, or the other way, is still compared. */
function unqualified(
  [element]: readonly ElementModel[],
  others: Contents['elements'],
): readonly ElementModel[] | undefined {
  for (const [, found] of others) {
    const [other] = found;
    if (other === undefined || element === undefined || other.local !== element.local) continue;
    if (other.namespace === '' || element.namespace === '') return found;
  }
  return undefined;
}

/** Elements of one name in one content have one type (Part 1 §3.8.6), and may differ in the rest. */
function namesakes(
  walk: Walk,
  before: readonly ElementModel[],
  now: readonly ElementModel[],
  spot: Spot,
): void {
  for (let at = 0; at < Math.max(before.length, now.length); at += 1) {
    const a = before[Math.min(at, before.length - 1)];
    const b = now[Math.min(at, now.length - 1)];
    if (a && b) walk.element(a, b, below(spot, b));
  }
}

function below(spot: Spot, { local }: ElementModel): Spot {
  return { ...spot, at: `${spot.at}/${local}`, name: local };
}

function freely(wildcards: readonly Wildcard[], namespace: string): Wildcard | undefined {
  return wildcards.find(({ namespaces }) => admits(namespaces, namespace));
}

/** An element that stood there by name and may stand there only as any other. */
function underWildcard(
  walk: Walk,
  [element]: readonly ElementModel[],
  wildcards: readonly Wildcard[],
  spot: Spot,
): void {
  const free = element && freely(wildcards, element.namespace);
  if (element === undefined || free === undefined || free.process === 'skip') return;
  const declared = walk.now.root(element.name);
  if (declared !== undefined) walk.element(element, declared, below(spot, element));
  else if (free.process === 'strict') {
    const about = [element.node, undefined];
    const to = wildcardText(free);
    walk.add(below(spot, element), { kind: 'wildcard-narrowed', about, from: element.local, to });
  }
}

const strictness = ['skip', 'lax', 'strict'];

function wildcards(
  walk: Walk,
  x: Wildcard,
  y: Wildcard,
  a: TypeModel,
  b: TypeModel,
  spot: Spot,
): void {
  const there = { ...spot, at: `${spot.at}/*`, name: '*' };
  const step = strictness.indexOf(y.process) - strictness.indexOf(x.process);
  const words = { about: [a.node, b.node], from: wildcardText(x), to: wildcardText(y) };
  if (step > 0) walk.add(there, { kind: 'wildcard-narrowed', ...words });
  if (step < 0) walk.add(there, { kind: 'wildcard-widened', ...words });
  if (x.process === 'skip' || y.process === 'skip') return;
  for (const name of roots(walk, x, y)) {
    const [before, now] = [walk.before.root(name), walk.now.root(name)];
    const at = { ...there, at: `${there.at}/${localOf(name)}`, name: localOf(name) };
    if (before && now) walk.element(before, now, at);
    else if (now ? x.process === 'lax' : y.process === 'strict') {
      const about = [before?.node, now?.node];
      walk.add(at, { kind: 'wildcard-narrowed', about, from: words.from, to: words.to });
    }
  }
}

/** Elements declared at the top that both wildcards take: they are judged. */
function roots(walk: Walk, x: Wildcard, y: Wildcard): string[] {
  const names = [walk.before, walk.now].flatMap(({ components }) => [
    ...components.every('element').keys(),
  ]);
  return [...new Set(names)].filter((name) => {
    const namespace = name.slice(1, name.indexOf('}'));
    return admits(x.namespaces, namespace) && admits(y.namespaces, namespace);
  });
}
