import { escapeAttribute, escapeText } from '../../xml/escape.ts';
import type { ElementNode, Node } from './tree.ts';

/** How a tree is written: the method, and the PrefixList of the exclusive one. */
export interface Writing {
  readonly exclusive: boolean;
  readonly prefixes: readonly string[];
  readonly comments?: boolean;
}

type Scope = ReadonlyMap<string, string>;

/**
 * The canonical octets of a tree (Canonical XML 1.0 §2, Exclusive XML Canonicalization 1.0 §3), as
 * src/xml/canonicalize.ts would give them for a document that looked like the tree.
 */
export function writeCanonical(root: ElementNode, writing: Writing): Buffer {
  const parts: string[] = [];
  writeElement(root, new Map(), new Map(), writing, parts);
  return Buffer.from(parts.join(''));
}

function writeElement(
  element: ElementNode,
  outside: Scope,
  rendered: Scope,
  writing: Writing,
  parts: string[],
): void {
  const scope = element.declared.size === 0 ? outside : new Map([...outside, ...element.declared]);
  const wanted = wantedPrefixes(element, scope, writing)
    .map((prefix): [string, string] => [prefix, scope.get(prefix) ?? ''])
    .filter(([prefix, uri]) => prefix !== 'xml' && (rendered.get(prefix) ?? '') !== uri);
  const inside = wanted.length === 0 ? rendered : new Map([...rendered, ...wanted]);
  const name = qualified(element.prefix, element.local);
  parts.push('<', name);
  for (const [prefix, uri] of wanted.sort(([a], [b]) => byText(a, b))) {
    parts.push(prefix === '' ? ' xmlns' : ` xmlns:${prefix}`, '="', escapeAttribute(uri), '"');
  }
  for (const { prefix, local, value } of element.attributes) {
    parts.push(' ', qualified(prefix, local), '="', escapeAttribute(value), '"');
  }
  parts.push('>');
  for (const node of element.children) writeNode(node, scope, inside, writing, parts);
  parts.push('</', name, '>');
}

function writeNode(
  node: Node,
  scope: Scope,
  inside: Scope,
  writing: Writing,
  parts: string[],
): void {
  if (node.kind === 'element') writeElement(node, scope, inside, writing, parts);
  else if (node.kind === 'text') parts.push(escapeText(node.text));
  else if (writing.comments === true || node.source.startsWith('<?')) parts.push(node.source);
}

/** Inclusive: every prefix in scope. Exclusive: those that the tag uses, and those of the list. */
function wantedPrefixes(element: ElementNode, scope: Scope, writing: Writing): string[] {
  if (!writing.exclusive) return [...new Set([...scope.keys(), ''])];
  const used = new Set([element.prefix]);
  for (const { prefix } of element.attributes) if (prefix !== '') used.add(prefix);
  for (const prefix of writing.prefixes) if (scope.has(prefix)) used.add(prefix);
  return [...used];
}

function qualified(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
