import { xsdNamespace } from '../set.ts';
import { type Components, expanded, isTrue, type XsdNode } from '../xsd-components.ts';
import { type AttributeModel, type AttributeTable, attributesOf } from './attributes.ts';
import { nothing, occursOf, type Particle, plain } from './particles.ts';
import { builtinModel, restricted, type SimpleModel, simpleNamed, simpleOf } from './simple.ts';
import { union, type Wildcard, wildcardOf } from './wildcard.ts';

export interface ElementModel {
  /** Expanded, and what a message has. */
  readonly name: string;
  readonly local: string;
  readonly namespace: string;
  readonly node: XsdNode;
  readonly nillable: boolean;
  readonly abstract: boolean;
  readonly default: string | undefined;
  readonly fixed: string | undefined;
  readonly block: string;
  type(): TypeModel;
}

/** A type with all that its bases and groups say. */
export interface TypeModel {
  readonly node: XsdNode | undefined;
  /** Expanded; undefined of a type without a name. */
  readonly name: string | undefined;
  readonly abstract: boolean;
  readonly mixed: boolean;
  /** The text; undefined where elements stand. */
  readonly simple: SimpleModel | undefined;
  readonly content: Particle;
  readonly attributes: ReadonlyMap<string, AttributeModel>;
  readonly anyAttribute: Wildcard | undefined;
}

const anyTypeName = expanded(xsdNamespace, 'anyType');
const laxly: Wildcard = { namespaces: { kind: 'every' }, process: 'lax' };

/** The declarations of a set of schemas, resolved when they are asked for; each has one model. */
export class Types {
  readonly components: Components;
  readonly #types = new Map<XsdNode | string, TypeModel>();
  readonly #elements = new Map<XsdNode, ElementModel>();
  #derived: Map<string, string[]> | undefined;
  #substitutes: Map<string, XsdNode[]> | undefined;

  constructor(components: Components) {
    this.components = components;
  }

  /** A global element by expanded name. */
  root(name: string): ElementModel | undefined {
    const node = this.components.find('element', name);
    return node && this.#element(node, node.file.target);
  }

