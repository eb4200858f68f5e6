import { escapeAttribute, escapeText } from '../../xml/escape.ts';
import type { AttributeModel } from '../model/attributes.ts';
import type { AnyParticle, Particle } from '../model/particles.ts';
import type { SimpleModel } from '../model/simple.ts';
import type { ElementModel, TypeModel, Types } from '../model/types.ts';
import { admits } from '../model/wildcard.ts';
import type { Choices } from './choices.ts';
import { type Prefixes, xsiNamespace } from './prefixes.ts';
import { sampleOf } from './value.ts';

/** Why a part of an example could not be made. */
export interface Unmade {
  /** Names of elements, an attribute after @. */
  readonly path: string;
  readonly reason: 'value' | 'abstract' | 'wildcard' | 'depth' | 'size';
}

interface Made {
  readonly lines: readonly string[];
  readonly unmade: readonly Unmade[];
}

const depthMax = 60;
const elementsMax = 20_000;
const none: Made = { lines: [], unmade: [] };

/** Writes elements by their declarations. What is optional and cannot be made is left out. */
export class Builder {
  readonly #types: Types;
  readonly #choices: Choices;
  readonly #prefixes: Prefixes;
  readonly #open: TypeModel[] = [];
  #elements = 0;

  constructor(types: Types, choices: Choices, prefixes: Prefixes) {
    this.#types = types;
    this.#choices = choices;
    this.#prefixes = prefixes;
  }

  /** @param path of the parent */
  element(element: ElementModel, path: string): Made {
    const at = path === '' ? element.local : `${path}/${element.local}`;
    const depth = this.#open.length;
    if (depth >= depthMax) return failed(at, 'depth');
    this.#elements += 1;
    if (this.#elements > elementsMax) return failed(at, 'size');
    const declared = element.type();
    const type = this.#concrete(declared);
    if (type === undefined) return failed(at, 'abstract');
    this.#open.push(type);
    try {
      return this.#written(element, type, type !== declared, at);
    } finally {
      this.#open.pop();
    }
  }

  /** Of an abstract type the first that may stand for it. */
  #concrete(type: TypeModel): TypeModel | undefined {
    if (!type.abstract) return type;
    return this.#types
      .derivedFrom(type.name ?? '')
      .map((name) => this.#types.typeNamed(name))
      .find(({ abstract }) => !abstract);
  }

  #written(element: ElementModel, type: TypeModel, named: boolean, at: string): Made {
    const tag = this.#prefixes.qualified(element.name);
    const attributes = this.#attributes(type, at);
    const xsiType = named
      ? ` ${this.#prefixes.qualified(`{${xsiNamespace}}type`)}="${this.#prefixes.qualified(type.name ?? '')}"`
      : '';
    const start = `${tag}${xsiType}${attributes.lines.join('')}`;
    if (type.simple !== undefined) {
      const value = element.fixed ?? sampleOf(type.simple, this.#choices);
      const unmade = value === undefined ? failed(at, 'value').unmade : [];
      const text = `<${start}>${escapeText(value ?? '')}</${tag}>`;
      return { lines: [text], unmade: [...attributes.unmade, ...unmade] };
    }
    const inner = this.#particle(type.content, at);
    const unmade = [...attributes.unmade, ...inner.unmade];
    if (inner.lines.length === 0) return { lines: [`<${start}/>`], unmade };
    const lines = [`<${start}>`, ...inner.lines.map((line) => `  ${line}`), `</${tag}>`];
    return { lines, unmade };
  }

  #attributes(type: TypeModel, at: string): Made {
    const all = [...type.attributes.values()].map((each) => this.#attribute(each, at));
    return {
      lines: all.flatMap(({ lines }) => lines),
      unmade: all.flatMap(({ unmade }) => unmade),
    };
  }

  #attribute(attribute: AttributeModel, at: string): Made {
    const { required, fixed, type, name, local } = attribute;
    if (!required && !this.#choices.hasOptional(this.#open.length)) return none;
    const value = fixed ?? this.#value(type);
    if (value === undefined) return required ? failed(`${at}/@${local}`, 'value') : none;
    return {
      lines: [` ${this.#prefixes.qualified(name)}="${escapeAttribute(value)}"`],
      unmade: [],
    };
  }

  #value(type: SimpleModel): string | undefined {
    return sampleOf(type, this.#choices);
  }

  #particle(particle: Particle, at: string): Made {
    const { min, max } = particle;
    const depth = this.#open.length;
    const times = this.#isOpen(particle) ? min : this.#choices.times(min, max, depth);
    const all: Made[] = [];
    for (let time = 0; time < Math.min(times, elementsMax); time += 1) {
      const made = this.#once(particle, at);
      if (made.unmade.length > 0 && time >= min) break;
      all.push(made);
      if (made.unmade.length > 0) break;
    }
    return {
      lines: all.flatMap(({ lines }) => lines),
      unmade: all.flatMap(({ unmade }) => unmade),
    };
  }

  /** Would it show again what is being shown. */
  #isOpen(particle: Particle): boolean {
    return particle.kind === 'element' && this.#open.includes(particle.element.type());
  }

  #once(particle: Particle, at: string): Made {
    if (particle.kind === 'element') return this.element(particle.element, at);
    if (particle.kind === 'any') return this.#any(particle, at);
    if (particle.kind !== 'choice') {
      const all = particle.items.map((item) => this.#particle(item, at));
      const unmade = all.flatMap((each) => each.unmade);
      return { lines: all.flatMap(({ lines }) => lines), unmade };
    }
    let first: Made | undefined;
    for (const branch of this.#choices.branches(particle.items)) {
      const made = this.#particle(branch, at);
      if (made.unmade.length === 0) return made;
      first ??= made;
    }
    return first ?? failed(at, 'abstract');
  }

  #any({ wildcard, min }: AnyParticle, at: string): Made {
    if (min === 0) return none;
    const { namespaces, process } = wildcard;
    const known = [...this.#types.components.every('element').keys()].find((name) =>
      admits(namespaces, name.slice(1, name.indexOf('}'))),
    );
    const declared = known === undefined ? undefined : this.#types.root(known);
    if (process === 'strict') {
      return declared === undefined ? failed(`${at}/*`, 'wildcard') : this.element(declared, at);
    }
    const namespace =
      namespaces.kind === 'only'
        ? (namespaces.names[0] ?? '')
        : ['urn:example', 'urn:example:other'].find((each) => admits(namespaces, each));
    const name = namespace === undefined ? undefined : `{${namespace}}example`;
    if (name === undefined) return failed(`${at}/*`, 'wildcard');
    return { lines: [`<${this.#prefixes.qualified(name)}/>`], unmade: [] };
  }
}

function failed(path: string, reason: Unmade['reason']): Made {
  return { lines: [], unmade: [{ path, reason }] };
}
