import { type SchemaFile, xsdNamespace } from '../schema/set.ts';
import {
  type Components,
  expanded,
  isTrue,
  readComponents,
  type XsdNode,
} from '../schema/xsd-components.ts';
import type { QName } from '../xml/navigate.ts';
import { attributesOf } from './json-attributes.ts';
import { type Attribute, xsiNamespace } from './ordered-xml.ts';
import { holdsNames } from './simple-names.ts';

/** How an element is told in JSON, as its schema has it. docs/connectors.md has the rules. */
export interface ElementShape {
  readonly name: QName;
  /** It may come more than once: an array. */
  readonly repeated: boolean;
  readonly nillable: boolean;
  /** Types may hold themselves, so that they are looked up when they are met. */
  type(): TypeShape;
}

/** Keys of attributes are their local names after @. */
export type AttributeShapes = ReadonlyMap<string, QName>;

export type TypeShape =
  /** What JSON cannot say without loss: the XML itself. */
  | { readonly kind: 'raw' }
  | { readonly kind: 'text'; readonly attributes: AttributeShapes }
  | {
      readonly kind: 'children';
      readonly attributes: AttributeShapes;
      /** In the order of the schema. */
      readonly children: ReadonlyMap<string, ElementShape>;
      /** xs:all has no order. */
      readonly inOrder: boolean;
    };

const raw: TypeShape = { kind: 'raw' };

/**
 * The shape of a root element; undefined where the schemas do not declare it.
 *
 * @throws XsdUnread
 */
export function shapeOf(files: readonly SchemaFile[], root: QName): ElementShape | undefined {
  const components = readComponents(files);
  const node = components.find('element', expanded(root.namespace, root.local));
  return node && new Shapes(components).element(node, root.namespace, false);
}

class Shapes {
  readonly #components: Components;
  readonly #types = new Map<XsdNode, TypeShape>();

  constructor(components: Components) {
    this.#components = components;
  }

  element(node: XsdNode, namespace: string, repeated: boolean): ElementShape {
    const { name = '', nillable } = node.attributes;
    return {
      name: { namespace, local: name },
      repeated,
      nillable: isTrue(nillable),
      type: () => this.#typeOfElement(node),
    };
  }

