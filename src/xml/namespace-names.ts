import type { XmlDocument } from './document.ts';
import { libxml2, type Pointer } from './libxml2.ts';
import { walkElements } from './walk.ts';

/** Why a document has no canonical form that could be signed. */
export type NamespaceProblem = 'escaped' | 'relative';

const escaped = /[&<"\t\n\r]/;
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/**
 * The line of a namespace declaration whose name has no canonical form of its own, 0 where its line is
 * not known, or undefined where there is none:
 * - escaped: libxml2 and others write `&` in it as it is, so that two documents with different names
 *   have one canonical form, and no signature over them means anything;
 * - relative: Canonical XML 1.0 §1.3 refuses a namespace that is a relative reference.
 */
export function lineOfNamespace(
  problem: NamespaceProblem,
  document: XmlDocument,
  bytes: Uint8Array,
): number | undefined {
  // Nearly every document is cleared by its bytes alone; a match may be mere text, so look then.
  if (!mayDeclare(problem, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) {
    return undefined;
  }
  let line: number | undefined;
  walkElements(document, (element) => {
    if (!declares(problem, element)) return false;
    line = libxml2.XmlNodeStruct.line(element);
    return true;
  });
  return line;
}

function declares(problem: NamespaceProblem, element: Pointer): boolean {
  let at = libxml2.XmlNodeStruct.nsDef(element);
  for (; at !== 0; at = libxml2.XmlNsStruct.next(at)) {
    const name = libxml2.XmlNsStruct.href(at);
    if (problem === 'escaped' ? escaped.test(name) : name !== '' && !absolute.test(name)) {
      return true;
    }
  }
  return false;
}

const signs = { tab: 0x09, feed: 0x0a, return: 0x0d, space: 0x20, equals: 0x3d } as const;
const quotes = { double: 0x22, single: 0x27 } as const;
const [ampersand, less, more] = [0x26, 0x3c, 0x3e];

/**
 * Whether what looks like a declaration has the problem. Every place is looked at, however it is
 * written, and a value is read up to its quote: time is linear whatever stands there.
 */
function mayDeclare(problem: NamespaceProblem, text: Buffer): boolean {
  let at = text.indexOf('xmlns');
  while (at >= 0) {
    const quote = quoteAfter(text, at + 'xmlns'.length);
    const sign = text[quote];
    if (sign === quotes.double || sign === quotes.single) {
      if (problem === 'escaped' ? holdsEscape(text, quote) : isRelative(text, quote)) return true;
    }
    at = text.indexOf('xmlns', quote);
  }
  return false;
}

/** Where a quote stands after name, white space and =; else where something else stopped the search. */
function quoteAfter(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length && !isWhite(text[at]) && !endsName(text[at])) at += 1;
  while (isWhite(text[at])) at += 1;
  if (text[at] !== signs.equals) return at;
  at += 1;
  while (isWhite(text[at])) at += 1;
  return at;
}

function endsName(octet = 0): boolean {
  return octet === signs.equals || octet === less || octet === more || octet === quotes.double;
}

function isWhite(octet = 0): boolean {
  return (
    octet === signs.space || octet === signs.feed || octet === signs.return || octet === signs.tab
  );
}

function holdsEscape(text: Buffer, quote: number): boolean {
  for (let at = quote + 1; at < text.length && text[at] !== text[quote]; at += 1) {
    if (text[at] === less) return false;
    if (text[at] === ampersand || text[at] === quotes.double) return true;
  }
  return false;
}

const schemeMax = 100;

function isRelative(text: Buffer, quote: number): boolean {
  if (text[quote + 1] === text[quote]) return false;
  return !absolute.test(text.toString('latin1', quote + 1, quote + 1 + schemeMax));
}
