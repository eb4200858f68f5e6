import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { canonicalizeAs } from '../xml/canonicalize.ts';
import { withXml } from '../xml/document.ts';
import { escapeAttribute, escapeText, unescaped } from '../xml/escape.ts';
import type { QName } from '../xml/navigate.ts';

// fast-xml-parser knows no namespaces and takes what is not XML. It gets canonical XML alone, which the
// node's own reader made; what it builds is read by that reader again.

export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';
export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

export interface Attribute {
  readonly name: QName;
  readonly value: string;
}

/** An element as it was read. Declarations of namespaces are no attributes here. */
export interface ReadElement {
  readonly name: QName;
  readonly attributes: readonly Attribute[];
  readonly content: readonly (ReadElement | string)[];
  /** The element alone as a document: canonical, with every namespace in scope declared. */
  outer(): string;
}

/** An element to be written. */
export interface NewElement {
  readonly name: QName;
  readonly attributes: readonly Attribute[];
  readonly content: readonly (NewElement | RawElement | string)[];
}

/** An element that is there as text already: a document of its own. */
export interface RawElement {
  readonly xml: string;
}

/** A name that fast-xml-parser does not take, such as `constructor`. */
export class NameRefused extends Error {
  override readonly name = 'NameRefused';
}

type Node = { readonly [tag: string]: unknown };
type Scope = ReadonlyMap<string, string>;

const text = '#text';
const attributes = ':@';
const mark = '@_';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: mark,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Canonical XML has eight references and no others; they are read below.
  processEntities: false,
  ignoreDeclaration: true,
  maxNestedTags: 300,
});

const builder = new XMLBuilder({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: mark,
  suppressEmptyNode: false,
  suppressBooleanAttributes: false,
  processEntities: false,
  format: false,
});

/**
 * Reads a document: no comments, no CDATA, no processing instructions are left.
 *
 * @throws XmlRefused, NameRefused
 */
export function readOrdered(bytes: Uint8Array): ReadElement {
  const [root] = parse(canonicalText(bytes));
  return resolve(root ?? {}, new Map([['xml', xmlNamespace]]));
}

/**
 * The document's element in Canonical XML: no declaration, no comments, no CDATA, and every namespace
 * that is declared, since names in values may need it.
 *
 * @throws XmlRefused
 */
export function canonicalText(bytes: Uint8Array): string {
  return withXml(bytes, ({ root }) => canonicalizeAs(root, { inclusive: true }).toString('utf8'));
}

function parse(canonical: string): Node[] {
  try {
    return parser.parse(canonical) as Node[];
  } catch {
    throw new NameRefused('an element or an attribute has a name that is reserved in JavaScript');
  }
}

function resolve(node: Node, outside: Scope): ReadElement {
  const tag = tagOf(node);
  const given = Object.entries((node[attributes] ?? {}) as Record<string, string>).map(
    ([name, value]) => [name.slice(mark.length), unescaped(value)] as const,
  );
  const declared = given.filter(([name]) => isDeclaration(name));
  // Nearly every element declares nothing: they share what is in scope.
  const scope =
    declared.length === 0
      ? outside
      : new Map([...outside, ...declared.map(([name, uri]) => [prefixIn(name), uri] as const)]);
  return {
    name: qnameOf(tag, scope, scope.get('') ?? ''),
    attributes: given
      .filter(([name]) => !isDeclaration(name))
      .map(([name, value]) => ({ name: qnameOf(name, scope, ''), value })),
    content: (node[tag] as Node[]).map((inner) => {
      const value = inner[text];
      return typeof value === 'string' ? unescaped(value) : resolve(inner, scope);
    }),
    outer: () => outerText(node, scope),
  };
}

function outerText(node: Node, scope: Scope): string {
  const declared = [...scope].flatMap(([prefix, uri]) =>
    prefix === 'xml' ? [] : [[declaration(prefix), escapeAttribute(uri)] as const],
  );
  const all = { ...Object.fromEntries(declared), ...(node[attributes] as object | undefined) };
  return canonicalText(Buffer.from(builder.build([{ ...node, [attributes]: all }]) as string));
}

function declaration(prefix: string): string {
  return prefix === '' ? `${mark}xmlns` : `${mark}xmlns:${prefix}`;
}

