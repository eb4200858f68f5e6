// Octets compared, copied and looked through 16 at a time.

/** Copies, writing up to 15 octets beyond. */
@inline
export function copy(to: u32, from: u32, length: u32): u32 {
  for (let done: u32 = 0; done < length; done += 16) v128.store(to + done, v128.load(from + done));
  return to + length;
}

/** Are two ranges equal; reads up to 15 octets beyond. */
export function same(a: u32, b: u32, length: u32): bool {
  let done: u32 = 0;
  for (; done + 16 <= length; done += 16) {
    if (v128.any_true(v128.xor(v128.load(a + done), v128.load(b + done)))) return false;
  }
  if (done == length) return true;
  const equal = i8x16.bitmask(i8x16.eq(v128.load(a + done), v128.load(b + done)));
  return (~equal & ((1 << (length - done)) - 1)) == 0;
}

/** Where two ranges first differ, or the length of the shorter. */
@inline
function common(a: u32, b: u32, shorter: u32): u32 {
  for (let done: u32 = 0; done < shorter; done += 16) {
    const differ = i8x16.bitmask(i8x16.ne(v128.load(a + done), v128.load(b + done)));
    if (differ != 0) return min(done + ctz(differ), shorter);
  }
  return shorter;
}

/** Compares UTF-8 in the order of UTF-16 units: what takes a surrogate pair comes before U+E000. */
export function compare(a: u32, aLength: u32, b: u32, bLength: u32): i32 {
  const shorter = min(aLength, bLength);
  const at = common(a, b, shorter);
  if (at == shorter) return aLength - bLength;
  return place(load<u8>(a + at)) - place(load<u8>(b + at));
}

@inline
function place(octet: i32): i32 {
  return octet == 0xee || octet == 0xef ? octet + 16 : octet;
}

// What ends a name, by the low and the high half of an octet: U+0020 and below, ! " & ' / < = >.
const low = i8x16(3, 3, 3, 1, 1, 1, 3, 3, 1, 1, 1, 1, 5, 5, 5, 3);
const high = i8x16(1, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** The first colon that `nameEnd` passed, 0 for none. */
export let colon: u32 = 0;

/** The first octet at or after `at` that cannot be in a name. */
export function nameEnd(at: u32): u32 {
  colon = 0;
  while (true) {
    const octets = v128.load(at);
    const below = i8x16.swizzle(low, v128.and(octets, i8x16.splat(15)));
    const above = i8x16.swizzle(high, i8x16.shr_u(octets, 4));
    const ends = i8x16.bitmask(i8x16.ne(v128.and(below, above), i8x16.splat(0)));
    const colons = i8x16.bitmask(i8x16.eq(octets, i8x16.splat(0x3a)));
    if (colons != 0 && colon == 0 && (ends == 0 || ctz(colons) < ctz(ends))) colon = at + ctz(colons);
    if (ends != 0) return at + ctz(ends);
    at += 16;
  }
}

/** UTF-16 units of a range of UTF-8. */
export function unitsOf(at: u32, end: u32): u32 {
  let units: u32 = 0;
  for (; at < end; at += 16) {
    const octets = v128.load(at);
    let starts = i8x16.bitmask(i8x16.gt_s(octets, i8x16.splat(-65)));
    let pairs = i8x16.bitmask(i8x16.ge_u(octets, i8x16.splat(-16)));
    if (end - at < 16) {
      const within = (1 << (end - at)) - 1;
      starts &= within;
      pairs &= within;
    }
    units += popcnt(starts) + popcnt(pairs);
  }
  return units;
}
