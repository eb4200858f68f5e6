import type { XmlDocument, XmlElement } from './document.ts';
import { everyElement } from './navigate.ts';

/** Where an element stands in the text of its document, as offsets in UTF-16 units. */
export interface Place {
  /** Of the '<' of the start tag. */
  readonly start: number;
  /** After the name in the start tag: where an attribute may be put. */
  readonly afterName: number;
  /** After the '>' of the start tag. */
  readonly inside: number;
  /** Of the '<' of the end tag; equal to `inside` where the element is one empty tag. */
  readonly endTag: number;
  /** After the element. */
  readonly end: number;
}

// The parts of XML that hold a '<' or '>' which is no tag, then tags (XML 1.0 §2.4 to §3.1).
const token =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:[^<>"']|"[^"]*"|'[^']*')*>/g;

/**
 * The places of all elements in document order. Only for text that was parsed before and holds no
 * DTD: nothing is checked here.
 */
export function placesOf(text: string): Place[] {
  const places: Place[] = [];
  const open: number[] = [];
  for (const { 0: tag, index: start } of text.matchAll(token)) {
    const end = start + tag.length;
    if (tag[1] === '!' || tag[1] === '?') continue;
    if (tag[1] === '/') {
      const at = open.pop() ?? 0;
      const begun = places[at];
      if (begun !== undefined) places[at] = { ...begun, endTag: start, end };
      continue;
    }
    const afterName = start + (/^<[^\s/>]+/.exec(tag)?.[0].length ?? 1);
    if (!tag.endsWith('/>')) open.push(places.length);
    places.push({ start, afterName, inside: end, endTag: end, end });
  }
  return places;
}

/** The place of one element of a document in the text that it was parsed from. */
export function placeOf(document: XmlDocument, text: string, element: XmlElement): Place {
  let index = 0;
  for (const each of everyElement(document)) {
    if (each.isSameNode(element)) break;
    index += 1;
  }
  const place = placesOf(text)[index];
  if (place === undefined) throw new RangeError('the element is not of this document');
  return place;
}
