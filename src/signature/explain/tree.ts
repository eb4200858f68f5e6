import { unescaped } from '../../xml/escape.ts';

/** The nodes of a canonical form, as a value that can be changed and written again. */
export type Node = ElementNode | TextNode | OtherNode;

export interface ElementNode {
  readonly kind: 'element';
  readonly prefix: string;
  readonly local: string;
  /** Prefix to namespace, as declared here; '' is the default namespace. */
  readonly declared: ReadonlyMap<string, string>;
  /** In canonical order, declarations left out. */
  readonly attributes: readonly Attribute[];
  readonly children: readonly Node[];
}

export interface Attribute {
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
}

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
}

/** A comment or a processing instruction, as written. */
export interface OtherNode {
  readonly kind: 'other';
  readonly source: string;
}

// Canonical XML is a small language: no CDATA, no empty tags, double quotes, seven references; > stands
// raw in values.
const startTag = /<([^ >]+)((?: [^=]+="[^"]*")*)>/y;
const attribute = / ([^=]+)="([^"]*)"/g;

interface Open {
  readonly tag: Omit<ElementNode, 'children'>;
  readonly children: Node[];
}

/**
 * Reads canonical octets of one element (Canonical XML 1.0 §2.3, with or without comments).
 *
 * @returns undefined for anything else
 */
export function readCanonical(octets: Uint8Array): ElementNode | undefined {
  const xml = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');
  const top: Node[] = [];
  const open: Open[] = [];
  let at = 0;
  while (at < xml.length) {
    const into = open.at(-1)?.children ?? top;
    if (xml[at] !== '<') {
      const end = xml.indexOf('<', at);
      if (end < 0) return undefined;
      into.push({ kind: 'text', text: unescaped(xml.slice(at, end)) });
      at = end;
    } else if (xml[at + 1] === '/') {
      const closed = open.pop();
      if (closed === undefined) return undefined;
      const parent = open.at(-1)?.children ?? top;
      parent.push({ ...closed.tag, children: closed.children });
      at = xml.indexOf('>', at) + 1;
    } else if (xml[at + 1] === '!' || xml[at + 1] === '?') {
      const close = xml[at + 1] === '!' ? '-->' : '?>';
      const end = xml.indexOf(close, at) + close.length;
      into.push({ kind: 'other', source: xml.slice(at, end) });
      at = end;
    } else {
      startTag.lastIndex = at;
      const [whole, name = '', attributes = ''] = startTag.exec(xml) ?? [];
      if (whole === undefined) return undefined;
      open.push({ tag: tagOf(name, attributes), children: [] });
      at += whole.length;
    }
  }
  const [root] = top;
  return top.length === 1 && root?.kind === 'element' ? root : undefined;
}

function tagOf(name: string, text: string): Omit<ElementNode, 'children'> {
  const declared = new Map<string, string>();
  const attributes: Attribute[] = [];
  for (const [, written = '', raw = ''] of text.matchAll(attribute)) {
    const value = unescaped(raw);
    if (written === 'xmlns') declared.set('', value);
    else if (written.startsWith('xmlns:')) declared.set(written.slice(6), value);
    else attributes.push({ ...split(written), value });
  }
  return { kind: 'element', ...split(name), declared, attributes };
}

function split(name: string): { readonly prefix: string; readonly local: string } {
  const colon = name.indexOf(':');
  return colon < 0
    ? { prefix: '', local: name }
    : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}

/** The same tree with every element replaced, the innermost first. */
export function mapElements(
  element: ElementNode,
  change: (element: ElementNode) => ElementNode,
): ElementNode {
  const children = element.children.map((node) =>
    node.kind === 'element' ? mapElements(node, change) : node,
  );
  return change({ ...element, children });
}

/** The same tree with every text replaced; a text that becomes empty is gone. */
export function mapTexts(
  element: ElementNode,
  change: (text: string, parent: ElementNode) => string,
): ElementNode {
  return mapElements(element, (each) => ({
    ...each,
    children: each.children.flatMap((node): readonly Node[] => {
      if (node.kind !== 'text') return [node];
      const text = change(node.text, each);
      return text === '' ? [] : [{ kind: 'text', text }];
    }),
  }));
}

/** Whether a text is white space alone, as XML means it (XML 1.0 §2.3). */
export function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

/** Whether an element holds elements, so that white space in it may be mere layout. */
export function holdsElements(element: ElementNode): boolean {
  return element.children.some(({ kind }) => kind === 'element');
}
