import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';

/** A schema component without what does not change its meaning: notes, prefixes, layout. */
interface Component {
  readonly kind: string;
  readonly attributes: Record<string, string>;
  readonly parts: readonly Component[];
}

/**
 * The global components of a schema file by kind and name, in a form in which two schemas that say
 * the same are equal: QNames resolved, defaults left out, groups of one unwrapped.
 */
export function modelOf(bytes: Uint8Array): { namespace: string; components: object } {
  return withXml(bytes, ({ root }) => {
    const components: Record<string, Component> = {};
    for (const element of childElements(root)) {
      if (['annotation', 'import'].includes(element.name)) continue;
      components[`${element.name} ${attribute(element, 'name')}`] = component(element);
    }
    const qualified = attribute(root, 'elementFormDefault');
    const namespace = attribute(root, 'targetNamespace');
    return { namespace, components: { qualified, components } };
  });
}

function attribute(element: XmlElement, name: string): string {
  return element.attr(name)?.value ?? '';
}

const defaults: Readonly<Record<string, string>> = {
  minOccurs: '1',
  maxOccurs: '1',
  use: 'optional',
};
const qnames = new Set(['type', 'ref', 'base']);

function component(element: XmlElement): Component {
  const attributes: Record<string, string> = {};
  for (const { name, namespaceUri, value } of element.attrs) {
    if (namespaceUri !== '' || defaults[name] === value) continue;
    attributes[name] = qnames.has(name) ? resolved(element, value) : value;
  }
  const parts = childElements(element)
    .filter(({ name }) => name !== 'annotation')
    .map(component);
  const kind = element.name;
  if (kind === 'restriction') return { kind, attributes, parts: sorted(parts) };
  if (kind === 'sequence' || kind === 'choice') return unwrapped({ kind, attributes, parts });
  if (kind === 'complexType' || kind === 'extension') {
    return { kind, attributes, parts: parts.flatMap(asSequence) };
  }
  return { kind, attributes, parts };
}

function resolved(element: XmlElement, qname: string): string {
  const [prefix = '', local = ''] = qname.includes(':') ? qname.split(':') : ['', qname];
  return `{${element.namespaces[prefix] ?? ''}}${local}`;
}

function sorted(parts: readonly Component[]): Component[] {
  return [...parts].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A group of one part is that part, if not both are repeated; a sequence in a sequence is its parts. */
function unwrapped(group: Component): Component {
  const flat = group.parts.flatMap((part) =>
    group.kind === 'sequence' && part.kind === 'sequence' && isOnce(part) ? part.parts : [part],
  );
  const [only, ...others] = flat;
  if (only !== undefined && others.length === 0 && (isOnce(group) || isOnce(only))) {
    return { ...only, attributes: { ...group.attributes, ...only.attributes } };
  }
  return { ...group, parts: flat };
}

function isOnce({ attributes }: Component): boolean {
  return attributes['minOccurs'] === undefined && attributes['maxOccurs'] === undefined;
}

function asSequence(part: Component): readonly Component[] {
  return part.kind === 'sequence' && isOnce(part) ? part.parts : [part];
}
