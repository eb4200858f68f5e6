import { XmlElement } from './document.ts';
import { libxml2, nodePointer, type Pointer } from './libxml2.ts';

const elementNode = 1;

// The library's nodes are no way to walk: a processing instruction has no `next` there.

/** The first child that is an element. */
export function firstChildElement(parent: XmlElement): XmlElement | undefined {
  return elementFrom(libxml2.XmlTreeCommonStruct.children(nodePointer(parent)));
}

/** The next sibling that is an element. */
export function nextElement(element: XmlElement): XmlElement | undefined {
  return elementFrom(libxml2.XmlTreeCommonStruct.next(nodePointer(element)));
}

function elementFrom(first: Pointer): XmlElement | undefined {
  const { next, type } = libxml2.XmlTreeCommonStruct;
  for (let at = first; at !== 0; at = next(at)) {
    if (type(at) === elementNode) return new elementOf(at);
  }
  return undefined;
}

/** The element at an address; the constructor takes it, and the typings leave that out. */
export const elementOf = XmlElement as unknown as new (node: Pointer) => XmlElement;