function tagOf(node: Node): string {
  return Object.keys(node).find((key) => key !== attributes) ?? '';
}

function prefixIn(declaration: string): string {
  return declaration.slice('xmlns:'.length);
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function qnameOf(name: string, scope: Scope, unprefixed: string): QName {
  const colon = name.indexOf(':');
  if (colon < 0) return { namespace: unprefixed, local: name };
  return { namespace: scope.get(name.slice(0, colon)) ?? '', local: name.slice(colon + 1) };
}

/**
 * Writes a document. The root declares every namespace by a prefix, none as the default one, so that an
 * element without a namespace needs no declaration and a raw element may stand anywhere.
 *
 * @throws XmlRefused where a value has a character that XML has not, NameRefused
 */
export function writeOrdered(root: NewElement): Buffer {
  const prefixes = new Map([[xmlNamespace, 'xml']]);
  const made = build(root, prefixes);
  const declared = [...prefixes].flatMap(([uri, prefix]) =>
    prefix === 'xml' ? [] : [[declaration(prefix), escapeAttribute(uri)] as const],
  );
  const all = { ...Object.fromEntries(declared), ...(made[attributes] as object) };
  const written = Buffer.from(builder.build([{ ...made, [attributes]: all }]) as string);
  return Buffer.from(canonicalText(written));
}

function build(element: NewElement | RawElement, prefixes: Map<string, string>): Node {
  if ('xml' in element) return parse(canonicalText(Buffer.from(element.xml)))[0] ?? {};
  const given = element.attributes.map(
    ({ name, value }) => [`${mark}${tagFor(name, prefixes)}`, escapeAttribute(value)] as const,
  );
  const content = element.content.map((each) =>
    typeof each === 'string' ? { [text]: escapeText(each) } : build(each, prefixes),
  );
  return { [tagFor(element.name, prefixes)]: content, [attributes]: Object.fromEntries(given) };
}

function tagFor({ namespace, local }: QName, prefixes: Map<string, string>): string {
  if (namespace === '') return local;
  const next = namespace === xsiNamespace ? 'xsi' : `n${prefixes.size}`;
  const prefix = prefixes.get(namespace) ?? next;
  prefixes.set(namespace, prefix);
  return `${prefix}:${local}`;
}

/**
 * The document with another root name, and all that is in the namespace of its root in another one: the
 * declarations are changed, so that names in values change with them.
 *
 * @throws NameRefused where the other namespace stands in the document already: the way back would be lost
 */
export function renamed(bytes: Uint8Array, to: QName): string {
  const canonical = canonicalText(bytes);
  const from = readOrdered(Buffer.from(canonical)).name.namespace;
  if (from !== to.namespace && (from === '' || to.namespace === '')) {
    throw new NameRefused('one of the two names has no namespace');
  }
  const [root = {}] = parse(canonical);
  const tag = tagOf(root);
  const [given, wanted] = [escapeAttribute(from), escapeAttribute(to.namespace)];
  const content = (root[tag] as Node[]).map((node) => redeclared(node, given, wanted));
  const prefix = tag.includes(':') ? tag.slice(0, tag.indexOf(':') + 1) : '';
  const own = redeclared({ [attributes]: root[attributes] }, given, wanted)[attributes];
  const made = { [`${prefix}${to.local}`]: content, [attributes]: own };
  return canonicalText(Buffer.from(builder.build([made]) as string));
}

function redeclared(node: Node, from: string, to: string): Node {
  const given = Object.entries((node[attributes] ?? {}) as Record<string, string>);
  const changed = given.map(([name, value]) => {
    if (!isDeclaration(name.slice(mark.length))) return [name, value];
    if (value === to && from !== to) throw new NameRefused('it holds the other namespace already');
    return [name, value === from ? to : value];
  });
  const inner = Object.entries(node)
    .filter(([tag]) => tag !== attributes)
    .map(([tag, content]) => [
      tag,
      Array.isArray(content)
        ? (content as Node[]).map((each) => redeclared(each, from, to))
        : content,
    ]);
  return Object.fromEntries([...inner, [attributes, Object.fromEntries(changed)]]) as Node;
}
