// Prefixes and namespace names: interned once, found by hash. The hash is a polynomial over the prime
// 2^31 - 1 at a secret point, so that nobody can choose names that collide.
import {
  bucketMask,
  declaredRows,
  declaredSize,
  mappedRows,
  prefixBuckets,
  prefixRows,
  prefixSize,
  rowsMax,
  uriBuckets,
  uriRows,
  uriSize,
} from './transform-room';
import { same } from './transform-octets';

const prime: u64 = 0x7fffffff;
let point: u64 = 0x12345677;

export function setPoint(secret: u32): void {
  point = 65536 + (<u64>secret % (prime - 65537));
}

let prefixes: u32 = 0;
export let uris: u32 = 0;
export let declared: u32 = 0;
export let mapped: u32 = 0;
/** Prefixes of the result that were given so far. */
let given: u32 = 0;

/** @param keep whether the namespace names of the run before stay known */
export function clearNames(keep: bool): void {
  memory.fill(prefixBuckets, 0, (bucketMask + 1) * 4);
  prefixes = 0;
  declared = 0;
  mapped = 0;
  given = 0;
  if (keep) {
    for (let n: u32 = 0; n < uris; n++) store<u32>(uriRows + n * uriSize, 0, 12);
  } else {
    memory.fill(uriBuckets, 0, (bucketMask + 1) * 4);
    uris = 0;
  }
}

function hashOf(at: u32, length: u32): u32 {
  let hash: u64 = length + 1;
  const end = at + length;
  for (; at + 3 <= end; at += 3) hash = mix(hash, load<u32>(at) & 0xffffff);
  if (at < end) hash = mix(hash, load<u32>(at) & ((1 << ((end - at) << 3)) - 1));
  return <u32>mix(hash, 0x5bd1e9);
}

@inline
function mix(hash: u64, part: u32): u64 {
  hash = hash * point + part;
  hash = (hash & prime) + (hash >> 31);
  return (hash & prime) + (hash >> 31);
}

// A row of either table: hash, address, length, what it means now, the next of its bucket.

function find(buckets: u32, hash: u32, at: u32, length: u32, next: u32): u32 {
  let row = load<u32>(buckets + ((hash & bucketMask) << 2));
  while (row != 0) {
    if (load<u32>(row) == hash && load<u32>(row, 8) == length && same(load<u32>(row, 4), at, length)) return row;
    row = load<u32>(row + next);
  }
  return 0;
}

function add(buckets: u32, row: u32, hash: u32, at: u32, length: u32, next: u32): void {
  const bucket = buckets + ((hash & bucketMask) << 2);
  store<u32>(row, hash);
  store<u32>(row, at, 4);
  store<u32>(row, length, 8);
  store<u32>(row, 0, 12);
  store<u32>(row + next, load<u32>(bucket));
  store<u32>(bucket, row);
}

/** The namespace (the address of its row) that a prefix means here; 0 for none. */
export function namespaceOf(at: u32, length: u32): u32 {
  const row = find(prefixBuckets, hashOf(at, length), at, length, 16);
  return row == 0 ? 0 : load<u32>(row, 12);
}

/** Binds a prefix until `leave`; false where the tables are full. */
export function declare(at: u32, length: u32, uri: u32, uriLength: u32): bool {
  if (prefixes == rowsMax || uris == rowsMax || declared == rowsMax) return false;
  const hash = hashOf(at, length);
  let row = find(prefixBuckets, hash, at, length, 16);
  if (row == 0) {
    row = prefixRows + prefixes++ * prefixSize;
    add(prefixBuckets, row, hash, at, length, 16);
  }
  const log = declaredRows + declared++ * declaredSize;
  store<u32>(log, row);
  store<u32>(log, load<u32>(row, 12), 4);
  store<u32>(row, uriLength == 0 ? 0 : intern(uri, uriLength), 12);
  return true;
}

function intern(at: u32, length: u32): u32 {
  const hash = hashOf(at, length);
  const known = find(uriBuckets, hash, at, length, 20);
  if (known != 0) return known;
  const row = uriRows + uris++ * uriSize;
  add(uriBuckets, row, hash, at, length, 20);
  store<u32>(row, 0, 16);
  return row;
}

/** Gives a namespace its number in the result, unless it has one; false where the tables are full. */
export function number(uri: u32): bool {
  if (load<u32>(uri, 12) != 0) return true;
  if (mapped == rowsMax) return false;
  store<u32>(uri, ++given, 12);
  store<u32>(mappedRows + (mapped++ << 2), uri);
  return true;
}

@inline
export function numberOf(uri: u32): u32 {
  return load<u32>(uri, 12);
}

/** Takes back what an element declared and numbered. */
export function leave(declaredBefore: u32, mappedBefore: u32): void {
  while (declared > declaredBefore) {
    const log = declaredRows + --declared * declaredSize;
    store<u32>(load<u32>(log), load<u32>(log, 4), 12);
  }
  while (mapped > mappedBefore) store<u32>(load<u32>(mappedRows + (--mapped << 2)), 0, 12);
}
