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
  readonly #h = new Uint8Array(block);
  readonly #n = new Uint8Array(block);
  readonly #sum = new Uint8Array(block);
  readonly #pending = new Uint8Array(block);
  #filled = 0;

  /** @param size octets of the digest */
  constructor(size: 32 | 64) {
    this.#size = size;
    this.#h.fill(size === 32 ? 1 : 0);
  }

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(block - this.#filled, bytes.length - at);
      this.#pending.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === block) this.#take(block);
    }
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    const { length } = this.#pending.subarray(0, this.#filled);
    this.#pending.fill(0, length);
    this.#pending[length] = 1;
    this.#take(length);
    compress(this.#h, this.#n, zeros);
    compress(this.#h, this.#sum, zeros);
    return Buffer.from(this.#h.subarray(block - this.#size));
  }

  #take(octets: number): void {
    compress(this.#h, this.#pending, this.#n);
    add(this.#n, lengthOf(octets));
    add(this.#sum, this.#pending);
    this.#filled = 0;
  }
}

const zeros = new Uint8Array(block);

function lengthOf(octets: number): Uint8Array {
  const bits = new Uint8Array(block);
  bits[0] = (octets * 8) & 0xff;
  bits[1] = (octets * 8) >> 8;
  return bits;
}

function add(to: Uint8Array, number: Uint8Array): void {
  let carry = 0;
  for (let at = 0; at < block; at += 1) {
    carry += (to[at] ?? 0) + (number[at] ?? 0);
    to[at] = carry & 0xff;
    carry >>= 8;
  }
}

const key = new Uint8Array(block);
const state = new Uint8Array(block);
const mixed = new Uint8Array(block);

/** The compression function g (RFC 6986 §8): h becomes E(LPS(h ⊕ n), m) ⊕ h ⊕ m. */
function compress(h: Uint8Array, m: Uint8Array, n: Uint8Array): void {
  mix(key, h, n);
  state.set(m);
  for (const constant of constants()) {
    mix(state, state, key);
    mix(key, key, constant);
  }
  for (let at = 0; at < block; at += 1) {
    h[at] = (h[at] ?? 0) ^ (state[at] ?? 0) ^ (key[at] ?? 0) ^ (m[at] ?? 0);
  }
}

let reversed: readonly Uint8Array[] | undefined;

function constants(): readonly Uint8Array[] {
  reversed ??= iterations.map((constant) => Uint8Array.from(constant).reverse());
  return reversed;
}

/**
 * out = LPS(a ⊕ b). The substitution, the transposition and the linear step of one octet are one look
 * into a table; octet j of every word goes through table j.
 */
function mix(out: Uint8Array, a: Uint8Array, b: Uint8Array): void {
  const table = lookup();
  for (let at = 0; at < block; at += 1) mixed[at] = (a[at] ?? 0) ^ (b[at] ?? 0);
  const result = new Int32Array(out.buffer, out.byteOffset, words);
  for (let word = 0; word < 8; word += 1) {
    let low = 0;
    let high = 0;
    for (let octet = 0; octet < 8; octet += 1) {
      const entry = (octet * 256 + (mixed[octet * 8 + word] ?? 0)) * 2;
      low ^= table[entry] ?? 0;
      high ^= table[entry + 1] ?? 0;
    }
    result[2 * word] = low;
    result[2 * word + 1] = high;
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
