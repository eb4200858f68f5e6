import type { XmlDocument, XmlElement } from './document.ts';
import { firstChildElement, nextElement } from './siblings.ts';

/** An element's expanded name. */
export interface QName {
  readonly namespace: string;
  readonly local: string;
}

/** The child elements, in document order. */
export function childElements(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let at = firstChildElement(parent); at !== undefined; at = nextElement(at)) {
    found.push(at);
  }
  return found;
}

export function isNamed(element: XmlElement, namespace: string, local: string): boolean {
  return element.name === local && element.namespaceUri === namespace;
}

export function qname(element: XmlElement): QName {
  return { namespace: element.namespaceUri, local: element.name };
}

/** The first child with this name, or undefined. */
export function child(
  parent: XmlElement,
  namespace: string,
  local: string,
): XmlElement | undefined {
  for (let at = firstChildElement(parent); at !== undefined; at = nextElement(at)) {
    if (isNamed(at, namespace, local)) return at;
  }
  return undefined;
}

/** The whole text of the first child with this name, or undefined. */
export function childText(
  parent: XmlElement,
  namespace: string,
  local: string,
): string | undefined {
  return child(parent, namespace, local)?.content;
}

/**
 * The path of an element for people: local names with a position where siblings share the name,
 * such as /Envelope/Body/SendRequestRequest/SenderProvidedRequestData.
 */
export function pathOf(element: XmlElement): string {
  const steps: string[] = [];
  for (let at: XmlElement | null = element; at !== null; at = at.parent) {
    steps.unshift(`${at.name}${position(at)}`);
  }
  return `/${steps.join('/')}`;
}

// Counting is linear, and a refusal names many elements: past this many siblings the line must do.
const siblingsCounted = 1000;

function position(element: XmlElement): string {
  const parent = element.parent;
  if (parent === null) return '';
  let same = 0;
  let place = 0;
  let seen = 0;
  for (let at = firstChildElement(parent); at !== undefined; at = nextElement(at)) {
    seen += 1;
    if (seen > siblingsCounted) return '';
    if (!isNamed(at, element.namespaceUri, element.name)) continue;
    same += 1;
    if (at.isSameNode(element)) place = same;
  }
  return same < 2 ? '' : `[${place}]`;
}

/** Every element of the document in document order, the root first. */
export function* everyElement(document: XmlDocument): Generator<XmlElement> {
  yield* descend(document.root);
}

function* descend(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const inner of childElements(element)) yield* descend(inner);
}
