import type { XmlDocument } from './document.ts';
import { libxml2, nodePointer, type Pointer } from './libxml2.ts';

const elementNode = 1;

/**
 * Visits every element in document order until `visit` says stop by returning true. Pointers stay
 * numbers and nothing recurses: this walks every message, the hostile ones too.
 */
export function walkElements(document: XmlDocument, visit: (element: Pointer) => boolean): void {
  const root = nodePointer(document.root);
  const { children, next, parent, type } = libxml2.XmlTreeCommonStruct;
  for (let at = root; ; ) {
    if (type(at) === elementNode) {
      if (visit(at)) return;
      const first = children(at);
      if (first !== 0) {
        at = first;
        continue;
      }
    }
    while (at !== root && next(at) === 0) at = parent(at);
    if (at === root) return;
    at = next(at);
  }
}