  #typeOfElement(node: XsdNode): TypeShape {
    const inline = node.children.find(({ kind }) => /^(simple|complex)Type$/.test(kind));
    const known = this.#types.get(inline ?? node);
    if (known !== undefined) return known;
    const [named] = node.refers['type'] ?? [];
    const made = inline ? this.#type(inline) : named ? this.#typeNamed(named) : raw;
    this.#types.set(inline ?? node, made);
    return made;
  }

  #typeNamed(name: string): TypeShape {
    if (name === expanded(xsdNamespace, 'anyType')) return raw;
    const complex = this.#components.find('complexType', name);
    if (complex !== undefined) return this.#type(complex);
    return holdsNames(name, this.#components) ? raw : { kind: 'text', attributes: new Map() };
  }

  #type(node: XsdNode): TypeShape {
    if (node.kind === 'simpleType') {
      return holdsNames(node, this.#components) ? raw : { kind: 'text', attributes: new Map() };
    }
    if (isTrue(node.attributes['mixed']) || isTrue(node.attributes['abstract'])) return raw;
    const [first] = node.children;
    if (first?.kind === 'simpleContent') return this.#simpleContent(first);
    if (first?.kind === 'complexContent') return this.#complexContent(first);
    return this.#children(node, undefined);
  }

  #simpleContent(content: XsdNode): TypeShape {
    const [derivation] = content.children;
    const [base] = derivation?.refers['base'] ?? [];
    if (derivation === undefined || base === undefined) return raw;
    const from = this.#typeNamed(base);
    const own = attributesOf(derivation, this.#components);
    if (from.kind !== 'text' || own === undefined) return raw;
    return { kind: 'text', attributes: new Map([...from.attributes, ...own]) };
  }

  #complexContent(content: XsdNode): TypeShape {
    const [derivation] = content.children;
    const [base = ''] = derivation?.refers['base'] ?? [];
    if (derivation === undefined || isTrue(content.attributes['mixed'])) return raw;
    if (base === expanded(xsdNamespace, 'anyType')) return this.#children(derivation, undefined);
    const complex = this.#components.find('complexType', base);
    // An abstract base is no reason to give up: it is the derived type that stands there.
    const from = complex && this.#type({ ...complex, attributes: withoutAbstract(complex) });
    if (from?.kind !== 'children') return raw;
    if (derivation.kind === 'extension') return this.#children(derivation, from);
    const restricted = this.#children(derivation, undefined);
    if (restricted.kind !== 'children') return raw;
    return { ...restricted, attributes: new Map([...from.attributes, ...restricted.attributes]) };
  }

  #children(
    node: XsdNode,
    base: (TypeShape & { readonly kind: 'children' }) | undefined,
  ): TypeShape {
    const own = attributesOf(node, this.#components);
    const particle = node.children.find(({ kind }) => particles.includes(kind));
    const elements = particle === undefined ? [] : this.#elements(particle, false);
    if (own === undefined || elements === undefined) return raw;
    const all = [...(base?.children.values() ?? []), ...elements];
    const children = new Map(all.map((each) => [each.name.local, each]));
    // The same name in two places: which stood where, JSON would not tell.
    if (children.size < all.length) return raw;
    const inOrder = particle?.kind !== 'all' && base?.inOrder !== false;
    const attributes = new Map([...(base?.attributes ?? []), ...own]);
    if (attributes.size < (base?.attributes.size ?? 0) + own.size) return raw;
    return { kind: 'children', attributes, children, inOrder };
  }

  /** The elements of a particle in order; undefined where JSON cannot tell their order or their names. */
  #elements(node: XsdNode, within: boolean): ElementShape[] | undefined {
    const { maxOccurs = '1' } = node.attributes;
    if (maxOccurs === '0') return [];
    const repeated = within || maxOccurs !== '1';
    if (node.kind === 'element') return this.#particleElement(node, repeated);
    if (node.kind === 'any') return undefined;
    const inner =
      node.kind === 'group'
        ? (this.#components.find('group', node.refers['ref']?.[0] ?? '')?.children ?? [])
        : node.children;
    const all: ElementShape[] = [];
    for (const each of inner) {
      const elements = this.#elements(each, repeated);
      if (elements === undefined) return undefined;
      all.push(...elements);
    }
    // (A, B) over and over: arrays of A and of B would lose who stood beside whom.
    return maxOccurs !== '1' && all.length > 1 ? undefined : all;
  }

  #particleElement(node: XsdNode, repeated: boolean): ElementShape[] | undefined {
    const [ref] = node.refers['ref'] ?? [];
    if (ref === undefined) {
      const { form } = node.attributes;
      const qualified = form === undefined ? node.file.elementsQualified : form === 'qualified';
      return [this.element(node, qualified ? node.file.target : '', repeated)];
    }
    const named = this.#components.find('element', ref);
    if (named === undefined || this.#components.heads.has(ref)) return undefined;
    return [this.element(named, named.file.target, repeated)];
  }
}

const particles = ['sequence', 'choice', 'all', 'group'];

function withoutAbstract({ attributes }: XsdNode): XsdNode['attributes'] {
  return { ...attributes, abstract: 'false' };
}

/** A name of XMLSchema-instance. */
export function xsiName(local: string): QName {
  return { namespace: xsiNamespace, local };
}

/** `true` alone: another way of writing it stays an attribute, so that nothing is lost. */
export function isNil({ name, value }: Attribute): boolean {
  return name.namespace === xsiNamespace && name.local === 'nil' && value === 'true';
}
