// The order of attributes: qualified ones first, by namespace name, then by local name.
import { inputEnd, input, order, orderAside, uriRows, uriSize } from './transform-room';
import { uris } from './transform-names';
import { compare } from './transform-octets';

// An attribute's row: name, length of prefix and colon, length of the name, value, its length,
// namespace, whether to rewrite.

/** Octets of namespace names that this run may compare before it must rank them. */
let credit: i64 = 0;
/** Whether namespace names are compared by rank. */
let ranked: bool = false;

/** Two long names that begin alike could be compared again and again: past so much they are ranked. */
export function startOrder(byRank: bool): void {
  ranked = byRank;
  credit = 4 * <i64>(inputEnd - input) + 65536;
}

/** Whether the order cannot be relied on, and a run with ranks is needed. */
export function needsRanks(): bool {
  return credit < 0;
}

function compareUris(a: u32, b: u32): i32 {
  if (ranked) return load<u32>(a, 16) - load<u32>(b, 16);
  const aLength = load<u32>(a, 8);
  const bLength = load<u32>(b, 8);
  credit -= min(aLength, bLength);
  if (credit < 0) return 0;
  return compare(load<u32>(a, 4), aLength, load<u32>(b, 4), bLength);
}

/** The order of two attributes of one element, 0 where they have one expanded name. */
export function compareAttributes(a: u32, b: u32): i32 {
  const aUri = load<u32>(a, 20);
  const bUri = load<u32>(b, 20);
  if (aUri != bUri) {
    if (aUri == 0) return 1;
    if (bUri == 0) return -1;
    const byUri = compareUris(aUri, bUri);
    return byUri == 0 ? -1 : byUri;
  }
  const aColon = load<u32>(a, 4);
  const bColon = load<u32>(b, 4);
  return compare(load<u32>(a) + aColon, load<u32>(a, 8) - aColon, load<u32>(b) + bColon, load<u32>(b, 8) - bColon);
}

@inline
function compareRows(a: u32, b: u32, areUris: bool): i32 {
  if (!areUris) return compareAttributes(a, b);
  return compare(load<u32>(a, 4), load<u32>(a, 8), load<u32>(b, 4), load<u32>(b, 8));
}

/** Sorts the rows whose addresses stand in `order`; merging keeps it n log n whatever comes. */
export function sort(count: u32, areUris: bool): void {
  if (count <= 8) return insert(count, areUris);
  let from = order;
  let to = orderAside;
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      merge(from, to, start, min(start + width, count), min(start + (width << 1), count), areUris);
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != order) memory.copy(order, from, count << 2);
}

function insert(count: u32, areUris: bool): void {
  for (let n: u32 = 1; n < count; n++) {
    const row = load<u32>(order + (n << 2));
    let at = order + (n << 2);
    for (; at > order && compareRows(load<u32>(at - 4), row, areUris) > 0; at -= 4) {
      store<u32>(at, load<u32>(at - 4));
    }
    store<u32>(at, row);
  }
}

function merge(from: u32, to: u32, a: u32, aEnd: u32, bEnd: u32, areUris: bool): void {
  let b = aEnd;
  for (let at = a; at < bEnd; at++) {
    const first = from + (a << 2);
    const second = from + (b << 2);
    const takeFirst = a < aEnd && (b == bEnd || compareRows(load<u32>(first), load<u32>(second), areUris) <= 0);
    store<u32>(to + (at << 2), load<u32>(takeFirst ? first : second));
    if (takeFirst) a++;
    else b++;
  }
}

/** Ranks every namespace name that is known. */
export function rankUris(): void {
  for (let n: u32 = 0; n < uris; n++) store<u32>(order + (n << 2), uriRows + n * uriSize);
  sort(uris, true);
  for (let n: u32 = 0; n < uris; n++) store<u32>(load<u32>(order + (n << 2)), n, 16);
}
