import { someText } from './layout.ts';
import type { Edit } from './subject.ts';
import { type ElementNode, mapElements, mapTexts } from './tree.ts';

/** Characters that were written otherwise on the way, and the Id that came late. */
export const characterEdits: readonly Edit[] = [
  {
    cause: 'id-added',
    change: (tree) => {
      const attributes = tree.attributes.filter(({ local }) => !/^id$/i.test(local));
      return attributes.length < tree.attributes.length ? [{ ...tree, attributes }] : [];
    },
  },
  {
    cause: 'unicode-normalised',
    change: (tree) =>
      (['NFD', 'NFC'] as const).flatMap((form) => everywhere(tree, (text) => text.normalize(form))),
  },
  { cause: 'escaped-twice', change: (tree) => everywhere(tree, unescapedOnce) },
  {
    cause: 'encoding-misread',
    change: (tree) =>
      ['windows-1251', 'windows-1252'].flatMap((label) =>
        everywhere(tree, (text) => readAgain(text, label)),
      ),
  },
];

/** The tree with all texts and values changed; none where nothing changes. */
function everywhere(tree: ElementNode, change: (text: string) => string): ElementNode[] {
  const attributed = (element: ElementNode): boolean =>
    element.attributes.some(({ value }) => change(value) !== value) ||
    element.children.some((node) => node.kind === 'element' && attributed(node));
  if (!someText(tree, (text) => change(text) !== text) && !attributed(tree)) return [];
  const texts = mapTexts(tree, change);
  return [
    mapElements(texts, (element) => ({
      ...element,
      attributes: element.attributes.map((each) => ({ ...each, value: change(each.value) })),
    })),
  ];
}

const named: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

function unescapedOnce(text: string): string {
  return text.includes('&')
    ? text.replace(/&(?:amp|lt|gt|quot|apos);/g, (reference) => named[reference] ?? reference)
    : text;
}

/** What a text said before its UTF-8 was read in a single-byte encoding; itself where it cannot be. */
function readAgain(text: string, label: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text;
  const octets = encodeSingleByte(text, label);
  if (octets === undefined) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return text;
  }
}

const tables = new Map<string, ReadonlyMap<string, number>>();

/** A text in a single-byte encoding by its WHATWG label; undefined where it has other characters. */
export function encodeSingleByte(text: string, label: string): Buffer | undefined {
  const table = tables.get(label) ?? tableOf(label);
  tables.set(label, table);
  const octets = Buffer.alloc(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const octet = table.get(text[at] ?? '');
    if (octet === undefined) return undefined;
    octets[at] = octet;
  }
  return octets;
}

function tableOf(label: string): ReadonlyMap<string, number> {
  const all = Uint8Array.from({ length: 256 }, (_, octet) => octet);
  const characters = new TextDecoder(label).decode(all);
  return new Map([...characters].map((character, octet) => [character, octet]));
}
