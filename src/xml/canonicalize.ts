import { CanonicalNamespaces } from './canonical-namespaces.ts';
import { checkCanonicalForm, type XmlElement, XmlRefused } from './document.ts';
import { documentPointer, nodePointer, type Pointer } from './libxml2.ts';
import { OctetWriter } from './octet-writer.ts';
import { type Memory, memoryOf, nodeTypes, offsets } from './tree-memory.ts';

/** The canonicalizations of XMLDSig that this node knows, by URI. */
export const canonicalizations = {
  'http://www.w3.org/2001/10/xml-exc-c14n#': { inclusive: false },
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315': { inclusive: true },
} as const;
export type Canonicalization = keyof typeof canonicalizations;

export const exclusive: Canonicalization = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/**
 * The canonical octets of one element with all below it, in its place: Canonical XML 1.0 or
 * Exclusive XML Canonicalization 1.0, without comments. libxml2 has a canonicalization too, but takes
 * a minute over a hundred thousand attributes; this one takes time in proportion to the tree.
 *
 * @param inclusivePrefixes the PrefixList of exc-c14n; '' or '#default' names the default namespace
 * @param without an element inside that is left out with all below it
 * @throws XmlRefused where the document has no canonical form
 */
export function canonicalize(
  element: XmlElement,
  method: Canonicalization = exclusive,
  inclusivePrefixes: readonly string[] = [],
  without?: XmlElement,
): Buffer {
  return canonicalizeAs(element, canonicalizations[method], inclusivePrefixes, without);
}

/** What a canonical form declares and keeps. */
export interface Form {
  /** Canonical XML: every namespace in scope; else those that are used (exclusive). */
  readonly inclusive: boolean;
  readonly comments?: boolean;
}

/**
 * The same in any form, those too that no signature here is made in.
 *
 * @throws XmlRefused where the document has no canonical form
 */
export function canonicalizeAs(
  element: XmlElement,
  { inclusive, comments = false }: Form,
  inclusivePrefixes: readonly string[] = [],
  without?: XmlElement,
): Buffer {
  // Strings of the tree are one character an octet.
  const prefixes = inclusivePrefixes.map((prefix) =>
    prefix === '#default' ? '' : Buffer.from(prefix).toString('latin1'),
  );
  const canonicalizer = open(element, inclusive ? 'all' : new Set(prefixes), inclusive, comments);
  return canonicalizer.element(
    nodePointer(element),
    without === undefined ? 0 : nodePointer(without),
  );
}

function open(
  element: XmlElement,
  tracked: 'all' | ReadonlySet<string>,
  inherits: boolean,
  comments: boolean,
): Canonicalizer {
  checkCanonicalForm(element.doc);
  return new Canonicalizer(memoryOf(documentPointer(element.doc)), tracked, inherits, comments);
}

const signs = { space: 0x20, quote: 0x22, colon: 0x3a, less: 0x3c, greater: 0x3e } as const;

class Canonicalizer {
  readonly #memory: Memory;
  readonly #out: OctetWriter;
  readonly #namespaces: CanonicalNamespaces;
  readonly #inherits: boolean;
  readonly #comments: boolean;

  /** @param inherits whether the first element takes the xml:* attributes of those around it */
  constructor(
    memory: Memory,
    tracked: 'all' | ReadonlySet<string>,
    inherits: boolean,
    comments: boolean,
  ) {
    this.#memory = memory;
    this.#out = new OctetWriter(memory.octets);
    this.#namespaces = new CanonicalNamespaces(memory, this.#out, tracked);
    this.#inherits = inherits;
    this.#comments = comments;
  }

