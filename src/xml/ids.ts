import type { XmlDocument, XmlElement } from './document.ts';
import { libxml2, type Pointer } from './libxml2.ts';
import { elementOf } from './siblings.ts';
import { walkElements } from './walk.ts';

/**
 * Every element that some reader would take for the bearer of this Id: an attribute Id, ID or id of
 * any namespace (xml:id and wsu:Id among them) whose value is the Id, white space at its ends
 * ignored as xs:ID does. At most `limit` of them, in document order.
 */
export function elementsWithId(document: XmlDocument, id: string, limit = 4): XmlElement[] {
  const found: XmlElement[] = [];
  walkElements(document, (element) => {
    if (bears(element, id)) found.push(new elementOf(element));
    return found.length >= limit;
  });
  return found;
}

const idNames = new Set(['Id', 'ID', 'id']);

function bears(element: Pointer, id: string): boolean {
  const { next, name_: name } = libxml2.XmlTreeCommonStruct;
  let at = libxml2.XmlNodeStruct.properties(element);
  for (; at !== 0; at = next(at)) {
    if (idNames.has(name(at)) && libxml2.xmlNodeGetContent(at).trim() === id) return true;
  }
  return false;
}
