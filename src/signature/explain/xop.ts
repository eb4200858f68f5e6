import type { Edit } from './subject.ts';
import { type ElementNode, mapElements, type Node } from './tree.ts';

/** The other parts of a multipart message by Content-ID, without < and >. */
export type Parts = ReadonlyMap<string, Uint8Array>;

const xopNamespace = 'http://www.w3.org/2004/08/xop/include';

/** A signer sees the content (XOP 1.0 §3); a careless one signs what travels instead. */
export function xopEdits(parts: Parts): Edit[] {
  return [
    { cause: 'xop-not-inlined', change: (tree) => inlined(tree, parts) },
    { cause: 'xop-inlined', change: (tree) => extracted(tree, parts) },
  ];
}

/** Base64 in one line, then in lines of 76 (RFC 2045 §6.8). */
function* inlined(tree: ElementNode, parts: Parts): Generator<ElementNode> {
  for (const end of [undefined, '\n', '\r\n']) {
    let changes = 0;
    const changed = mapElements(tree, (element) => ({
      ...element,
      children: element.children.map((node): Node => {
        const content = contentOf(node, parts);
        if (content === undefined) return node;
        changes += 1;
        return { kind: 'text', text: base64(content, end) };
      }),
    }));
    if (changes === 0) return;
    yield changed;
  }
}

function contentOf(node: Node, parts: Parts): Uint8Array | undefined {
  if (node.kind !== 'element' || node.local !== 'Include') return undefined;
  const href = node.attributes.find(({ local }) => local === 'href')?.value ?? '';
  if (!href.startsWith('cid:')) return undefined;
  return parts.get(href.slice(4)) ?? parts.get(decoded(href.slice(4)));
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

function base64(content: Uint8Array, end: string | undefined): string {
  const text = Buffer.from(content).toString('base64');
  return end === undefined ? text : text.replace(/.{76}(?!$)/g, `$&${end}`);
}

function* extracted(tree: ElementNode, parts: Parts): Generator<ElementNode> {
  const ids = new Map([...parts].map(([id, content]) => [base64(content, undefined), id]));
  for (const prefix of ['xop', 'inc', '']) {
    let changes = 0;
    const changed = mapElements(tree, (element) => {
      const [only, ...others] = element.children;
      if (only?.kind !== 'text' || others.length > 0) return element;
      const id = ids.get(only.text.replace(/[ \t\r\n]+/g, ''));
      if (id === undefined) return element;
      changes += 1;
      return { ...element, children: [include(prefix, id)] };
    });
    if (changes === 0) return;
    yield changed;
  }
}

function include(prefix: string, id: string): ElementNode {
  return {
    kind: 'element',
    prefix,
    local: 'Include',
    declared: new Map([[prefix, xopNamespace]]),
    attributes: [{ prefix: '', local: 'href', value: `cid:${id}` }],
    children: [],
  };
}
