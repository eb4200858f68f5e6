// GOST R 34.11-2012 over memory (RFC 6986). src/gost/streebog-module.ts writes the tables and the
// constants, and lays octets into INPUT; the first octet of a block is the least significant one.
//
//       0  eight tables of 256 words: what octet j of a word adds to LPS
//   16384  twelve iteration constants, then one of zeros
//   17408  H, N and the sum of the blocks; two pairs of state and key follow
//   65536  INPUT

const CONSTANTS: usize = 16384;
const H: usize = 17408;
const N: usize = 17472;
const SUM: usize = 17536;
const STATE_1: usize = 17600;
const KEY_1: usize = 17664;
const STATE_2: usize = 17728;
const KEY_2: usize = 17792;
const ZEROS: usize = 17856;
const INPUT: usize = 65536;

/** A new digest, of 32 octets or of 64. */
export function start(size: i32): void {
  memory.fill(H, size === 32 ? 1 : 0, 64);
  memory.fill(N, 0, 128);
}

/** Takes the whole blocks from INPUT to end. */
export function take(end: usize): void {
  for (let m = INPUT; m < end; m += 64) takeBlock(m, 512);
}

/** Takes the rest at INPUT, less than a block, and leaves the digest in the last octets of H. */
export function finish(octets: usize): void {
  memory.fill(INPUT + octets, 0, 64 - octets);
  store<u8>(INPUT + octets, 1);
  takeBlock(INPUT, octets << 3);
  compress(N, ZEROS);
  compress(SUM, ZEROS);
}

function takeBlock(m: usize, bits: u64): void {
  compress(m, N);
  // The standard counts modulo 2^512; nothing has more than 2^64 bits.
  store<u64>(N, load<u64>(N) + bits);
  let carry: u64 = 0;
  for (let at: usize = 0; at < 64; at += 8) {
    const own = load<u64>(SUM + at);
    const sum = own + load<u64>(m + at);
    const carried = sum + carry;
    carry = u64(sum < own) | u64(carried < sum);
    store<u64>(SUM + at, carried);
  }
}

/** H becomes E(LPS(H ⊕ n), m) ⊕ H ⊕ m (RFC 6986 §8). */
function compress(m: usize, n: usize): void {
  for (let at: usize = 0; at < 64; at += 8) {
    store<u64>(KEY_2 + at, load<u64>(H + at) ^ load<u64>(n + at));
  }
  firstKey(m);
  for (let c = CONSTANTS + 64; c < CONSTANTS + 832; c += 128) {
    round(c, STATE_1, KEY_1, STATE_2, KEY_2);
    round(c + 64, STATE_2, KEY_2, STATE_1, KEY_1);
  }
  for (let at: usize = 0; at < 64; at += 8) {
    store<u64>(H + at, load<u64>(H + at) ^ load<u64>(STATE_1 + at) ^ load<u64>(m + at));
  }
}

@inline
function firstKey(m: usize): void {
  const sixth = load<u64>(KEY_2 + 48);
  const seventh = load<u64>(KEY_2 + 56);
  firstKeyWord(m, 0, sixth, seventh);
  firstKeyWord(m, 1, sixth, seventh);
  firstKeyWord(m, 2, sixth, seventh);
  firstKeyWord(m, 3, sixth, seventh);
  firstKeyWord(m, 4, sixth, seventh);
  firstKeyWord(m, 5, sixth, seventh);
  firstKeyWord(m, 6, sixth, seventh);
  firstKeyWord(m, 7, sixth, seventh);
}

@inline
function firstKeyWord(m: usize, word: usize, sixth: u64, seventh: u64): void {
  const key = mixed(KEY_2, word, sixth, seventh);
  store<u64>(KEY_1 + 8 * word, key ^ load<u64>(CONSTANTS + 8 * word));
  store<u64>(STATE_1 + 8 * word, key ^ load<u64>(m + 8 * word));
}

/**
 * One round of E with one of the key schedule. A state is kept with its key added and a key with its
 * constant, and both in memory: as sixteen locals they were spilled at every look.
 */
@inline
function round(c: usize, state: usize, key: usize, nextState: usize, nextKey: usize): void {
  const sixth = load<u64>(state + 48);
  const seventh = load<u64>(state + 56);
  const keySixth = load<u64>(key + 48);
  const keySeventh = load<u64>(key + 56);
  roundWord(c, 0, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 1, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 2, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 3, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 4, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 5, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 6, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
  roundWord(c, 7, state, key, nextState, nextKey, sixth, seventh, keySixth, keySeventh);
}

@inline
function roundWord(
  c: usize, word: usize,
  state: usize, key: usize, nextState: usize, nextKey: usize,
  sixth: u64, seventh: u64, keySixth: u64, keySeventh: u64,
): void {
  const next = mixed(key, word, keySixth, keySeventh);
  store<u64>(nextKey + 8 * word, next ^ load<u64>(c + 8 * word));
  store<u64>(nextState + 8 * word, next ^ mixed(state, word, sixth, seventh));
}

/**
 * A word of LPS of the 64 octets at from. Six octets are loaded one by one and two are cut from words
 * that the caller loaded: a look costs two loads or one, and the loads are what there is least of.
 */
@inline
function mixed(from: usize, word: usize, sixth: u64, seventh: u64): u64 {
  return load<u64>(entry(from + word), 0) ^
    load<u64>(entry(from + 8 + word), 2048) ^
    load<u64>(entry(from + 16 + word), 4096) ^
    load<u64>(entry(from + 24 + word), 6144) ^
    load<u64>(entry(from + 32 + word), 8192) ^
    load<u64>(entry(from + 40 + word), 10240) ^
    load<u64>(cut(sixth, word), 12288) ^
    load<u64>(cut(seventh, word), 14336);
}

@inline
function entry(at: usize): usize {
  return <usize>load<u8>(at) << 3;
}

@inline
function cut(row: u64, word: usize): usize {
  return <usize>(word === 0 ? row << 3 : row >>> (8 * word - 3)) & 0x7f8;
}
