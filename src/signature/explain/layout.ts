import type { Edit } from './subject.ts';
import {
  type ElementNode,
  holdsElements,
  isBlank,
  mapElements,
  mapTexts,
  type Node,
} from './tree.ts';

/** White space and line ends that came or went on the way. */
export const layoutEdits: readonly Edit[] = [
  { cause: 'pretty-printed', hiddenBy: 'smev', change: bare },
  { cause: 'carriage-returns-lost', change: restoreReturns },
  {
    cause: 'carriage-returns-added',
    change: (tree) =>
      someText(tree, (text) => text.includes('\r'))
        ? [mapTexts(tree, (text) => text.replace(/\r/g, ''))]
        : [],
  },
  { cause: 'text-padded', change: trimmed },
];

/** Many guesses, for those who have time. */
export const indentation: Edit = { cause: 'white-space-lost', hiddenBy: 'smev', change: indented };

/** One value at a time: nobody says which one lost its ends. */
export const padding: Edit = { cause: 'text-trimmed', change: padded };

/** Whether any text below fits. */
export function someText(
  element: ElementNode,
  fits: (text: string, parent: ElementNode) => boolean,
): boolean {
  return element.children.some((node) =>
    node.kind === 'text'
      ? fits(node.text, element)
      : node.kind === 'element' && someText(node, fits),
  );
}

function hasLayout(tree: ElementNode): boolean {
  return someText(tree, (text, parent) => isBlank(text) && holdsElements(parent));
}

function withoutLayout(tree: ElementNode): ElementNode {
  return mapTexts(tree, (text, parent) => (isBlank(text) && holdsElements(parent) ? '' : text));
}

/** Without layout everywhere; then in the frame alone, then in the business content alone. */
function* bare(tree: ElementNode): Generator<ElementNode> {
  if (!hasLayout(tree)) return;
  yield withoutLayout(tree);
  if (!mapContent(tree, (content) => content).found) return;
  const outside = mapContent(tree, (content) => ({ ...content, children: [] })).tree;
  const contents: ElementNode[] = [];
  mapContent(tree, (content) => {
    contents.push(content);
    return content;
  });
  if (hasLayout(outside)) {
    let at = 0;
    yield mapContent(withoutLayout(tree), (content) => contents[at++] ?? content).tree;
  }
  if (contents.some(hasLayout)) yield mapContent(tree, withoutLayout).tree;
}

/** Changes the children of every MessagePrimaryContent, which others than the frame's tools write. */
function mapContent(
  tree: ElementNode,
  change: (content: ElementNode) => ElementNode,
): { tree: ElementNode; found: boolean } {
  let found = false;
  const mapped = mapElements(tree, (element) => {
    if (element.local !== 'MessagePrimaryContent') return element;
    found = true;
    const children = element.children.map((node) =>
      node.kind === 'element' ? change(node) : node,
    );
    return { ...element, children };
  });
  return { tree: mapped, found };
}

function trimmed(tree: ElementNode): ElementNode[] {
  const ends = /^[ \t\r\n]+|[ \t\r\n]+$/g;
  const padded = someText(tree, (text, parent) => !holdsElements(parent) && text.search(ends) >= 0);
  if (!padded) return [];
  return [
    mapTexts(tree, (text, parent) => (holdsElements(parent) ? text : text.replace(ends, ''))),
  ];
}

/** CR LF wherever there is LF now; then in values alone, then between elements alone. */
function restoreReturns(tree: ElementNode): ElementNode[] {
  if (!someText(tree, (text) => text.includes('\n'))) return [];
  const everywhere = (text: string) => text.replace(/\r?\n/g, '\r\n');
  return [
    mapTexts(tree, everywhere),
    mapTexts(tree, (text) => (isBlank(text) ? text : everywhere(text))),
    mapTexts(tree, (text) => (isBlank(text) ? everywhere(text) : text)),
  ];
}

const units = ['  ', '\t', '    ', '', ' ', '   '];

/** As printers indent: each element on its line, from this depth or as deep as it may have stood. */
function* indented(tree: ElementNode): Generator<ElementNode> {
  if (!holdsElements(tree)) return;
  const flat = withoutLayout(tree);
  for (const unit of units) {
    const depthMax = unit === '' ? 0 : 6;
    for (let depth = 0; depth <= depthMax; depth += 1) {
      yield indent(flat, unit, depth);
      const { tree: within, found } = mapContent(tree, (content) =>
        indent(withoutLayout(content), unit, depth),
      );
      if (found) yield within;
    }
  }
}

function indent(element: ElementNode, unit: string, depth: number): ElementNode {
  const mixed = element.children.some(({ kind }) => kind === 'text');
  if (!holdsElements(element) || mixed) return element;
  const line = (level: number): Node => ({ kind: 'text', text: `\n${unit.repeat(level)}` });
  const children = element.children.flatMap((node): Node[] => [
    line(depth + 1),
    node.kind === 'element' ? indent(node, unit, depth + 1) : node,
  ]);
  return { ...element, children: [...children, line(depth)] };
}

const ends = [' ', '\n', '\t', '  '];

function* padded(tree: ElementNode): Generator<ElementNode> {
  const leaves = countLeaves(tree);
  for (let leaf = 0; leaf < leaves; leaf += 1) {
    for (const end of ends) {
      yield withLeaf(tree, leaf, (text) => text + end);
      yield withLeaf(tree, leaf, (text) => end + text);
      yield withLeaf(tree, leaf, (text) => end + text + end);
    }
  }
}

function isLeaf(element: ElementNode): boolean {
  return element.children.length === 1 && element.children[0]?.kind === 'text';
}

function countLeaves(element: ElementNode): number {
  if (isLeaf(element)) return 1;
  return element.children.reduce(
    (sum, node) => sum + (node.kind === 'element' ? countLeaves(node) : 0),
    0,
  );
}

function withLeaf(
  tree: ElementNode,
  wanted: number,
  change: (text: string) => string,
): ElementNode {
  let seen = 0;
  return mapElements(tree, (element) => {
    if (!isLeaf(element) || seen++ !== wanted) return element;
    return {
      ...element,
      children: element.children.map((node) =>
        node.kind === 'text' ? { kind: 'text', text: change(node.text) } : node,
      ),
    };
  });
}
