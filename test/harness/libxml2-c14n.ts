import { type Canonicalization, canonicalizations, exclusive } from '../../src/xml/canonicalize.ts';
import { type XmlDocument, type XmlElement, XmlRefused } from '../../src/xml/document.ts';
import { documentPointer, libxml2, nodePointer } from '../../src/xml/libxml2.ts';

let root = 0;

// One callback for all calls: libxml2 asks of each node whether it lies in the subtree. The pointers
// stay numbers here; the library's own callback makes an object of each and is three times slower.
const insideSubtree = libxml2.addFunction((_data = 0, node = 0, parent = 0) => {
  if (node === root) return 1;
  for (let at = parent; at !== 0; at = libxml2.XmlTreeCommonStruct.parent(at))
    if (at === root) return 1;
  return 0;
}, 'iiii');

/** What `canonicalize` does, done by libxml2: the other opinion, and the measure of speed. */
export function canonicalizeByLibxml2(
  element: XmlElement,
  method: Canonicalization = exclusive,
  inclusivePrefixes: readonly string[] = [],
): Buffer {
  const prefixes =
    inclusivePrefixes.length === 0
      ? 0
      : libxml2.allocCStringArray(inclusivePrefixes.map((p) => (p === '' ? '#default' : p)));
  try {
    root = nodePointer(element);
    return execute(element.doc, insideSubtree, modeOf(method), prefixes);
  } finally {
    root = 0;
    if (prefixes !== 0) libxml2.free(prefixes);
  }
}

/** Canonical XML 1.1 of an element, which no signature here is made in. */
export function canonicalizeBy11(element: XmlElement): Buffer {
  try {
    root = nodePointer(element);
    return execute(element.doc, insideSubtree, modes.inclusive11, 0);
  } finally {
    root = 0;
  }
}

// Of libxml2's xmlC14NMode.
const modes = { inclusive: 0, exclusive: 1, inclusive11: 2 } as const;

function modeOf(method: Canonicalization): number {
  return canonicalizations[method].inclusive ? modes.inclusive : modes.exclusive;
}

/** The exclusive canonical form of a whole document; nothing is asked of each node. */
export function wholeByLibxml2(document: XmlDocument): Buffer {
  return execute(document, 0, modes.exclusive, 0);
}

function execute(document: XmlDocument, isVisible: number, mode: number, prefixes: number): Buffer {
  const chunks: Buffer[] = [];
  const output = libxml2.xmlOutputBufferCreateIO({
    write: (chunk: Uint8Array) => {
      chunks.push(Buffer.from(chunk));
      return chunk.byteLength;
    },
    close: () => true,
  });
  try {
    const done = libxml2.xmlC14NExecute(
      documentPointer(document),
      isVisible,
      0,
      mode,
      prefixes,
      0,
      output,
    );
    if (done < 0) throw new XmlRefused('malformed', 0, 'it has no canonical form');
  } finally {
    libxml2.xmlOutputBufferClose(output);
  }
  return Buffer.concat(chunks);
}