  /** Nothing recurses: the tree may be as deep as it likes. */
  element(root: Pointer, without: Pointer): Buffer {
    const { word } = this.#memory;
    const declared: number[] = [this.#start(root, root)];
    let at = word(root + offsets.children);
    let parent = root;
    for (;;) {
      if (at === 0) {
        this.#namespaces.leave(declared.pop() ?? 0);
        this.#end(parent);
        if (parent === root) return this.#out.result();
        at = word(parent + offsets.next);
        parent = word(parent + offsets.parent);
      } else if (at === without) {
        at = word(at + offsets.next);
      } else if (word(at + offsets.type) === nodeTypes.element) {
        declared.push(this.#start(at, root));
        parent = at;
        at = word(at + offsets.children);
      } else {
        this.#leaf(at);
        at = word(at + offsets.next);
      }
    }
  }

  #leaf(at: Pointer): void {
    const { word, octets } = this.#memory;
    const content = word(at + offsets.content);
    switch (word(at + offsets.type)) {
      case nodeTypes.text:
      case nodeTypes.cdata:
        if (content !== 0) this.#out.text(content);
        return;
      case nodeTypes.instruction:
        this.#out.ascii('<?');
        this.#out.raw(word(at + offsets.name));
        if (content !== 0 && octets[content] !== 0) {
          this.#out.octet(signs.space);
          this.#out.instruction(content);
        }
        this.#out.ascii('?>');
        return;
      case nodeTypes.comment:
        if (!this.#comments) return;
        this.#out.ascii('<!--');
        if (content !== 0) this.#out.instruction(content);
        this.#out.ascii('-->');
        return;
      default:
        throw new XmlRefused('malformed', 0, 'it has no canonical form');
    }
  }

  /** @returns what `leave` of the namespaces takes at the element's end */
  #start(at: Pointer, root: Pointer): number {
    const { word } = this.#memory;
    this.#out.octet(signs.less);
    this.#name(at);
    const first = word(at + offsets.attributes);
    const declared = this.#namespaces.enter(at, at === root);
    if (first !== 0 || (this.#inherits && at === root)) this.#attributes(at, first, at === root);
    this.#out.octet(signs.greater);
    return declared;
  }

  #end(at: Pointer): void {
    this.#out.ascii('</');
    this.#name(at);
    this.#out.octet(signs.greater);
  }

  #name(at: Pointer): void {
    const { word } = this.#memory;
    const namespace = word(at + offsets.namespace);
    const prefix = namespace === 0 ? 0 : word(namespace + offsets.prefix);
    if (prefix !== 0) {
      this.#out.raw(prefix);
      this.#out.octet(signs.colon);
    }
    this.#out.raw(word(at + offsets.name));
  }

  #attributes(element: Pointer, first: Pointer, isRoot: boolean): void {
    const { word, compare } = this.#memory;
    if (first !== 0 && word(first + offsets.next) === 0 && !(this.#inherits && isRoot)) {
      this.#attribute(first);
      return;
    }
    const all: Pointer[] = this.#inherits && isRoot ? this.#inherited(element) : [];
    for (let at = first; at !== 0; at = word(at + offsets.next)) all.push(at);
    // By namespace name, then local name; the octets of UTF-8 decide, so the code points do.
    all.sort(
      (a, b) =>
        this.#namespaces.compare(word(a + offsets.namespace), word(b + offsets.namespace)) ||
        compare(word(a + offsets.name), word(b + offsets.name)),
    );
    for (const at of all) this.#attribute(at);
  }

  /** Canonical XML 1.0 §2.4: the attributes xml:* of the ancestors that the element does not have. */
  #inherited(element: Pointer): Pointer[] {
    const { word, text } = this.#memory;
    const found: Pointer[] = [];
    const names = new Set<string>();
    for (let up = element; up !== 0; up = word(up + offsets.parent)) {
      if (word(up + offsets.type) !== nodeTypes.element) break;
      for (let at = word(up + offsets.attributes); at !== 0; at = word(at + offsets.next)) {
        const namespace = word(at + offsets.namespace);
        if (namespace === 0 || text(word(namespace + offsets.prefix)) !== 'xml') continue;
        const name = text(word(at + offsets.name));
        if (up !== element && !names.has(name)) found.push(at);
        names.add(name);
      }
    }
    return found;
  }

  #attribute(at: Pointer): void {
    const { word } = this.#memory;
    this.#out.octet(signs.space);
    this.#name(at);
    this.#out.ascii('="');
    for (let part = word(at + offsets.children); part !== 0; part = word(part + offsets.next)) {
      if (word(part + offsets.type) !== nodeTypes.text) {
        throw new XmlRefused('malformed', 0, 'it has no canonical form');
      }
      const content = word(part + offsets.content);
      if (content !== 0) this.#out.value(content);
    }
    this.#out.octet(signs.quote);
  }
}

/**
 * The element as it may be carried into another document: with every namespace that is in scope on it
 * and every one declared inside, so that QNames in values keep their meaning, and with nothing of what
 * is around it. The exclusive canonical form of the result is that of the element in its first place.
 */
export function carried(element: XmlElement): Buffer {
  return open(element, 'all', false, false).element(nodePointer(element), 0);
}
