import type { Pointer } from './libxml2.ts';

const capacityKept = 1024 * 1024;

// What may be left unwritten while nobody looks at the room: the longest reference.
const margin = 8;

interface References {
  /** 1 for the octets that are written as a reference. */
  readonly escaped: Uint8Array;
  readonly byOctet: ReadonlyMap<number, Uint8Array>;
}

function refer(references: Readonly<Record<string, string>>): References {
  const byOctet = new Map(
    Object.entries(references).map(([from, to]) => [from.charCodeAt(0), Buffer.from(to)] as const),
  );
  return { escaped: Uint8Array.from({ length: 256 }, (_, n) => (byOctet.has(n) ? 1 : 0)), byOctet };
}

/** The references of Canonical XML 1.0 §2.3, by octet. */
const inText = refer({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' });
const inValue = refer({
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
});
const inInstruction = refer({ '\r': '&#xD;' });

let spare: Buffer = Buffer.alloc(64 * 1024);

/** Collects octets, most of them strings of libxml2's memory, which end in zero. */
export class OctetWriter {
  readonly #from: Uint8Array;
  #to: Buffer = spare;
  #length = 0;

  constructor(from: Uint8Array) {
    this.#from = from;
  }

  octet(octet: number): void {
    if (this.#length === this.#to.length) this.#grow(this.#length);
    this.#to[this.#length++] = octet;
  }

  ascii(text: string): void {
    this.#reserve(text.length);
    for (let n = 0; n < text.length; n += 1) this.#to[this.#length++] = text.charCodeAt(n);
  }

  /** A string as it is. */
  raw(at: Pointer): void {
    const from = this.#from;
    let to = this.#to;
    let length = this.#length;
    let room = to.length - margin;
    for (let octet = from[at] as number; octet !== 0; octet = from[++at] as number) {
      if (length >= room) {
        to = this.#grow(length);
        room = to.length - margin;
      }
      to[length++] = octet;
    }
    this.#length = length;
  }

  text(at: Pointer): void {
    this.#escaped(at, inText);
  }

  value(at: Pointer): void {
    this.#escaped(at, inValue);
  }

  instruction(at: Pointer): void {
    this.#escaped(at, inInstruction);
  }

  /** All that was written; a copy of its own. */
  result(): Buffer {
    const result = Buffer.from(this.#to.subarray(0, this.#length));
    if (this.#to.length <= capacityKept) spare = this.#to;
    return result;
  }

  #escaped(at: Pointer, { escaped, byOctet }: References): void {
    const from = this.#from;
    let to = this.#to;
    let length = this.#length;
    let room = to.length - margin;
    for (let octet = from[at] as number; octet !== 0; octet = from[++at] as number) {
      if (length >= room) {
        to = this.#grow(length);
        room = to.length - margin;
      }
      if (escaped[octet] === 0) to[length++] = octet;
      else for (const each of byOctet.get(octet) ?? []) to[length++] = each;
    }
    this.#length = length;
  }

  #reserve(count: number): void {
    while (this.#length + count > this.#to.length) this.#grow(this.#length);
  }

  #grow(length: number): Buffer {
    const grown = Buffer.allocUnsafe(this.#to.length * 2);
    grown.set(this.#to.subarray(0, length));
    this.#to = grown;
    return grown;
  }
}
