import type { Pointer } from './libxml2.ts';
import type { OctetWriter } from './octet-writer.ts';
import { type Memory, nodeTypes, offsets } from './tree-memory.ts';

interface Namespace {
  readonly prefix: string;
  readonly uri: string;
  readonly at: Pointer;
}

const none: Namespace = { prefix: '', uri: '', at: 0 };

/**
 * Which namespace declarations the canonical form of an element has: those of tracked prefixes as
 * Canonical XML 1.0 §2.3 has them, and those that names make visible (Exclusive XML Canonicalization
 * 1.0 §3), each where no element outside has written the same.
 */
export class CanonicalNamespaces {
  readonly #memory: Memory;
  readonly #out: OctetWriter;
  readonly #tracked: 'all' | ReadonlySet<string>;
  readonly #known = new Map<Pointer, Namespace>();
  /** What is written so far, by prefix; a prefix that is not there has no namespace. */
  readonly #written = new Map<string, string>();
  /** Prefixes that were written, each with what it meant outside. */
  readonly #log: (readonly [prefix: string, outside: string | undefined])[] = [];

  constructor(memory: Memory, out: OctetWriter, tracked: 'all' | ReadonlySet<string>) {
    this.#memory = memory;
    this.#out = out;
    this.#tracked = tracked;
  }

  /**
   * Writes the declarations of an element.
   *
   * @returns for `leave`, at its end
   */
  enter(element: Pointer, isRoot: boolean): number {
    const before = this.#log.length;
    const wanted: Namespace[] = [];
    if (isRoot) for (const namespace of this.#outside(element)) this.#want(namespace, wanted);
    else if (this.#tracked === 'all' || this.#tracked.size > 0) {
      for (const namespace of this.#declared(element)) this.#want(namespace, wanted);
    }
    if (this.#tracked !== 'all') this.#visible(element, wanted);
    if (wanted.length > 1) wanted.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    for (const namespace of wanted) this.#write(namespace);
    return before;
  }

  leave(before: number): void {
    while (this.#log.length > before) {
      const [prefix, outside] = this.#log.pop() as readonly [string, string | undefined];
      if (outside === undefined) this.#written.delete(prefix);
      else this.#written.set(prefix, outside);
    }
  }

  #visible(element: Pointer, wanted: Namespace[]): void {
    const { word } = this.#memory;
    const own = word(element + offsets.namespace);
    this.#want(own === 0 ? none : this.#namespace(own), wanted);
    for (let at = word(element + offsets.attributes); at !== 0; at = word(at + offsets.next)) {
      const namespace = word(at + offsets.namespace);
      if (namespace !== 0 && namespace !== own) this.#want(this.#namespace(namespace), wanted);
    }
  }

  /** The tracked declarations in scope at an element, its own and those outside. */
  *#outside(element: Pointer): Generator<Namespace> {
    if (this.#tracked !== 'all' && this.#tracked.size === 0) return;
    const { word } = this.#memory;
    const seen = new Set<string>();
    for (let up = element; up !== 0; up = word(up + offsets.parent)) {
      if (word(up + offsets.type) !== nodeTypes.element) return;
      for (const namespace of this.#declared(up)) {
        if (!seen.has(namespace.prefix)) yield namespace;
        seen.add(namespace.prefix);
      }
    }
  }

  /** The tracked declarations of one element. */
  *#declared(element: Pointer): Generator<Namespace> {
    const { word } = this.#memory;
    for (let at = word(element + offsets.declarations); at !== 0; at = word(at)) {
      const namespace = this.#namespace(at);
      if (this.#tracked === 'all' || this.#tracked.has(namespace.prefix)) yield namespace;
    }
  }

  #want(namespace: Namespace, wanted: Namespace[]): void {
    const { prefix, uri } = namespace;
    if (prefix === 'xml') return;
    const outside = this.#written.get(prefix);
    if ((outside ?? '') === uri) return;
    this.#log.push([prefix, outside]);
    this.#written.set(prefix, uri);
    wanted.push(namespace);
  }

  #namespace(at: Pointer): Namespace {
    const known = this.#known.get(at);
    if (known !== undefined) return known;
    const { word, text } = this.#memory;
    const namespace = {
      prefix: text(word(at + offsets.prefix)),
      uri: text(word(at + offsets.uri)),
      at,
    };
    this.#known.set(at, namespace);
    return namespace;
  }

  #write({ prefix, at }: Namespace): void {
    const { word } = this.#memory;
    this.#out.ascii(prefix === '' ? ' xmlns' : ' xmlns:');
    if (prefix !== '') this.#out.raw(word(at + offsets.prefix));
    this.#out.ascii('="');
    if (at !== 0) this.#out.value(word(at + offsets.uri));
    this.#out.ascii('"');
  }
}

/** Is it the namespace of the prefix xml; 0 is none. */
export function isXmlNamespace({ word, text }: Memory, namespace: Pointer): boolean {
  return namespace !== 0 && text(word(namespace + offsets.prefix)) === 'xml';
}
