import { libxml2, type Pointer } from './libxml2.ts';

/**
 * Where the fields of libxml2's nodes, attributes and namespaces lie (tree.h of libxml2, pointers of
 * four octets). The package reads them at the same places; its version is pinned.
 */
export const offsets = {
  type: 4,
  name: 8,
  children: 12,
  parent: 20,
  next: 24,
  namespace: 36,
  content: 40,
  attributes: 44,
  /** The first declaration; the next of a declaration stands at its beginning. */
  declarations: 48,
  uri: 8,
  prefix: 12,
} as const;

export const nodeTypes = { element: 1, text: 3, cdata: 4, instruction: 7, comment: 8 } as const;

/** libxml2's memory, for as long as nothing is allocated in it. */
export interface Memory {
  readonly octets: Uint8Array;
  /** The word at an address. */
  readonly word: (at: Pointer) => number;
  /** The string at an address, one character an octet: it sorts as its UTF-8 does. */
  readonly text: (at: Pointer) => string;
  /** The order of two strings by their octets; 0 is the empty one. */
  readonly compare: (a: Pointer, b: Pointer) => number;
}

let known: Memory | undefined;

/** @param address of anything that lives, such as the document */
export function memoryOf(address: Pointer): Memory {
  // Memory that has grown is another buffer, and the old one has no length.
  if (known === undefined || known.octets.byteLength === 0) known = viewOf(address);
  return known;
}

function viewOf(address: Pointer): Memory {
  const { buffer } = libxml2.XmlNodeSetStruct.nodeTable(address, 0);
  const octets = new Uint8Array(buffer);
  const words = new Int32Array(buffer);
  const all = Buffer.from(buffer);
  const octet = (at: Pointer) => octets[at] as number;
  return {
    octets,
    word: (at) => words[at >>> 2] as number,
    text: (at) => (at === 0 ? '' : all.toString('latin1', at, octets.indexOf(0, at))),
    compare: (a, b) => {
      if (a === 0 || b === 0) return (a === 0 ? 0 : octet(a)) - (b === 0 ? 0 : octet(b));
      for (let n = 0; ; n += 1) {
        const first = octets[a + n] as number;
        const difference = first - (octets[b + n] as number);
        if (difference !== 0 || first === 0) return difference;
      }
    },
  };
}
