// Text and attribute values: canonical references in, those of the transform out.
import { copy, unitsOf } from './transform-octets';

/** Where writing goes on; the functions below move it. */
export let out: u32 = 0;

@inline
export function setOut(at: u32): void {
  out = at;
}

const amp: u32 = 0x706d6126;
const lt: u32 = 0x3b746c26;
const gt: u32 = 0x3b746726;
const cr: u32 = 0x44782326;
const lf: u32 = 0x41782326;
const tab: u32 = 0x39782326;
const quot: u32 = 0x6f757126;
const semicolon: u8 = 0x3b;
// What begins U+0080 to U+00BF in UTF-8.
const c2: u8 = 0xc2;

/**
 * Where a text node of white space alone ends, or 0 where there is more in it: U+0020 and below is
 * white, a CR too, which comes as a reference.
 */
export function whiteEnd(at: u32): u32 {
  while (true) {
    const octets = v128.load(at);
    const more = i8x16.bitmask(i8x16.gt_u(octets, i8x16.splat(0x20)));
    const raw = i8x16.bitmask(i8x16.eq(octets, i8x16.splat(0x0d)));
    // A CR as it is is not canonical, and the text is refused where it is written.
    if (raw != 0 && (more == 0 || ctz(raw) < ctz(more))) return 0;
    if (more == 0) {
      at += 16;
      continue;
    }
    at += ctz(more);
    const octet = load<u8>(at);
    if (octet == 0x3c) return at;
    if (load<u32>(at) != cr || load<u8>(at, 4) != semicolon) return 0;
    at += 5;
  }
}

/** Writes the text node at `at` and returns its end, 0 where it is not canonical. */
export function writeText(at: u32): u32 {
  const start = at;
  let to = out;
  // A > is judged by its place in UTF-16 units, which is counted only for it.
  let counted = start;
  let units: u32 = 0;
  let escapedEnd: u32 = 0;
  while (true) {
    const octets = v128.load(at);
    v128.store(to, octets);
    // < and > differ by one bit.
    const angle = i8x16.eq(v128.or(octets, i8x16.splat(2)), i8x16.splat(0x3e));
    const other = v128.or(i8x16.eq(octets, i8x16.splat(0x26)), i8x16.eq(octets, i8x16.splat(0x0d)));
    const controls = v128.or(i8x16.eq(octets, i8x16.splat(0x7f)), i8x16.eq(octets, i8x16.splat(-62)));
    const special = i8x16.bitmask(v128.or(v128.or(angle, other), controls));
    if (special == 0) {
      at += 16;
      to += 16;
      continue;
    }
    at += ctz(special);
    to += ctz(special);
    const octet = load<u8>(at);
    if (octet == 0x3c) {
      out = to;
      return at;
    }
    if (octet == 0x7f || octet == c2) {
      const length: u32 = octet == c2 ? 2 : 1;
      const unit = load<u8>(at + length - 1);
      if (unit < 0xa0) {
        units += unitsOf(counted, at) + 1;
        to = writeControl(to, unit);
        escapedEnd = counted = at + length;
      } else {
        store<u16>(to, load<u16>(at));
        to += 2;
      }
      at += length;
      continue;
    }
    if (octet != 0x26) return 0;
    const reference = load<u32>(at);
    if (reference == gt) {
      units += unitsOf(counted, at);
      const before = load<u8>(at - 1);
      const close = at != start && before == 0x5d;
      if ((units & 511) == 0 || close || (escapedEnd == at && isLong(units, at))) {
        store<u32>(to, gt);
        to += 4;
        escapedEnd = at + 4;
      } else {
        store<u8>(to++, 0x3e);
      }
      at += 4;
      counted = at;
      units++;
      continue;
    }
    const length: u32 = reference == lt ? 4 : 5;
    if (length == 5) {
      if ((reference != amp && reference != cr) || load<u8>(at, 4) != semicolon) return 0;
      store<u8>(to, semicolon, 4);
    }
    store<u32>(to, reference == cr ? cr | 0x20000000 : reference);
    units += unitsOf(counted, at) + 1;
    at += length;
    to += length;
    counted = at;
    escapedEnd = at;
  }
}

/** DEL or a C1 control as a reference, as the writer of the reference has it. */
@inline
function writeControl(to: u32, unit: u8): u32 {
  const low = unit & 15;
  store<u32>(to, 0x00782326 | ((0x30 + <u32>(unit >> 4)) << 24));
  store<u8>(to, low < 10 ? 0x30 + low : 0x57 + low, 4);
  store<u8>(to, semicolon, 5);
  return to + 6;
}

/** Has the text node 12 units at least; `units` of them lie before the > at `at`. */
function isLong(units: u32, at: u32): bool {
  while (units < 12) {
    const octet = load<u8>(at);
    if (octet == 0x3c) return false;
    if (octet == 0x26) {
      while (load<u8>(at) != semicolon && load<u8>(at) != 0x3c) at++;
      if (load<u8>(at) == 0x3c) return false;
      units++;
    } else if ((octet & 0xc0) != 0x80) units += octet >= 0xf0 ? 2 : 1;
    at++;
  }
  return true;
}

/** Has the value that `valueEnd` passed references. */
export let referring: bool = false;

/** The quote that ends the attribute value at `at`, 0 where the value is not canonical. */
export function valueEnd(at: u32): u32 {
  referring = false;
  while (true) {
    const octets = v128.load(at);
    const ends = v128.or(i8x16.eq(octets, i8x16.splat(0x22)), i8x16.eq(octets, i8x16.splat(0x3c)));
    const other = v128.or(i8x16.eq(octets, i8x16.splat(0x26)), i8x16.lt_u(octets, i8x16.splat(0x20)));
    const special = i8x16.bitmask(v128.or(ends, other));
    if (special == 0) {
      at += 16;
      continue;
    }
    at += ctz(special);
    const octet = load<u8>(at);
    if (octet == 0x22) return at;
    if (octet != 0x26) return 0;
    referring = true;
    const reference = load<u32>(at);
    if (reference == lt) {
      at += 4;
    } else if (reference == quot) {
      if (load<u16>(at, 4) != 0x3b74) return 0;
      at += 6;
    } else {
      if (load<u8>(at, 4) != semicolon) return 0;
      if (reference != cr && reference != lf && reference != amp && reference != tab) return 0;
      at += 5;
    }
  }
}

/** Writes a value: its references stay but for the case of their digits. */
export function writeValue(to: u32, at: u32, length: u32, rewrite: bool): u32 {
  const end = copy(to, at, length);
  if (!rewrite) return end;
  for (; to < end; to++) {
    const reference = load<u32>(to);
    if (reference == cr || reference == lf) store<u32>(to, reference | 0x20000000);
  }
  return end;
}
