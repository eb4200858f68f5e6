import { withXml, type XmlElement, XmlRefused } from '../../xml/document.ts';
import { childElements } from '../../xml/navigate.ts';
import { toUtf8 } from '../encoding.ts';
import { type SchemaFile, xsdNamespace } from '../set.ts';
import { refuse } from './findings.ts';
import type { AdmissionRule } from './table.ts';

/** Where a schema stands: its file, and the namespace that its declarations get. */
export interface Home {
  readonly file: string;
  readonly namespace: string;
  /** Included without a target namespace of its own: names without one take the includer's. */
  readonly chameleon: boolean;
}

/** An element of XML Schema as plain data; annotations and what is not of XML Schema are left out. */
export interface SchemaNode {
  /** Local name, such as complexType. */
  readonly name: string;
  readonly line: number;
  readonly home: Home;
  /** Those without a namespace. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly children: readonly SchemaNode[];
}

/**
 * Reads a schema file.
 *
 * @param includer namespace of the schema that includes it
 * @throws PackageRefused
 */
export function readTree({ name, bytes }: SchemaFile, includer = ''): SchemaNode {
  try {
    return withXml(toUtf8(bytes), ({ root }) => treeOf(root, name, includer), {
      processingInstructions: 'allow',
    });
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return refuse(problemRules[error.problem], name, error.line, error.message);
  }
}

const problemRules: Readonly<Record<XmlRefused['problem'], AdmissionRule>> = {
  malformed: 'xml-malformed',
  doctype: 'xml-doctype',
  'processing-instruction': 'xml-malformed',
  depth: 'xml-depth',
  encoding: 'xml-encoding',
};

function treeOf(root: XmlElement, file: string, includer: string): SchemaNode {
  if (root.name !== 'schema' || root.namespaceUri !== xsdNamespace) {
    refuse('set-root', file, root.line);
  }
  const own = root.attr('targetNamespace')?.value;
  const home = { file, namespace: own ?? includer, chameleon: own === undefined };
  return nodeOf(root, home, new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
}

function nodeOf(
  element: XmlElement,
  home: Home,
  inherited: ReadonlyMap<string, string>,
): SchemaNode {
  const declared = Object.entries(element.nsDeclarations);
  const prefixes = declared.length === 0 ? inherited : new Map([...inherited, ...declared]);
  const attributes = new Map(
    element.attrs
      .filter((attribute) => attribute.prefix === '')
      .map((attribute) => [attribute.name, attribute.value]),
  );
  const children = childElements(element)
    .filter((child) => child.namespaceUri === xsdNamespace && child.name !== 'annotation')
    .map((child) => nodeOf(child, home, prefixes));
  return { name: element.name, line: element.line, home, attributes, prefixes, children };
}

/** A component's expanded name as one string, as the maps of a model are keyed. */
export function keyOf(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

export const anyType = keyOf(xsdNamespace, 'anyType');

/** The expanded name that an attribute holds; undefined where there is no such attribute. */
export function referred(node: SchemaNode, attribute: string): string | undefined {
  const value = node.attributes.get(attribute)?.trim();
  return value === undefined ? undefined : expanded(node, value);
}

/** The same of an attribute that holds a list of names. */
export function allReferred(node: SchemaNode, attribute: string): string[] {
  const names = node.attributes.get(attribute)?.split(/\s+/) ?? [];
  return names.filter((name) => name !== '').map((name) => expanded(node, name));
}

function expanded(node: SchemaNode, value: string): string {
  const colon = value.indexOf(':');
  const prefix = colon < 0 ? '' : value.slice(0, colon);
  const namespace = node.prefixes.get(prefix) ?? '';
  const { home } = node;
  const taken = namespace === '' && home.chameleon ? home.namespace : namespace;
  return keyOf(taken, value.slice(colon + 1));
}

/** The node and all below it, the node first. */
export function* everyNode(node: SchemaNode): Generator<SchemaNode> {
  yield node;
  for (const child of node.children) yield* everyNode(child);
}
