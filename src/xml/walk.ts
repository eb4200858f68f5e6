import type { XmlDocument } from './document.ts';
import { documentPointer, nodePointer, type Pointer } from './libxml2.ts';
import { memoryOf, nodeTypes, offsets } from './tree-memory.ts';

/**
 * Visits every element in document order until `visit` says stop by returning true. Pointers stay
 * numbers and nothing recurses: this walks every message, the hostile ones too.
 *
 * @param visit may not make libxml2 allocate
 */
export function walkElements(document: XmlDocument, visit: (element: Pointer) => boolean): void {
  const root = nodePointer(document.root);
  const { word } = memoryOf(documentPointer(document));
  for (let at = root; ; ) {
    if (word(at + offsets.type) === nodeTypes.element) {
      if (visit(at)) return;
      const first = word(at + offsets.children);
      if (first !== 0) {
        at = first;
        continue;
      }
    }
    while (at !== root && word(at + offsets.next) === 0) at = word(at + offsets.parent);
    if (at === root) return;
    at = word(at + offsets.next);
  }
}
