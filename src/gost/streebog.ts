import { iterations, matrix, substitution } from './streebog-constants.ts';

const block = 64;
const words = block / 4;

/**
 * GOST R 34.11-2012 in plain TypeScript (RFC 6986): what WebAssembly is held to, and what serves where
 * it cannot run. The standard writes numbers with the most significant octet first; here the first
 * octet is the least significant one, so a message is read as it stands.
 */
export class Streebog {
  readonly #size: 32 | 64;
  readonly #h = newBlock();
  readonly #n = newBlock();
  readonly #sum = newBlock();
  readonly #pending = newBlock();
  #filled = 0;

  /** @param size octets of the digest */
  constructor(size: 32 | 64) {
    this.#size = size;
    this.#h.octets.fill(size === 32 ? 1 : 0);
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(block - this.#filled, bytes.length - at);
      this.#pending.octets.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === block) this.#take(block);
    }
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    const octets = this.#filled;
    this.#pending.octets.fill(0, octets);
    this.#pending.octets[octets] = 1;
    this.#take(octets);
    compress(this.#h, this.#n, zeros);
    compress(this.#h, this.#sum, zeros);
    return Buffer.from(this.#h.octets.subarray(block - this.#size));
  }

  #take(octets: number): void {
    compress(this.#h, this.#pending, this.#n);
    const bits = newBlock();
    bits.words[0] = octets * 8;
    add(this.#n, bits);
    add(this.#sum, this.#pending);
    this.#filled = 0;
  }
}

/** 64 octets, also as numbers of 32 bits, the first octet the least significant. */
interface Block {
  readonly octets: Uint8Array;
  readonly words: Int32Array;
}

function newBlock(from: Uint8Array = new Uint8Array(block)): Block {
  const octets = Uint8Array.from(from);
  return { octets, words: new Int32Array(octets.buffer) };
}

const zeros = newBlock();

function add(to: Block, number: Block): void {
  const [sum, added] = [to.octets, number.octets];
  let carry = 0;
  for (let at = 0; at < block; at += 1) {
    carry += (sum[at] ?? 0) + (added[at] ?? 0);
    sum[at] = carry;
    carry >>= 8;
  }
}

const key = newBlock();
const state = newBlock();
const mixed = newBlock();

/** The compression function g (RFC 6986 §8): h becomes E(LPS(h ⊕ n), m) ⊕ h ⊕ m. */
function compress(h: Block, m: Block, n: Block): void {
  const table = lookup();
  mix(table, key, h, n);
  state.octets.set(m.octets);
  for (const constant of constants()) {
    mix(table, state, state, key);
    mix(table, key, key, constant);
  }
  for (let at = 0; at < words; at += 1) {
    h.words[at] =
      (h.words[at] ?? 0) ^ (state.words[at] ?? 0) ^ (key.words[at] ?? 0) ^ (m.words[at] ?? 0);
  }
}

let reversed: readonly Block[] | undefined;

function constants(): readonly Block[] {
  reversed ??= iterations.map((constant) => newBlock(Uint8Array.from(constant).reverse()));
  return reversed;
}

/**
 * out = LPS(a ⊕ b). The substitution, the transposition and the linear step of one octet are one look
 * into a table; octet j of every word goes through table j.
 */
function mix(table: Int32Array, out: Block, a: Block, b: Block): void {
  for (let at = 0; at < words; at += 1) mixed.words[at] = (a.words[at] ?? 0) ^ (b.words[at] ?? 0);
  const { octets } = mixed;
  for (let word = 0; word < 8; word += 1) {
    let low = 0;
    let high = 0;
    for (let octet = 0; octet < 8; octet += 1) {
      const entry = (octet << 9) | ((octets[8 * octet + word] ?? 0) << 1);
      low ^= table[entry] ?? 0;
      high ^= table[entry + 1] ?? 0;
    }
    out.words[2 * word] = low;
    out.words[2 * word + 1] = high;
  }
}

let tables: Int32Array | undefined;

/** Eight tables of 256 words, each as its low and its high half: made at the first use. */
export function lookup(): Int32Array {
  tables ??= makeTables();
  return tables;
}

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256 * 2);
  for (let octet = 0; octet < 8; octet += 1) {
    for (let value = 0; value < 256; value += 1) {
      const word = linear(substitution[value] ?? 0, octet);
      made[(octet * 256 + value) * 2] = Number(BigInt.asIntN(32, word));
      made[(octet * 256 + value) * 2 + 1] = Number(BigInt.asIntN(32, word >> 32n));
    }
  }
  return made;
}

/** What one octet of a word adds to the result of the linear step (RFC 6986 §6.4). */
function linear(value: number, octet: number): bigint {
  let word = 0n;
  for (let bit = 0; bit < 8; bit += 1) {
    if ((value >> bit) & 1) word ^= matrix[63 - (8 * octet + bit)] ?? 0n;
  }
  return word;
}
