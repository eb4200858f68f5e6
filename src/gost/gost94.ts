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

/** 32 octets as numbers of 16 and of 32 bits, the first octet the least significant. */
interface Block {
  readonly octets: Uint8Array;
  readonly shorts: Uint16Array;
  readonly words: Uint32Array;
}

function newBlock(): Block {
  const octets = new Uint8Array(block);
  return {
    octets,
    shorts: new Uint16Array(octets.buffer),
    words: new Uint32Array(octets.buffer),
  };
}

// The constant of the third key (RFC 5831 §5.1), the first word the least significant; the others are 0.
const third = Uint32Array.of(
  ...[0xff00ff00, 0xff00ff00, 0x00ff00ff, 0x00ff00ff],
  ...[0x00ffff00, 0xff0000ff, 0x000000ff, 0xff00ffff],
);

/**
 * GOST R 34.11-94 with the parameters of CryptoPro (RFC 5831, RFC 4357). It was withdrawn in 2012:
 * messages of its time are verified with it, and none is made.
 */
export class Gost94 {
  readonly #h = newBlock();
  readonly #sum = newBlock();
  readonly #pending = newBlock();
  #filled = 0;
  #octets = 0;

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const taken = Math.min(block - this.#filled, bytes.length - at);
      this.#pending.octets.set(bytes.subarray(at, at + taken), this.#filled);
      this.#filled += taken;
      at += taken;
      if (this.#filled === block) this.#take();
    }
    this.#octets += bytes.length;
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    if (this.#filled > 0 || this.#octets === 0) {
      this.#pending.octets.fill(0, this.#filled);
      this.#take();
    }
    const bits = newBlock();
    Buffer.from(bits.octets.buffer).writeBigUInt64LE(BigInt(this.#octets) * 8n);
    step(this.#h, bits);
    step(this.#h, this.#sum);
    return Buffer.from(this.#h.octets);
  }

  #take(): void {
    step(this.#h, this.#pending);
    const [sum, added] = [this.#sum.shorts, this.#pending.shorts];
    let carry = 0;
    for (let at = 0; at < sum.length; at += 1) {
      carry += (sum[at] ?? 0) + (added[at] ?? 0);
      sum[at] = carry;
      carry >>>= 16;
    }
    this.#filled = 0;
  }
}

// Where a step works; what it leaves there is never read.
const [u, v] = [new Uint32Array(8), new Uint32Array(8)];
const key = new Uint32Array(8);
const mixed = newBlock();
const row = new Uint16Array(16 + 61);

/** The step function (RFC 5831 §5): keys of both, encryption of h, mixing of all three. */
function step(h: Block, m: Block): void {
  u.set(h.words);
  v.set(m.words);
  for (let part = 0; part < 4; part += 1) {
    if (part > 0) {
      shift(u);
      if (part === 2) exclusiveOr(u, third);
      shift(v);
      shift(v);
    }
    makeKey();
    encrypt(h.words, part);
  }
  mix(12);
  exclusiveOr(mixed.words, m.words);
  mix(1);
  exclusiveOr(mixed.words, h.words);
  mix(61);
  h.octets.set(mixed.octets);
}

function exclusiveOr(to: Uint32Array, other: Uint32Array): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) ^ (other[at] ?? 0);
}

/** The transformation A: the lowest of four parts goes to the top, combined with the next. */
function shift(value: Uint32Array): void {
  const low = (value[0] ?? 0) ^ (value[2] ?? 0);
  const high = (value[1] ?? 0) ^ (value[3] ?? 0);
  value.copyWithin(0, 2);
  value[6] = low;
  value[7] = high;
}

/** The transformation P of u ⊕ v: octet i of row k becomes octet k of word i. */
function makeKey(): void {
  for (let half = 0; half < 2; half += 1) {
    const firstRow = (u[half] ?? 0) ^ (v[half] ?? 0);
    const secondRow = (u[half + 2] ?? 0) ^ (v[half + 2] ?? 0);
    const thirdRow = (u[half + 4] ?? 0) ^ (v[half + 4] ?? 0);
    const fourthRow = (u[half + 6] ?? 0) ^ (v[half + 6] ?? 0);
    for (let octet = 0; octet < 4; octet += 1) {
      const by = 8 * octet;
      key[4 * half + octet] =
        ((firstRow >>> by) & 0xff) |
        (((secondRow >>> by) & 0xff) << 8) |
        (((thirdRow >>> by) & 0xff) << 16) |
        ((fourthRow >>> by) << 24);
    }
  }
}

/** The transformation ψ, so many times: sixteen numbers move down, a sum of six comes in. */
function mix(times: number): void {
  const { shorts } = mixed;
  row.set(shorts);
  for (let at = 0; at < times; at += 1) {
    const low = (row[at] ?? 0) ^ (row[at + 1] ?? 0) ^ (row[at + 2] ?? 0) ^ (row[at + 3] ?? 0);
    row[at + 16] = low ^ (row[at + 12] ?? 0) ^ (row[at + 15] ?? 0);
  }
  for (let at = 0; at < 16; at += 1) shorts[at] = row[times + at] ?? 0;
}

/** Eight octets of h by GOST 28147-89 in its simplest mode (RFC 5830 §5), into their place. */
function encrypt(h: Uint32Array, part: number): void {
  tables ??= makeTables();
  const table = tables;
  let low = h[2 * part] ?? 0;
  let high = h[2 * part + 1] ?? 0;
  for (let round = 0; round < 32; round += 1) {
    const sum = (low + (key[round < 24 ? round & 7 : 31 - round] ?? 0)) | 0;
    const changed =
      high ^
      (table[sum & 0xff] ?? 0) ^
      (table[256 + ((sum >>> 8) & 0xff)] ?? 0) ^
      (table[512 + ((sum >>> 16) & 0xff)] ?? 0) ^
      (table[768 + (sum >>> 24)] ?? 0);
    high = low;
    low = changed;
  }
  mixed.words[2 * part] = high;
  mixed.words[2 * part + 1] = low;
}

let tables: Int32Array | undefined;

/** Substitution and the turn by eleven bits of each octet of a word, one table after another. */
function makeTables(): Int32Array {
  return Int32Array.from({ length: 4 * 256 }, (_, index) => {
    const [octet, value] = [index >> 8, index & 0xff];
    const low = nibble(2 * octet, value & 15);
    const high = nibble(2 * octet + 1, value >> 4);
    const placed = ((high << 4) | low) << (8 * octet);
    return (placed << 11) | (placed >>> 21);
  });
}

function nibble(index: number, value: number): number {
  return Number.parseInt(rows[index]?.[value] ?? '0', 16);
}
