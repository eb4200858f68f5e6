import { posix } from 'node:path';
import { toUtf8 } from '../schema/encoding.ts';
import { type SchemaFile, xsdNamespace } from '../schema/set.ts';
import { withXml, type XmlElement } from '../xml/document.ts';
import { childElements } from '../xml/navigate.ts';

/** An element of a schema file. Names are expanded: {namespace}local. */
export interface XsdNode {
  /** Local name: element, complexType, sequence, … */
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The references among the attributes (type, base, ref, …). */
  readonly refers: Readonly<Record<string, readonly string[]>>;
  readonly children: readonly XsdNode[];
  /** Of the schema that it stands in. */
  readonly file: SchemaDefaults;
}

interface SchemaDefaults {
  readonly target: string;
  readonly elementsQualified: boolean;
  readonly attributesQualified: boolean;
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
  /** Elements that others may stand for. */
  readonly heads: ReadonlySet<string>;
}

/** A construct that is not read here. */
export class XsdUnread extends Error {
  override readonly name = 'XsdUnread';
}

export function expanded(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

/**
 * Reads a set of schemas that was admitted, the main file first.
 *
 * @throws XsdUnread of xs:redefine
 */
export function readComponents(files: readonly SchemaFile[]): Components {
  const byName = new Map(files.map(({ name, bytes }) => [name, bytes]));
  const tables = new Map<string, XsdNode>();
  const heads = new Set<string>();
  const seen = new Set<string>();
  const visit = (name: string, including: string | undefined): void => {
    const bytes = byName.get(name);
    // A file without a namespace of its own has that of whoever includes it.
    const key = `${including ?? ''} ${name}`;
    if (bytes === undefined || seen.has(key)) return;
    seen.add(key);
    const { root, target } = readFile(bytes, including);
    for (const each of root.children) {
      const at = each.attributes['schemaLocation'];
      if (each.kind === 'redefine') throw new XsdUnread(`${name}: xs:redefine`);
      if (at !== undefined) {
        const file = posix.join(posix.dirname(name), at.trim());
        visit(file, each.kind === 'include' ? target : undefined);
      }
      const local = each.attributes['name'];
      if (local !== undefined) tables.set(`${each.kind} ${expanded(target, local)}`, each);
      for (const head of each.refers['substitutionGroup'] ?? []) heads.add(head);
    }
  };
  visit(files[0]?.name ?? '', undefined);
  return { find: (kind, name) => tables.get(`${kind} ${name}`), heads };
}

function readFile(
  bytes: Uint8Array,
  including: string | undefined,
): { root: XsdNode; target: string } {
  return withXml(
    toUtf8(bytes),
    ({ root }) => {
      const own = root.attr('targetNamespace')?.value;
      const target = own ?? including ?? '';
      const file = {
        target,
        elementsQualified: root.attr('elementFormDefault')?.value === 'qualified',
        attributesQualified: root.attr('attributeFormDefault')?.value === 'qualified',
      };
      return { root: read(root, file, own === undefined ? target : ''), target };
    },
    { processingInstructions: 'allow' },
  );
}

const references = ['type', 'base', 'ref', 'itemType', 'memberTypes', 'substitutionGroup'];

/** @param bare the namespace of a name without prefix where no default namespace is declared */
function read(element: XmlElement, file: SchemaDefaults, bare: string): XsdNode {
  const given = element.attrs.filter(({ namespaceUri }) => namespaceUri === '');
  const scope = element.namespaces;
  const expand = (name: string) => {
    const [prefix, local] = name.includes(':') ? name.split(':') : ['', name];
    return expanded(scope[prefix ?? ''] ?? bare, local ?? '');
  };
  return {
    kind: element.name,
    attributes: Object.fromEntries(given.map(({ name, value }) => [name, value])),
    refers: Object.fromEntries(
      given
        .filter(({ name }) => references.includes(name))
        .map(({ name, value }) => [name, value.split(/\s+/).filter(Boolean).map(expand)]),
    ),
    children: childElements(element)
      .filter(({ namespaceUri, name }) => namespaceUri === xsdNamespace && name !== 'annotation')
      .map((inner) => read(inner, file, bare)),
    file,
  };
}
