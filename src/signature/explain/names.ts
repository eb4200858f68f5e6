import type { ElementNode } from './tree.ts';

const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';

/** A prefix for each namespace; '' makes it the default one for elements. */
export type Naming = ReadonlyMap<string, string>;

/**
 * The namespaces that elements and attributes of a tree use, in the order of their first use, with
 * the prefix that each has there.
 */
export function namespacesOf(tree: ElementNode): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (element: ElementNode, outside: ReadonlyMap<string, string>) => {
    const scope = within(outside, element);
    for (const prefix of usedPrefixes(element)) {
      const uri = scope.get(prefix) ?? '';
      if (uri !== '' && !found.has(uri)) found.set(uri, prefix);
    }
    for (const node of element.children) if (node.kind === 'element') visit(node, scope);
  };
  visit(tree, new Map());
  return found;
}

/**
 * The tree under other prefixes. A namespace that is not named keeps its own; xsi:type follows, as
 * it does in tools that know schemas. Two namespaces must not get one prefix.
 */
export function renamed(tree: ElementNode, naming: Naming): ElementNode {
  const visit = (element: ElementNode, outside: ReadonlyMap<string, string>): ElementNode => {
    const scope = within(outside, element);
    const prefixOf = (prefix: string) => naming.get(scope.get(prefix) ?? '') ?? prefix;
    const declared = new Map<string, string>();
    for (const [prefix, uri] of element.declared) {
      if (uri !== '' || prefix === '') declared.set(naming.get(uri) ?? prefix, uri);
    }
    return {
      ...element,
      prefix: prefixOf(element.prefix),
      declared: new Map([...declared, ...ownDeclarations(element, scope, naming)]),
      attributes: element.attributes.map((each) => ({
        ...each,
        prefix: each.prefix === '' || each.prefix === 'xml' ? each.prefix : prefixOf(each.prefix),
        value:
          each.local === 'type' && scope.get(each.prefix) === schemaInstance
            ? renamedQName(each.value, prefixOf)
            : each.value,
      })),
      children: element.children.map((node) =>
        node.kind === 'element' ? visit(node, scope) : node,
      ),
    };
  };
  return visit(tree, new Map());
}

/** What the tag itself needs: a default namespace has to be said anew wherever it changes. */
function ownDeclarations(
  element: ElementNode,
  scope: ReadonlyMap<string, string>,
  naming: Naming,
): [string, string][] {
  return usedPrefixes(element).map((prefix) => {
    const uri = scope.get(prefix) ?? '';
    return [naming.get(uri) ?? prefix, uri];
  });
}

function usedPrefixes({ prefix, attributes }: ElementNode): string[] {
  const others = attributes.map((each) => each.prefix).filter((p) => p !== '' && p !== 'xml');
  return [prefix, ...others];
}

function within(
  outside: ReadonlyMap<string, string>,
  { declared }: ElementNode,
): ReadonlyMap<string, string> {
  return declared.size === 0 ? outside : new Map([...outside, ...declared]);
}

function renamedQName(value: string, prefixOf: (prefix: string) => string): string {
  const [, prefix, local] = /^\s*([^:\s]+):(\S+)\s*$/.exec(value) ?? [];
  return prefix === undefined ? value : `${prefixOf(prefix)}:${local}`;
}

/** The declarations that a tree needs on its apex: prefixes that it uses and nowhere inside declares. */
export function neededOnApex(tree: ElementNode): Map<string, string> {
  const needed = new Map<string, string>();
  const visit = (element: ElementNode, inside: ReadonlySet<string>) => {
    for (const prefix of usedPrefixes(element)) {
      const uri = tree.declared.get(prefix);
      if (uri !== undefined && !inside.has(prefix)) needed.set(prefix, uri);
    }
    for (const node of element.children) {
      if (node.kind !== 'element') continue;
      const { declared } = node;
      visit(node, declared.size === 0 ? inside : new Set([...inside, ...declared.keys()]));
    }
  };
  visit(tree, new Set());
  return needed;
}

/** The namespaces that attributes use: the default namespace does not reach them. */
export function attributeNamespacesOf(tree: ElementNode): Set<string> {
  const found = new Set<string>();
  const visit = (element: ElementNode, outside: ReadonlyMap<string, string>) => {
    const scope = within(outside, element);
    for (const { prefix } of element.attributes) {
      if (prefix !== '' && prefix !== 'xml') found.add(scope.get(prefix) ?? '');
    }
    for (const node of element.children) if (node.kind === 'element') visit(node, scope);
  };
  visit(tree, new Map());
  return found;
}
