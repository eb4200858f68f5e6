import type { Pointer } from './libxml2.ts';
import type { OctetWriter } from './octet-writer.ts';
import { type Memory, nodeTypes, offsets } from './tree-memory.ts';

interface Uri {
  readonly text: string;
  /** In the order of first sight; 0 is the empty name. */
  readonly id: number;
}

interface Prefix {
  readonly text: string;
  /** The id of the namespace that it has in what is written so far. */
  written: number;
}

interface Namespace {
  readonly prefix: Prefix;
  readonly uri: Uri;
  readonly at: Pointer;
}

/** What stands at an address that was asked for lately. */
interface Near {
  address: Pointer;
  namespace: Namespace;
}

const nearPlaces = 64;
const recentMax = 8;
const quote = 0x22;
const longUri = 256;

/**
 * Which namespace declarations the canonical form of an element has: those of tracked prefixes as
 * Canonical XML 1.0 §2.3 has them, and those that names make visible (Exclusive XML Canonicalization
 * 1.0 §3), each where no element outside has written the same.
 */
export class CanonicalNamespaces {
  readonly #memory: Memory;
  readonly #out: OctetWriter;
  readonly #tracked: 'all' | ReadonlySet<string>;
  /** Those of long names, which are read once each. */
  readonly #known = new Map<Pointer, Namespace>();
  readonly #near: Near[];
  /** Most declarations repeat one that was there a moment ago. */
  readonly #recent: Namespace[] = [];
  #oldest = 0;
  readonly #uris = new Map<string, Uri>([['', { text: '', id: 0 }]]);
  readonly #prefixes = new Map<string, Prefix>();
  readonly #none: Namespace;
  readonly #wanted: Namespace[] = [];
  /** Prefixes that were written, and what each meant outside. */
  readonly #changed: Prefix[] = [];
  readonly #outside: number[] = [];
  readonly #compared = new Map<number, number>();

  constructor(memory: Memory, out: OctetWriter, tracked: 'all' | ReadonlySet<string>) {
    this.#memory = memory;
    this.#out = out;
    this.#tracked = tracked;
    const none = { prefix: this.#prefix(''), uri: this.#uri(''), at: 0 };
    this.#none = none;
    this.#near = Array.from({ length: nearPlaces }, () => ({ address: 0, namespace: none }));
  }

  /**
   * Writes the declarations of an element.
   *
   * @returns for `leave`, at its end
   */
  enter(element: Pointer, isRoot: boolean): number {
    const before = this.#changed.length;
    if (this.#tracked === 'all' || this.#tracked.size > 0) {
      if (isRoot) this.#wantInherited(element);
      else this.#wantDeclared(element);
    }
    if (this.#tracked !== 'all') this.#wantVisible(element);
    const wanted = this.#wanted;
    if (wanted.length === 0) return before;
    if (wanted.length > 1) wanted.sort((a, b) => (a.prefix.text < b.prefix.text ? -1 : 1));
    for (let n = 0; n < wanted.length; n += 1) this.#write(wanted[n] as Namespace);
    while (wanted.length > 0) wanted.pop();
    return before;
  }

  leave(before: number): void {
    while (this.#changed.length > before) {
      (this.#changed.pop() as Prefix).written = this.#outside.pop() as number;
    }
  }

  /** The order of two namespaces of attributes by their names, 0 being none. */
  compare(a: Pointer, b: Pointer): number {
    if (a === b) return 0;
    const first = this.#namespace(a).uri;
    const second = this.#namespace(b).uri;
    if (first === second) return 0;
    if (first.text.length < longUri || second.text.length < longUri) {
      return first.text < second.text ? -1 : 1;
    }
    // Two long names that begin alike may meet at every element.
    const pair = first.id * 2 ** 26 + second.id;
    let order = this.#compared.get(pair);
    if (order === undefined) {
      order = first.text < second.text ? -1 : 1;
      this.#compared.set(pair, order);
    }
    return order;
  }

  #wantVisible(element: Pointer): void {
    const { word } = this.#memory;
    const own = word(element + offsets.namespace);
    this.#want(this.#namespace(own));
    for (let at = word(element + offsets.attributes); at !== 0; at = word(at + offsets.next)) {
      const namespace = word(at + offsets.namespace);
      if (namespace !== 0 && namespace !== own) this.#want(this.#namespace(namespace));
    }
  }

  /** Wants the tracked declarations in scope at an element, its own and those outside. */
  #wantInherited(element: Pointer): void {
    const { word } = this.#memory;
    const seen = new Set<Prefix>();
    for (let up = element; up !== 0; up = word(up + offsets.parent)) {
      if (word(up + offsets.type) !== nodeTypes.element) return;
      for (let at = word(up + offsets.declarations); at !== 0; at = word(at)) {
        const namespace = this.#namespace(at);
        if (this.#isTracked(namespace) && !seen.has(namespace.prefix)) this.#want(namespace);
        seen.add(namespace.prefix);
      }
    }
  }

  #wantDeclared(element: Pointer): void {
    const { word } = this.#memory;
    for (let at = word(element + offsets.declarations); at !== 0; at = word(at)) {
      const namespace = this.#namespace(at);
      if (this.#isTracked(namespace)) this.#want(namespace);
    }
  }

  #isTracked({ prefix }: Namespace): boolean {
    return this.#tracked === 'all' || this.#tracked.has(prefix.text);
  }

  #want(namespace: Namespace): void {
    const { prefix, uri } = namespace;
    if (prefix.written === uri.id || prefix.text === 'xml') return;
    this.#changed.push(prefix);
    this.#outside.push(prefix.written);
    prefix.written = uri.id;
    this.#wanted.push(namespace);
  }

