import type { AttributeModel } from '../model/attributes.ts';
import type { SimpleModel } from '../model/simple.ts';
import {
  type ElementModel,
  isAnyType,
  isEmpty,
  type TypeModel,
  type Types,
} from '../model/types.ts';
import { localOf, type XsdNode } from '../xsd-components.ts';
import { compareAttributes } from './attributes.ts';
import { type Changes, type Found, Places } from './changes.ts';
import { compareChildren } from './children.ts';
import { type Budget, newBudget } from './language.ts';
import { called, isOpenText, valueChanges } from './values.ts';

/** Where a change is told from: the pair of types, and the way from its place. */
export interface Spot {
  readonly places: Places;
  readonly at: string;
  readonly name: string;
}

/** Walks two versions together from a root; each pair of types is compared once. */
export class Walk {
  readonly before: Types;
  readonly now: Types;
  readonly budget: Budget = newBudget();
  readonly #changes: Changes;
  readonly #pairs = new Map<TypeModel, Map<TypeModel, Places>>();
  readonly #waiting: { a: TypeModel; b: TypeModel; places: Places; name: string }[] = [];

  constructor(before: Types, now: Types, changes: Changes) {
    this.before = before;
    this.now = now;
    this.#changes = changes;
  }

  roots(a: ElementModel, b: ElementModel): void {
    const places = new Places();
    places.add(b.local);
    this.element(a, b, { places, at: '', name: b.local });
    for (let pair = this.#waiting.pop(); pair !== undefined; pair = this.#waiting.pop()) {
      this.#types(pair.a, pair.b, { places: pair.places, at: '', name: pair.name });
    }
  }

  add(spot: Spot, found: Omit<Found, 'at' | 'name'>): void {
    this.#changes.add({ ...found, at: spot.at, name: spot.name }, spot.places);
  }

  element(a: ElementModel, b: ElementModel, spot: Spot): void {
    const about = [a.node, b.node];
    if (a.nillable && !b.nillable) this.add(spot, { kind: 'nillable-narrowed', about });
    if (!a.nillable && b.nillable) this.add(spot, { kind: 'nillable-widened', about });
    if (a.block !== b.block) {
      this.add(spot, { kind: 'block-changed', about, from: a.block, to: b.block });
    }
    if (constraintsOf(a.node) !== constraintsOf(b.node)) {
      this.add(spot, { kind: 'constraint-changed', about, ...loosened(a.node, b.node) });
    }
    if (a.node.documentation !== b.node.documentation) {
      this.add(spot, { kind: 'documentation-changed', about });
    }
    const takesEmpty = ({ simple }: TypeModel) => simple !== undefined && isOpenText(simple);
    this.value(a, b, spot, [takesEmpty(a.type()), takesEmpty(b.type())]);
    this.pair(a.type(), b.type(), spot);
  }

  /**
   * Default and fixed values of an element or an attribute. An empty element counts as the value given,
   * so that to give one or to take it away matters where the type itself takes no empty text.
   *
   * @param takesEmpty whether empty text is surely a value, before and now
   */
  value(
    a: ElementModel | AttributeModel,
    b: ElementModel | AttributeModel,
    spot: Spot,
    takesEmpty: readonly [before: boolean, now: boolean],
  ): void {
    const about = [a.node, b.node];
    const said = (value: string | undefined) => (value === undefined ? '—' : `«${value}»`);
    const [before, now] = [a.default ?? a.fixed, b.default ?? b.fixed];
    const refusesEmpty = before !== undefined && now === undefined && !takesEmpty[1];
    const allowsEmpty = before === undefined && now !== undefined && !takesEmpty[0];
    if (a.fixed !== b.fixed) {
      const refusesOld = b.fixed !== undefined || refusesEmpty;
      const allowsNew = a.fixed !== undefined || allowsEmpty;
      const words = { about, from: said(a.fixed), to: said(b.fixed) };
      this.add(spot, { kind: 'fixed-changed', ...words, refusesOld, allowsNew });
    }
    if (a.default !== b.default) {
      const flags = { refusesOld: refusesEmpty, allowsNew: allowsEmpty };
      const words = { about, from: said(a.default), to: said(b.default) };
      this.add(spot, { kind: 'default-changed', ...words, ...flags });
    }
  }

  /** Lays two types side by side, now or later; where it was done, adds a place. */
  pair(a: TypeModel, b: TypeModel, spot: Spot): void {
    const known = this.#pairs.get(a) ?? new Map<TypeModel, Places>();
    this.#pairs.set(a, known);
    const path = `${spot.places.examples[0] ?? ''}${spot.at}`;
    const places = known.get(b);
    if (places !== undefined) {
      places.add(path);
      return;
    }
    const first = new Places();
    first.add(path);
    known.set(b, first);
    this.#waiting.push({ a, b, places: first, name: spot.name });
  }

