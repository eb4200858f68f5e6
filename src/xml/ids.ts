import type { XmlDocument, XmlElement } from './document.ts';
import { documentPointer, type Pointer } from './libxml2.ts';
import { elementOf } from './siblings.ts';
import { type Memory, memoryOf, offsets } from './tree-memory.ts';
import { walkElements } from './walk.ts';

/**
 * Every element that some reader would take for the bearer of this Id: an attribute Id, ID or id of
 * any namespace (xml:id and wsu:Id among them) whose value is the Id, white space at its ends
 * ignored as xs:ID does. At most `limit` of them, in document order.
 */
export function elementsWithId(document: XmlDocument, id: string, limit = 4): XmlElement[] {
  const memory = memoryOf(documentPointer(document));
  const found: Pointer[] = [];
  walkElements(document, (element) => {
    if (bears(memory, element, id)) found.push(element);
    return found.length >= limit;
  });
  return found.map((element) => new elementOf(element));
}

function bears(memory: Memory, element: Pointer, id: string): boolean {
  const { word } = memory;
  let at = word(element + offsets.attributes);
  for (; at !== 0; at = word(at + offsets.next)) {
    if (isIdName(memory, word(at + offsets.name)) && valueAt(memory, at).trim() === id) return true;
  }
  return false;
}

/** Id, ID or id. */
function isIdName({ octets }: Memory, name: Pointer): boolean {
  const first = octets[name];
  const second = octets[name + 1];
  if (octets[name + 2] !== 0) return false;
  return (
    (first === 0x49 && (second === 0x64 || second === 0x44)) || (first === 0x69 && second === 0x64)
  );
}

function valueAt({ word, text }: Memory, attribute: Pointer): string {
  let value = '';
  let part = word(attribute + offsets.children);
  for (; part !== 0; part = word(part + offsets.next)) value += text(word(part + offsets.content));
  return Buffer.from(value, 'latin1').toString('utf8');
}
