import { type GroupParticle, leaves, type Particle } from '../model/particles.ts';
import { type Wildcard, within } from '../model/wildcard.ts';
import type { Found } from './changes.ts';
import { spanText } from './facets.ts';
import type { ChangeKind } from './kinds.ts';

/**
 * Lays two content models side by side and says in words what became of their parts: elements are
 * matched by name in order, parts with parts that share a name. Whether the words matter is judged
 * apart, by the languages of the models.
 */
export function alignContent(a: Particle, b: Particle): Found[] {
  const alignment = new Alignment();
  alignment.pair(a, b);
  return alignment.finish();
}

interface Leftover {
  readonly particle: Particle;
  readonly required: boolean;
  readonly branch: boolean;
}

class Alignment {
  readonly #found: Found[] = [];
  readonly #gone: Leftover[] = [];
  readonly #come: Leftover[] = [];

  pair(a: Particle, b: Particle): void {
    if (a.kind === 'element' && b.kind === 'element') this.#elements(a, b);
    else if (a.kind === 'any' && b.kind === 'any') this.#wildcards(a, b);
    else if (isGroup(a) && isGroup(b)) this.#twoGroups(a, b);
    else if (isGroup(a)) this.#groups(a, wrapped(b, a, a.kind));
    else if (isGroup(b)) this.#groups(wrapped(a, b, b.kind), b);
    else {
      this.#gone.push({ particle: a, required: a.min > 0, branch: false });
      this.#come.push({ particle: b, required: b.min > 0, branch: false });
    }
  }

  #twoGroups(a: GroupParticle, b: GroupParticle): void {
    if (a.kind === b.kind) this.#groups(a, b);
    else if (a.items.length < 2) this.#groups(wrapped(a, b, b.kind), b);
    else if (b.items.length < 2) this.#groups(a, wrapped(b, a, a.kind));
    else this.#differentKinds(a, b);
  }

  #elements(a: Particle & { kind: 'element' }, b: Particle & { kind: 'element' }): void {
    this.#occurs(a, b);
    if (a.element.namespace === b.element.namespace) return;
    const byDefault = [a, b].every(({ element }) => element.node.attributes['form'] === undefined);
    this.#found.push({
      kind: 'form-changed',
      about: byDefault
        ? [a.element.node.file, b.element.node.file]
        : [a.element.node, b.element.node],
      at: `/${a.element.local}`,
      name: byDefault ? 'elementFormDefault' : a.element.local,
      from: `«${a.element.namespace}»`,
      to: `«${b.element.namespace}»`,
    });
  }

  #wildcards(a: Particle & { kind: 'any' }, b: Particle & { kind: 'any' }): void {
    this.#occurs(a, b);
    const [from, to] = [wildcardText(a.wildcard), wildcardText(b.wildcard)];
    const about = [a.node, b.node];
    const [before, now] = [a.wildcard.namespaces, b.wildcard.namespaces];
    const add = (kind: ChangeKind) => {
      this.#found.push({ kind, about, at: '/*', name: '*', from, to });
    };
    if (!within(before, now)) add('wildcard-narrowed');
    if (!within(now, before)) add('wildcard-widened');
  }

  #occurs(a: Particle, b: Particle): void {
    const add = (kind: ChangeKind) => {
      const [from, to] = [spanText(a), spanText(b)];
      const about = [subject(a), subject(b)];
      this.#found.push({ kind, about, at: placeOf(b), name: nameOf(b), from, to });
    };
    if (a.max === b.max && a.min < 2 && b.min < 2 && a.min !== b.min) {
      add(a.min < b.min ? 'made-required' : 'made-optional');
      return;
    }
    if (b.min > a.min || b.max < a.max) add('occurs-narrowed');
    if (b.min < a.min || b.max > a.max) add('occurs-widened');
  }

  #groups(a: GroupParticle, b: GroupParticle): void {
    this.#occurs(a, b);
    const choice = a.kind === 'choice';
    const matches = a.kind === 'sequence' ? inOrder(a.items, b.items) : anyhow(a.items, b.items);
    const [left, right] = [new Set(a.items), new Set(b.items)];
    for (const [x, y] of matches) {
      left.delete(x);
      right.delete(y);
      this.pair(x, y);
    }
    const rest = (particle: Particle, group: GroupParticle): Leftover => ({
      particle,
      required: particle.min > 0 && group.min > 0 && !choice,
      branch: choice,
    });
    this.#gone.push(...[...left].map((each) => rest(each, a)));
    this.#come.push(...[...right].map((each) => rest(each, b)));
  }

  /** A sequence against a choice: no part of one is a part of the other. */
  #differentKinds(a: GroupParticle, b: GroupParticle): void {
    const about = [subject(a), subject(b)];
    const [from, to] = [nameOf(a), nameOf(b)];
    const ordered = [a, b].some(({ kind }) => kind === 'all');
    const kind = ordered && a.kind !== 'choice' && b.kind !== 'choice';
    this.#found.push({
      kind: kind ? 'order-changed' : 'content-restructured',
      about,
      at: '',
      name: `${from} → ${to}`,
    });
    const loose = (group: GroupParticle) =>
      group.items.map((particle) => ({ particle, required: false, branch: false }));
    this.#gone.push(...loose(a).filter(({ particle }) => !sharesName(particle, b)));
    this.#come.push(...loose(b).filter(({ particle }) => !sharesName(particle, a)));
  }

  /** What is left over on both sides was moved; the rest is gone or new. */
  finish(): Found[] {
    const gone = this.#gone.flatMap(spread);
    const come = this.#come.flatMap(spread);
    for (const one of [...gone]) {
      const other = come.find((each) => nameOf(each.particle) === nameOf(one.particle));
      if (other === undefined) continue;
      gone.splice(gone.indexOf(one), 1);
      come.splice(come.indexOf(other), 1);
      const about = [subject(one.particle), subject(other.particle)];
      const name = nameOf(one.particle);
      this.#found.push({ kind: 'order-changed', about, at: placeOf(one.particle), name });
    }
    for (const each of gone) this.#found.push(this.#leftover(each, 'gone'));
    for (const each of come) this.#found.push(this.#leftover(each, 'come'));
    return this.#found;
  }

  #leftover({ particle, required, branch }: Leftover, how: 'gone' | 'come'): Found {
    const about = how === 'gone' ? [subject(particle), undefined] : [undefined, subject(particle)];
    const shared = { about, at: placeOf(particle), name: nameOf(particle) };
    if (particle.kind === 'any') {
      const text = wildcardText(particle.wildcard);
      return how === 'gone'
        ? { ...shared, kind: 'wildcard-narrowed', from: text, to: '—', allowsNew: required }
        : { ...shared, kind: 'wildcard-widened', from: '—', to: text, refusesOld: required };
    }
    if (branch) return { ...shared, kind: how === 'gone' ? 'branch-removed' : 'branch-added' };
    if (how === 'gone') return { ...shared, kind: 'element-removed', allowsNew: required };
    return { ...shared, kind: required ? 'element-added-required' : 'element-added-optional' };
  }
}

