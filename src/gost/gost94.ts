const block = 32;

// id-GostR3411-94-CryptoProParamSet (RFC 4357 §11.2): a row for each nibble of a word, the lowest first.
const rows = [
  'a4568137dce092bf',
  '5f402db91763cea8',
  '7fce94103b526a8d',
  '4a7c0f28e165db93',
  '764b9c2a180efd35',
  '7624d9f0a15b8ec3',
  'de41705a3c8f629b',
  '13a95b4f867ed02c',
];

// The constant of the third key (RFC 5831 §5.1), the first octet the least significant; the others are 0.
const third = Buffer.from(
  '00ff00ff00ff00ffff00ff00ff00ff0000ffff00ff0000ffff000000ffff00ff',
  'hex',
);

/**
 * GOST R 34.11-94 with the parameters of CryptoPro (RFC 5831, RFC 4357). It was withdrawn in 2012:
 * messages of its time are verified with it, and none is made.
 */
export class Gost94 {
  readonly #h = new Uint8Array(block);
  readonly #sum = new Uint8Array(block);
  readonly #pending = new Uint8Array(block);
  #filled = 0;
  #octets = 0;

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(block - this.#filled, bytes.length - at);
      this.#pending.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === block) this.#take();
    }
    this.#octets += bytes.length;
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    if (this.#filled > 0 || this.#octets === 0) {
      this.#pending.fill(0, this.#filled);
      this.#take();
    }
    const bits = Buffer.alloc(block);
    bits.writeBigUInt64LE(BigInt(this.#octets) * 8n);
    step(this.#h, bits);
    step(this.#h, this.#sum);
    return Buffer.from(this.#h);
  }

  #take(): void {
    step(this.#h, this.#pending);
    let carry = 0;
    for (let at = 0; at < block; at += 1) {
      carry += (this.#sum[at] ?? 0) + (this.#pending[at] ?? 0);
      this.#sum[at] = carry & 0xff;
      carry >>= 8;
    }
    this.#filled = 0;
  }
}

/** The step function (RFC 5831 §5): keys of both, encryption of h, mixing of all three. */
function step(h: Uint8Array, m: Uint8Array): void {
  const encrypted = new Uint8Array(block);
  let u: Uint8Array = Uint8Array.from(h);
  let v: Uint8Array = Uint8Array.from(m);
  for (let part = 0; part < 4; part += 1) {
    if (part > 0) {
      u = shifted(u);
      if (part === 2) exclusiveOr(u, third);
      v = shifted(shifted(v));
    }
    encrypt(h, encrypted, part * 8, keyOf(u, v));
  }
  mix(encrypted, 12);
  exclusiveOr(encrypted, m);
  mix(encrypted, 1);
  exclusiveOr(encrypted, h);
  mix(encrypted, 61);
  h.set(encrypted);
}

function exclusiveOr(to: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) ^ (other[at] ?? 0);
}

/** The transformation A: the lowest of four parts goes to the top, combined with the next. */
function shifted(value: Uint8Array): Uint8Array {
  const result = new Uint8Array(block);
  result.set(value.subarray(8));
  for (let at = 0; at < 8; at += 1) result[24 + at] = (value[at] ?? 0) ^ (value[8 + at] ?? 0);
  return result;
}

/** The transformation P of u ⊕ v, as the eight words of a key. */
function keyOf(u: Uint8Array, v: Uint8Array): Uint32Array {
  const words = new Uint32Array(8);
  const octets = new Uint8Array(words.buffer);
  for (let row = 0; row < 4; row += 1) {
    for (let column = 0; column < 8; column += 1) {
      const from = 8 * row + column;
      octets[row + 4 * column] = (u[from] ?? 0) ^ (v[from] ?? 0);
    }
  }
  return words;
}

/** The transformation ψ, so many times: sixteen words move down, a sum of six comes in. */
function mix(value: Uint8Array, times: number): void {
  const words = new Uint16Array(value.buffer, value.byteOffset, 16);
  for (let time = 0; time < times; time += 1) {
    let sum = 0;
    for (const index of [0, 1, 2, 3, 12, 15]) sum ^= words[index] ?? 0;
    words.copyWithin(0, 1);
    words[15] = sum;
  }
}

/** Eight octets by GOST 28147-89 in its simplest mode (RFC 5830 §5). */
function encrypt(from: Uint8Array, to: Uint8Array, at: number, key: Uint32Array): void {
  const input = new DataView(from.buffer, from.byteOffset + at, 8);
  const output = new DataView(to.buffer, to.byteOffset + at, 8);
  let low = input.getUint32(0, true);
  let high = input.getUint32(4, true);
  for (let round = 0; round < 32; round += 1) {
    const index = round < 24 ? round % 8 : 7 - (round % 8);
    const changed = high ^ substituted((low + (key[index] ?? 0)) >>> 0);
    high = low;
    low = changed;
  }
  output.setUint32(0, high, true);
  output.setUint32(4, low, true);
}

let tables: readonly Uint32Array[] | undefined;

/** Substitution and the turn by eleven bits, an octet at a look. */
function substituted(word: number): number {
  tables ??= makeTables();
  let result = 0;
  for (const [octet, table] of tables.entries()) {
    result ^= table[(word >>> (8 * octet)) & 0xff] ?? 0;
  }
  return result;
}

function makeTables(): Uint32Array[] {
  return [0, 1, 2, 3].map((octet) =>
    Uint32Array.from({ length: 256 }, (_, value) => {
      const low = nibble(2 * octet, value & 15);
      const high = nibble(2 * octet + 1, value >> 4);
      const placed = (((high << 4) | low) << (8 * octet)) >>> 0;
      return ((placed << 11) | (placed >>> 21)) >>> 0;
    }),
  );
}

function nibble(row: number, value: number): number {
  return Number.parseInt(rows[row]?.[value] ?? '0', 16);
}