  #namespace(at: Pointer): Namespace {
    if (at === 0) return this.#none;
    const place = (at >>> 3) % nearPlaces;
    const near = this.#near[place] as Near;
    if (near.address === at) return near.namespace;
    near.namespace = this.#known.get(at) ?? this.#like(at) ?? this.#read(at);
    near.address = at;
    return near.namespace;
  }

  #read(at: Pointer): Namespace {
    const { word, text } = this.#memory;
    const namespace = {
      prefix: this.#prefix(text(word(at + offsets.prefix))),
      uri: this.#uri(text(word(at + offsets.uri))),
      at,
    };
    if (namespace.uri.text.length >= longUri) this.#known.set(at, namespace);
    else {
      this.#recent[this.#oldest] = namespace;
      this.#oldest = (this.#oldest + 1) % recentMax;
    }
    return namespace;
  }

  /** One of the last few that says the same. */
  #like(at: Pointer): Namespace | undefined {
    const { word, compare } = this.#memory;
    const recent = this.#recent;
    for (let n = 0; n < recent.length; n += 1) {
      const each = recent[n] as Namespace;
      if (
        compare(word(at + offsets.prefix), word(each.at + offsets.prefix)) === 0 &&
        compare(word(at + offsets.uri), word(each.at + offsets.uri)) === 0
      ) {
        return each;
      }
    }
    return undefined;
  }

  #uri(text: string): Uri {
    let uri = this.#uris.get(text);
    if (uri === undefined) {
      uri = { text, id: this.#uris.size };
      this.#uris.set(text, uri);
    }
    return uri;
  }

  #prefix(text: string): Prefix {
    let prefix = this.#prefixes.get(text);
    if (prefix === undefined) {
      prefix = { text, written: 0 };
      this.#prefixes.set(text, prefix);
    }
    return prefix;
  }

  #write({ prefix, at }: Namespace): void {
    const { word } = this.#memory;
    this.#out.ascii(prefix.text === '' ? ' xmlns' : ' xmlns:');
    if (prefix.text !== '') this.#out.raw(word(at + offsets.prefix));
    this.#out.ascii('="');
    if (at !== 0) this.#out.value(word(at + offsets.uri));
    this.#out.octet(quote);
  }
}