  #types(a: TypeModel, b: TypeModel, spot: Spot): void {
    const about = [a.node, b.node];
    if (documentationOf(a) !== documentationOf(b) && a.node && b.node) {
      this.add(spot, { kind: 'documentation-changed', about });
    }
    if (a.abstract !== b.abstract) {
      const word = (abstract: boolean) => (abstract ? 'abstract' : 'concrete');
      const [from, to] = [word(a.abstract), word(b.abstract)];
      const flags = { refusesOld: b.abstract, allowsNew: a.abstract };
      this.add(spot, { kind: 'abstract-changed', about, from, to, ...flags });
    }
    if (a.node?.attributes['block'] !== b.node?.attributes['block']) {
      const block = ({ node }: TypeModel) => node?.attributes['block'] ?? '';
      this.add(spot, { kind: 'block-changed', about, from: block(a), to: block(b) });
    }
    if (isAnyType(b) && a.simple !== undefined && !isAnyType(a)) {
      const from = called(a.simple);
      this.add(spot, { kind: 'type-changed', about, from, to: 'xs:anyType', refusesOld: false });
      return;
    }
    if (!this.#sameKind(a, b, spot)) return;
    if (a.simple !== undefined && b.simple !== undefined)
      this.values(a.simple, b.simple, spot, about);
    compareAttributes(this, a, b, spot);
    this.#derived(a, b, spot);
  }

  #sameKind(a: TypeModel, b: TypeModel, spot: Spot): boolean {
    const about = [a.node, b.node];
    if ((a.simple === undefined) !== (b.simple === undefined)) {
      const [from, to] = [contentKind(a), contentKind(b)];
      this.add(spot, { kind: 'content-kind-changed', about, from, to });
      return false;
    }
    if (a.simple !== undefined) return true;
    if (a.mixed && !b.mixed) this.add(spot, { kind: 'mixed-narrowed', about });
    if (!a.mixed && b.mixed) this.add(spot, { kind: 'mixed-widened', about });
    compareChildren(this, a, b, spot);
    return true;
  }

  values(a: SimpleModel, b: SimpleModel, spot: Spot, site: readonly (object | undefined)[]): void {
    for (const change of valueChanges(a, b)) {
      const about = change.about.map((each, at) => each ?? site[at]);
      this.add(spot, { ...change, about });
    }
  }

  /** Types that xsi:type may name here. */
  #derived(a: TypeModel, b: TypeModel, spot: Spot): void {
    const before = a.name === undefined ? [] : isAnyType(a) ? [] : this.before.derivedFrom(a.name);
    const now = b.name === undefined ? [] : isAnyType(b) ? [] : this.now.derivedFrom(b.name);
    for (const name of before) {
      const at = `${spot.at}[xsi:type=${localOf(name)}]`;
      if (now.includes(name)) {
        const [x, y] = [this.before.typeNamed(name), this.now.typeNamed(name)];
        this.pair(x, y, { ...spot, at });
      } else {
        const node = this.before.typeNamed(name).node;
        const from = localOf(name);
        this.add(spot, { kind: 'derived-type-removed', about: [node, b.node], from });
      }
    }
    for (const name of now.filter((each) => !before.includes(each))) {
      const node = this.now.typeNamed(name).node;
      const to = localOf(name);
      this.add(spot, { kind: 'derived-type-added', about: [a.node, node], to });
    }
  }
}

function documentationOf({ node, simple }: TypeModel): string {
  if (simple !== undefined && node?.kind === 'simpleType') return simple.documentation;
  return node?.documentation ?? '';
}

function contentKind({ simple, mixed, content }: TypeModel): string {
  if (simple !== undefined) return called(simple);
  if (isEmpty(content)) return mixed ? 'text' : 'empty';
  return mixed ? 'mixed' : 'elements';
}

const constraints = ['unique', 'key', 'keyref'];

function constraintsOf(node: XsdNode): string {
  const all = node.children.filter(({ kind }) => constraints.includes(kind));
  return all.map(constraintText).sort().join('\n');
}

function constraintText({ kind, attributes, children }: XsdNode): string {
  const { name: _, ...rest } = attributes;
  return JSON.stringify([
    kind,
    kind === 'unique' ? rest : attributes,
    children.map(constraintText),
  ]);
}

/** Rules that were only taken away refuse nothing. */
function loosened(a: XsdNode, b: XsdNode) {
  const before = constraintsOf(a).split('\n');
  const now = constraintsOf(b).split('\n').filter(Boolean);
  return { refusesOld: !now.every((each) => before.includes(each)) };
}
