import { withXml, XmlElement } from '../../src/xml/document.ts';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';

/** A document that can be changed and written again. */
export interface Tree {
  namespace: string;
  name: string;
  attributes: { namespace: string; name: string; value: string }[];
  children: (Tree | string)[];
}

export function treeOf(bytes: Uint8Array): Tree {
  return withXml(bytes, ({ root }) => fromElement(root));
}

export function fromElement(element: XmlElement): Tree {
  const children: (Tree | string)[] = [];
  for (let node = element.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) children.push(fromElement(node));
    else children.push(node.content);
  }
  const attributes = element.attrs.map(({ name, namespaceUri, value }) => ({
    name,
    namespace: namespaceUri,
    value,
  }));
  return { namespace: element.namespaceUri, name: element.name, attributes, children };
}

export const xsiNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

/** The document's text; `prefixes` are declared on the root, for QNames in content too. */
export function writeTree(tree: Tree, prefixes: Readonly<Record<string, string>>): Uint8Array {
  const known = new Map(Object.entries(prefixes).map(([prefix, uri]) => [uri, prefix]));
  const declared = [...known].map(([uri, prefix]) => ` xmlns:${prefix}="${escapeAttribute(uri)}"`);
  return Buffer.from(write(tree, known, declared.join('')));
}

function write(tree: Tree, known: Map<string, string>, declared: string): string {
  const added: string[] = [];
  const qualified = (namespace: string, name: string) => {
    if (namespace === '') return name;
    let prefix = known.get(namespace);
    if (prefix === undefined) {
      prefix = `n${known.size}`;
      known.set(namespace, prefix);
      added.push(namespace);
      declared += ` xmlns:${prefix}="${escapeAttribute(namespace)}"`;
    }
    return `${prefix}:${name}`;
  };
  const name = qualified(tree.namespace, tree.name);
  const attributes = tree.attributes
    .map((a) => ` ${qualified(a.namespace, a.name)}="${escapeAttribute(a.value)}"`)
    .join('');
  const inner = tree.children
    .map((part) => (typeof part === 'string' ? escapeText(part) : write(part, known, '')))
    .join('');
  for (const namespace of added) known.delete(namespace);
  return `<${name}${declared}${attributes}>${inner}</${name}>`;
}