  #element(node: XsdNode, namespace: string): ElementModel {
    const known = this.#elements.get(node);
    if (known !== undefined) return known;
    const { name: local = '', nillable, abstract, default: value, fixed, block } = node.attributes;
    const made: ElementModel = {
      name: expanded(namespace, local),
      local,
      namespace,
      node,
      nillable: isTrue(nillable),
      abstract: isTrue(abstract),
      default: value,
      fixed,
      block: (block ?? node.file.block).split(/\s+/).filter(Boolean).sort().join(' '),
      type: () => this.#typeOfElement(node),
    };
    this.#elements.set(node, made);
    return made;
  }

  #typeOfElement(node: XsdNode): TypeModel {
    const inline = node.children.find(({ kind }) => /^(simple|complex)Type$/.test(kind));
    if (inline !== undefined) return this.#typeOf(inline, undefined);
    const [named] = node.refers['type'] ?? [];
    if (named !== undefined) return this.typeNamed(named);
    // Without a type it has that of the element that it may stand for (Part 1 §3.3.2).
    const [head] = node.refers['substitutionGroup'] ?? [];
    const above = head === undefined ? undefined : this.components.find('element', head);
    return above === undefined ? this.typeNamed(anyTypeName) : this.#typeOfElement(above);
  }

  typeNamed(name: string): TypeModel {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const complex = this.components.find('complexType', name);
    if (complex !== undefined) return this.#typeOf(complex, name);
    const simple = this.components.find('simpleType', name);
    if (simple !== undefined) return this.#typeOf(simple, name);
    const made: TypeModel =
      name === anyTypeName
        ? anyType
        : { ...bare, name, simple: simpleNamed(name, this.components) };
    this.#types.set(name, made);
    return made;
  }

  #typeOf(node: XsdNode, name: string | undefined): TypeModel {
    const known = this.#types.get(node);
    if (known !== undefined) return known;
    const made =
      node.kind === 'simpleType'
        ? { ...bare, node, name, simple: simpleOf(node, this.components) }
        : { ...this.#complex(node), node, name, abstract: isTrue(node.attributes['abstract']) };
    this.#types.set(node, made);
    return made;
  }

  #complex(node: XsdNode): TypeModel {
    const content = node.children.find(({ kind }) => /^(simple|complex)Content$/.test(kind));
    const mixed = isTrue(content?.attributes['mixed'] ?? node.attributes['mixed']);
    const how = content?.children.find(({ kind }) => /^(restriction|extension)$/.test(kind));
    const [named] = how?.refers['base'] ?? [];
    if (content === undefined || how === undefined || named === undefined) {
      return { ...bare, ...this.#own(node), mixed };
    }
    const base = this.typeNamed(named);
    const own = this.#own(how);
    const attributes = inheritedAttributes(base, own);
    if (content.kind === 'simpleContent') {
      return {
        ...bare,
        ...attributes,
        ...wildcardFrom(base, own, how),
        simple: this.#text(base, how),
      };
    }
    if (how.kind === 'restriction') {
      return {
        ...bare,
        ...attributes,
        anyAttribute: own.anyAttribute,
        content: own.content,
        mixed,
      };
    }
    const whole: Particle = { ...nothing, items: [base.content, own.content] };
    const isMixed = mixed || (isEmpty(own.content) && base.mixed);
    const wildcard = wildcardFrom(base, own, how);
    return { ...bare, ...attributes, ...wildcard, content: plain(whole), mixed: isMixed };
  }

  #text(base: TypeModel, how: XsdNode): SimpleModel {
    const inline = how.children.find(({ kind }) => kind === 'simpleType');
    const from =
      inline === undefined
        ? (base.simple ?? builtinModel('anySimpleType'))
        : simpleOf(inline, this.components);
    return how.kind === 'restriction' ? restricted(from, how) : from;
  }

  #own(node: XsdNode): AttributeTable & { readonly content: Particle } {
    const particle = node.children.find(({ kind }) => particles.includes(kind));
    const content = particle === undefined ? nothing : plain(this.#particle(particle));
    return { ...attributesOf(node, this.components), content };
  }

  #particle(node: XsdNode): Particle {
    const occurs = occursOf(node);
    if (node.kind === 'any') {
      return { kind: 'any', node, wildcard: wildcardOf(node, this.components.renamed), ...occurs };
    }
    if (node.kind === 'element') return this.#elementParticle(node);
    if (node.kind === 'group') {
      const named = this.components.find('group', node.refers['ref']?.[0] ?? '');
      const inner = named?.children.find(({ kind }) => particles.includes(kind));
      const items = inner === undefined ? [] : [this.#particle(inner)];
      // xs:all has to stay at the top.
      const [only] = items;
      if (only?.kind === 'all') return { ...only, ...occurs };
      return { kind: 'sequence', items, ...occurs };
    }
    const items = node.children
      .filter(({ kind }) => kind === 'element' || kind === 'any' || particles.includes(kind))
      .map((each) => this.#particle(each));
    const kind = node.kind === 'choice' || node.kind === 'all' ? node.kind : 'sequence';
    return { kind, items, ...occurs };
  }

  #elementParticle(node: XsdNode): Particle {
    const occurs = occursOf(node);
    const [ref] = node.refers['ref'] ?? [];
    if (ref === undefined) {
      const { form } = node.attributes;
      const qualified = form === undefined ? node.file.elementsQualified : form === 'qualified';
      const element = this.#element(node, qualified ? node.file.target : '');
      return { kind: 'element', element, ...occurs };
    }
    const head = this.root(ref);
    if (head === undefined) return { ...nothing };
    const others = this.substitutes(ref).map((each) => this.#element(each, each.file.target));
    const all = [head, ...others].filter(({ abstract }) => !abstract);
    const [only = head] = all;
    if (all.length <= 1) return { kind: 'element', element: only, ...occurs };
    const items = all.map((element) => ({ kind: 'element', element, min: 1, max: 1 }) as const);
    return { kind: 'choice', items, ...occurs };
  }

  /** Elements that may stand for another, near and far. */
  substitutes(head: string): readonly XsdNode[] {
    this.#substitutes ??= this.#substitutions();
    const direct = this.#substitutes.get(head) ?? [];
    return direct.flatMap((node) => [
      node,
      ...this.substitutes(expanded(node.file.target, node.attributes['name'] ?? '')),
    ]);
  }

  #substitutions(): Map<string, XsdNode[]> {
    const found = new Map<string, XsdNode[]>();
    for (const node of this.components.every('element').values()) {
      for (const head of node.refers['substitutionGroup'] ?? []) {
        found.set(head, [...(found.get(head) ?? []), node]);
      }
    }
    return found;
  }

  /** Names of complex types that xsi:type may name where `name` is declared, near and far. */
  derivedFrom(name: string): readonly string[] {
    this.#derived ??= this.#derivations();
    const direct = this.#derived.get(name) ?? [];
    return direct.flatMap((each) => [each, ...this.derivedFrom(each)]);
  }

  #derivations(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const [name, node] of this.components.every('complexType')) {
      const [content] = node.children.filter(({ kind }) => /^(simple|complex)Content$/.test(kind));
      const base = content?.children[0]?.refers['base']?.[0];
      if (base !== undefined) found.set(base, [...(found.get(base) ?? []), name]);
    }
    return found;
  }
}

const particles = ['sequence', 'choice', 'all', 'group'];

const bare: TypeModel = {
  node: undefined,
  name: undefined,
  abstract: false,
  mixed: false,
  simple: undefined,
  content: nothing,
  attributes: new Map(),
  anyAttribute: undefined,
};

const anyNode: XsdNode = {
  kind: 'any',
  attributes: {},
  refers: {},
  children: [],
  documentation: '',
  file: { target: '', elementsQualified: false, attributesQualified: false, block: '' },
};

const anyType: TypeModel = {
  ...bare,
  name: anyTypeName,
  mixed: true,
  content: { kind: 'any', node: anyNode, wildcard: laxly, min: 0, max: Infinity },
  anyAttribute: laxly,
};

export function isAnyType({ name }: TypeModel): boolean {
  return name === anyTypeName;
}

export function isEmpty(particle: Particle): boolean {
  return particle.kind === 'sequence' && particle.items.length === 0;
}

function inheritedAttributes(base: TypeModel, own: AttributeTable) {
  const attributes = new Map([...base.attributes, ...own.attributes]);
  for (const name of own.prohibited) attributes.delete(name);
  return { attributes };
}

function wildcardFrom(base: TypeModel, own: AttributeTable, how: XsdNode) {
  const above = how.kind === 'extension' ? base.anyAttribute : undefined;
  if (above === undefined || own.anyAttribute === undefined) {
    return { anyAttribute: own.anyAttribute ?? above };
  }
  return { anyAttribute: union(own.anyAttribute, above) };
}