/** One particle as a group of the other's kind; how often it stands goes where the other has it. */
function wrapped(only: Particle, like: GroupParticle, kind: GroupParticle['kind']): GroupParticle {
  const { min, max } = only;
  if (isGroup(only)) return { ...only, kind };
  const outside = (like.max > 1 && max > 1) || (like.min === 0 && min === 0);
  if (!outside) return { kind, items: [only], min: 1, max: 1 };
  return { kind, items: [{ ...only, min: 1, max: 1 }], min, max };
}

function isGroup(particle: Particle): particle is GroupParticle {
  return particle.kind !== 'element' && particle.kind !== 'any';
}

/** A group that is gone or new is told by its elements; a branch by itself. */
function spread(leftover: Leftover): Leftover[] {
  const { particle, required, branch } = leftover;
  if (!isGroup(particle) || branch) return [leftover];
  return particle.items.flatMap((item) =>
    spread({
      particle: item,
      required:
        required && item.min > 0 && (particle.kind !== 'choice' || particle.items.length < 2),
      branch: false,
    }),
  );
}

/** The longest row of parts that match in order. */
function inOrder(a: readonly Particle[], b: readonly Particle[]): [Particle, Particle][] {
  const lengths = Array.from({ length: a.length + 1 }, () =>
    new Array<number>(b.length + 1).fill(0),
  );
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    for (let j = b.length - 1; row !== undefined && j >= 0; j -= 1) {
      const matched = matches(a[i], b[j]) ? at(i + 1, j + 1) + 1 : 0;
      row[j] = Math.max(matched, at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [Particle, Particle][] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    const [x, y] = [a[i], b[j]];
    if (x && y && matches(x, y) && at(i, j) === at(i + 1, j + 1) + 1) {
      pairs.push([x, y]);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

function anyhow(a: readonly Particle[], b: readonly Particle[]): [Particle, Particle][] {
  const free = [...b];
  return a.flatMap((x) => {
    const y = free.find((each) => each.kind === x.kind && matches(x, each));
    const found = y ?? free.find((each) => matches(x, each));
    if (found === undefined) return [];
    free.splice(free.indexOf(found), 1);
    return [[x, found] as [Particle, Particle]];
  });
}

function matches(a: Particle | undefined, b: Particle | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.kind === 'any' && b.kind === 'any') return true;
  if (a.kind === 'element' && b.kind === 'element') return isNamesake(a, b);
  return sharesName(a, b);
}

function sharesName(a: Particle, b: Particle): boolean {
  const others = leaves(b);
  return leaves(a).some((x) =>
    others.some((y) => x.kind === 'element' && y.kind === 'element' && isNamesake(x, y)),
  );
}

/** The same name, or the same but for being qualified. */
function isNamesake(a: Particle & { kind: 'element' }, b: Particle & { kind: 'element' }): boolean {
  if (a.element.name === b.element.name) return true;
  const bare = a.element.namespace === '' || b.element.namespace === '';
  return bare && a.element.local === b.element.local;
}

function subject(particle: Particle): object | undefined {
  if (particle.kind === 'element') return particle.element.node;
  if (particle.kind === 'any') return particle.node;
  return leaves(particle).map(subject)[0];
}

function nameOf(particle: Particle): string {
  if (particle.kind === 'element') return particle.element.local;
  if (particle.kind === 'any') return '*';
  const separator = { sequence: ', ', choice: ' | ', all: ' & ' }[particle.kind];
  return `(${particle.items.map(nameOf).join(separator)})`;
}

function placeOf(particle: Particle): string {
  return `/${nameOf(particle)}`;
}

export function wildcardText({ namespaces, process }: Wildcard): string {
  const text =
    namespaces.kind === 'every'
      ? '##any'
      : `${namespaces.kind === 'except' ? 'not ' : ''}${namespaces.names.map((name) => name || '##local').join(' ')}`;
  return `${text} (${process})`;
}
