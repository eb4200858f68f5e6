import { type XmlElement, XmlRefused } from './document.ts';
import { documentPointer, libxml2, nodePointer } from './libxml2.ts';

/** The canonicalizations of XMLDSig that this node knows, by URI. */
export const canonicalizations = {
  'http://www.w3.org/2001/10/xml-exc-c14n#': { mode: 1, comments: false },
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315': { mode: 0, comments: false },
} as const;
export type Canonicalization = keyof typeof canonicalizations;

export const exclusive: Canonicalization = 'http://www.w3.org/2001/10/xml-exc-c14n#';

let root = 0;
let excluded = 0;

// One callback for all calls: libxml2 asks of each node whether it lies in the subtree. The pointers
// stay numbers here; the library's own callback makes an object of each and is three times slower.
const insideSubtree = libxml2.addFunction((_data = 0, node = 0, parent = 0) => {
  if (node === root) return 1;
  if (excluded !== 0 && node === excluded) return 0;
  for (let at = parent; at !== 0; at = libxml2.XmlTreeCommonStruct.parent(at)) {
    if (at === root) return 1;
    if (at === excluded) return 0;
  }
  return 0;
}, 'iiii');

/**
 * The canonical octets of one element with all below it, in its place: Canonical XML 1.0 or
 * Exclusive XML Canonicalization 1.0, without comments.
 *
 * @param inclusivePrefixes the PrefixList of exc-c14n; '' or '#default' names the default namespace
 * @param without an element inside that is left out with all below it
 * @throws XmlRefused where the document has no canonical form
 */
export function canonicalize(
  element: XmlElement,
  method: Canonicalization = exclusive,
  inclusivePrefixes: readonly string[] = [],
  without?: XmlElement,
): Buffer {
  return canonicalizeAs(element, canonicalizations[method], inclusivePrefixes, without);
}

/** A form of canonical XML by libxml2's number: 0 Canonical XML 1.0, 1 exclusive, 2 Canonical XML 1.1. */
export interface Form {
  readonly mode: 0 | 1 | 2;
  readonly comments: boolean;
}

/** As canonicalize, in forms too that no signature profile has: to find what a signer did. */
export function canonicalizeAs(
  element: XmlElement,
  { mode, comments }: Form,
  inclusivePrefixes: readonly string[] = [],
  without?: XmlElement,
): Buffer {
  const chunks: Buffer[] = [];
  const output = libxml2.xmlOutputBufferCreateIO({
    write: (chunk: Uint8Array) => {
      chunks.push(Buffer.from(chunk));
      return chunk.byteLength;
    },
    close: () => true,
  });
  const prefixes =
    inclusivePrefixes.length === 0
      ? 0
      : libxml2.allocCStringArray(inclusivePrefixes.map((p) => (p === '' ? '#default' : p)));
  try {
    root = nodePointer(element);
    excluded = without === undefined ? 0 : nodePointer(without);
    const done = libxml2.xmlC14NExecute(
      documentPointer(element.doc),
      insideSubtree,
      0,
      mode,
      prefixes,
      comments ? 1 : 0,
      output,
    );
    // A namespace that is a relative reference, anywhere in the document, has no canonical form
    // (Canonical XML 1.0 §1.3).
    if (done < 0) throw new XmlRefused('malformed', element.line, 'it has no canonical form');
  } finally {
    root = 0;
    excluded = 0;
    if (prefixes !== 0) libxml2.free(prefixes);
    libxml2.xmlOutputBufferClose(output);
  }
  return Buffer.concat(chunks);
}

/**
 * The element as it may be carried into another document: its exclusive canonical form with every
 * namespace in scope declared on it, so that QNames in content keep their meaning. The exclusive
 * canonical form of the result is that of the element in its first place.
 */
export function carried(element: XmlElement): Buffer {
  return canonicalize(element, exclusive, Object.keys(element.namespaces));
}
