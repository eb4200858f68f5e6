import { posix } from 'node:path';
import { withXml, type XmlElement } from '../xml/document.ts';
import { childElements, isNamed } from '../xml/navigate.ts';
import { toUtf8 } from './encoding.ts';
import { type SchemaFile, xsdNamespace } from './set.ts';

/** An element of a schema file. Names are expanded: {namespace}local. */
export interface XsdNode {
  /** Local name: element, complexType, sequence, … */
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The references among the attributes (type, base, ref, …). */
  readonly refers: Readonly<Record<string, readonly string[]>>;
  readonly children: readonly XsdNode[];
  /** Of its own annotation, white space collapsed. */
  readonly documentation: string;
  /** Of the schema that it stands in. */
  readonly file: SchemaDefaults;
}

interface SchemaDefaults {
  readonly target: string;
  readonly elementsQualified: boolean;
  readonly attributesQualified: boolean;
  /** blockDefault. */
  readonly block: string;
}

const kinds = [
  'element',
  'complexType',
  'simpleType',
  'group',
  'attributeGroup',
  'attribute',
] as const;
type Kind = (typeof kinds)[number];

/** What a set of schemas declares at the top. */
export interface Components {
  find(kind: Kind, name: string): XsdNode | undefined;
  /** All of a kind by expanded name. */
  every(kind: Kind): ReadonlyMap<string, XsdNode>;
  /** Elements that others may stand for. */
  readonly heads: ReadonlySet<string>;
  /** What a namespace of the files is called here. */
  renamed(namespace: string): string;
}

/** A construct that is not read here. */
export class XsdUnread extends Error {
  override readonly name = 'XsdUnread';
}

export function expanded(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

/** The local part of an expanded name. */
export function localOf(name: string): string {
  return name.slice(name.indexOf('}') + 1);
}

/**
 * Reads a set of schemas that was admitted, the main file first. A location that leads outside the set
 * is passed over.
 *
 * @param renamed gives namespaces other names, so that versions of a type can be laid side by side
 * @throws XsdUnread of xs:redefine: what it changes would have to be found in the files it changes
 */
export function readComponents(
  files: readonly SchemaFile[],
  renamed: (namespace: string) => string = (namespace) => namespace,
): Components {
  const byName = new Map(files.map(({ name, bytes }) => [name, bytes]));
  const tables = new Map<string, Map<string, XsdNode>>(kinds.map((kind) => [kind, new Map()]));
  const heads = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string, including: string | undefined): void => {
    const bytes = byName.get(name);
    // A file without a namespace of its own has that of whoever includes it.
    const key = `${including ?? ''} ${name}`;
    if (bytes === undefined || seen.has(key)) return;
    seen.add(key);
    const { root, target } = readFile(bytes, including, renamed);
    if (seen.has(`read ${target} ${name}`)) return;
    seen.add(`read ${target} ${name}`);
    for (const each of root.children) {
      const at = each.attributes['schemaLocation'];
      if (each.kind === 'redefine') throw new XsdUnread(`${name}: xs:redefine`);
      if (at !== undefined) {
        const file = posix.join(posix.dirname(name), at.trim());
        visit(file, each.kind === 'include' ? target : undefined);
      }
      const local = each.attributes['name'];
      if (local !== undefined) tables.get(each.kind)?.set(expanded(renamed(target), local), each);
      for (const head of each.refers['substitutionGroup'] ?? []) heads.add(head);
    }
  };
  visit(files[0]?.name ?? '', undefined);
  const every = (kind: Kind) => tables.get(kind) ?? new Map<string, XsdNode>();
  return { find: (kind, name) => every(kind).get(name), every, heads, renamed };
}

function readFile(
  bytes: Uint8Array,
  including: string | undefined,
  renamed: (namespace: string) => string,
): { root: XsdNode; target: string } {
  return withXml(
    toUtf8(bytes),
    ({ root }) => {
      const own = root.attr('targetNamespace')?.value;
      const target = own ?? including ?? '';
      const file = {
        target: renamed(target),
        elementsQualified: root.attr('elementFormDefault')?.value === 'qualified',
        attributesQualified: root.attr('attributeFormDefault')?.value === 'qualified',
        block: root.attr('blockDefault')?.value ?? '',
      };
      const bare = own === undefined ? target : '';
      return { root: read(root, { file, bare, renamed }), target };
    },
    { processingInstructions: 'allow' },
  );
}

interface Reading {
  readonly file: SchemaDefaults;
  /** The namespace of a name without prefix where no default namespace is declared. */
  readonly bare: string;
  readonly renamed: (namespace: string) => string;
}

const references = ['type', 'base', 'ref', 'itemType', 'memberTypes', 'substitutionGroup'];

function read(element: XmlElement, reading: Reading): XsdNode {
  const given = element.attrs.filter(({ namespaceUri }) => namespaceUri === '');
  const expand = (name: string) => {
    const [prefix, local] = name.includes(':') ? name.split(':') : ['', name];
    const namespace = element.namespaces[prefix ?? ''] ?? reading.bare;
    return expanded(reading.renamed(namespace), local ?? '');
  };
  const inner = childElements(element).filter(({ namespaceUri }) => namespaceUri === xsdNamespace);
  return {
    kind: element.name,
    attributes: Object.fromEntries(given.map(({ name, value }) => [name, value])),
    refers: Object.fromEntries(
      given
        .filter(({ name }) => references.includes(name))
        .map(({ name, value }) => [name, value.split(/\s+/).filter(Boolean).map(expand)]),
    ),
    children: inner.filter(({ name }) => name !== 'annotation').map((each) => read(each, reading)),
    documentation: documentationOf(inner),
    file: reading.file,
  };
}

function documentationOf(inner: readonly XmlElement[]): string {
  return inner
    .filter(({ name }) => name === 'annotation')
    .flatMap(childElements)
    .filter((each) => isNamed(each, xsdNamespace, 'documentation'))
    .map(({ content }) => content.replace(/\s+/g, ' ').trim())
    .join('\n');
}

/** xs:boolean as schemas write it. */
export function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}
