// The transform urn://smev-gov-ru/xmldsig/transform over octets in canonical form; the twin of
// smev-transform-reference.ts, where its rules are told. One pass: what is copied is copied once.
import { clearNames, declare, declared, leave, mapped, namespaceOf, number, numberOf, setPoint } from './transform-names';
import { colon, copy, nameEnd, same } from './transform-octets';
import { compareAttributes, needsRanks, rankUris, sort, startOrder } from './transform-order';
import {
  attributeRows,
  attributeSize,
  depthMax,
  input,
  inputEnd,
  layOut,
  mappedRows,
  openSize,
  order,
  output,
  outputMax,
  roomFor,
  rowsMax,
  takeInput,
} from './transform-room';
import { out, referring, setOut, valueEnd, whiteEnd, writeText, writeValue } from './transform-text';

// What a run ends with; the TypeScript side has the same numbers.
const done: i32 = 0;
const notCanonical: i32 = 1;
const noNamespace: i32 = 2;
const attributeRefused: i32 = 3;
const tooLong: i32 = 4;
const noMemory: i32 = 5;
const tablesFull: i32 = 6;

const rowsAtFirst: u32 = 1024;

let status: i32 = 0;
let depth: u32 = 0;
let rootSeen: bool = false;
let attributes: u32 = 0;
let nameAt: u32 = 0;
let nameLength: u32 = 0;

/** Sets the secret of the hash. */
export function seed(secret: u32): void {
  setPoint(secret);
}

/** @returns where the input goes, 0 where there is no memory for it */
export function prepare(length: u32): u32 {
  return takeInput(length);
}

/** @returns a number of those above, for the input that was put where `prepare` said */
export function transform(): i32 {
  for (let rows = rowsAtFirst; rows != 0; rows <<= 4) {
    if (!layOut(rows)) return noMemory;
    run(false);
    if (status == tablesFull) continue;
    if (needsRanks()) {
      rankUris();
      run(true);
    }
    return status;
  }
  return noMemory;
}

export function outputAt(): u32 {
  return output;
}

export function outputLength(): u32 {
  return out - output;
}

/** The name that a refusal is about. */
export function refusedAt(): u32 {
  return nameAt;
}

export function refusedLength(): u32 {
  return nameLength;
}

function run(ranked: bool): void {
  clearNames(ranked);
  startOrder(ranked);
  setOut(output);
  status = done;
  depth = 0;
  rootSeen = false;
  let at = input;
  while (at < inputEnd) {
    if (load<u8>(at) == 0x3c) {
      const next = load<u8>(at, 1);
      at = next == 0x2f ? endTag(at) : next == 0x3f ? instructionEnd(at) : startTag(at);
    } else {
      const end = whiteEnd(at);
      at = end != 0 ? end : depth != 0 ? writeText(at) : 0;
      if (at == 0) refuse(notCanonical);
    }
    if (at == 0) return;
  }
  if (depth != 0 || !rootSeen || at != inputEnd) refuse(notCanonical);
}

function refuse(why: i32): u32 {
  status = why;
  return 0;
}

function refuseName(why: i32, at: u32, length: u32): u32 {
  nameAt = at;
  nameLength = length;
  return refuse(why);
}

function instructionEnd(at: u32): u32 {
  for (at += 2; at + 1 < inputEnd; at++) if (load<u16>(at) == 0x3e3f) return at + 2;
  return refuse(notCanonical);
}

// An open element: its name in the input, its length, its name in the output, its length, what was
// declared and mapped outside.

function endTag(at: u32): u32 {
  if (depth == 0) return refuse(notCanonical);
  const open = --depth * openSize;
  const length = load<u32>(open, 4);
  const end = at + 2 + length;
  if (end >= inputEnd || load<u8>(end) != 0x3e || !same(load<u32>(open), at + 2, length)) return refuse(notCanonical);
  const written = load<u32>(open, 12);
  if (!roomFor(out, 16, at)) return refuse(noMemory);
  store<u16>(out, 0x2f3c);
  const to = copy(out + 2, load<u32>(open, 8), written);
  store<u8>(to, 0x3e);
  setOut(to + 1);
  leave(load<u32>(open, 16), load<u32>(open, 20));
  return <u64>(out - output) > outputMax ? refuse(tooLong) : end + 1;
}

function startTag(at: u32): u32 {
  if (depth == depthMax || (depth == 0 && rootSeen)) return refuse(notCanonical);
  rootSeen = true;
  const name = at + 1;
  const nameStop = nameEnd(name);
  const colonAt = colon;
  if (!isName(name, colonAt, nameStop)) return refuse(notCanonical);
  const open = depth * openSize;
  store<u32>(open, name);
  store<u32>(open, nameStop - name, 4);
  store<u32>(open, declared, 16);
  const mappedBefore = mapped;
  store<u32>(open, mappedBefore, 20);
  let end = nameStop;
  attributes = 0;
  if (load<u8>(end) == 0x20) {
    end = readAttributes(end);
    if (end == 0) return 0;
  }
  if (load<u8>(end) != 0x3e || end >= inputEnd) return refuse(notCanonical);
  const local = colonAt == 0 ? name : colonAt + 1;
  const uri = namespaceOf(name, colonAt == 0 ? 0 : colonAt - name);
  if (uri == 0) return refuseName(noNamespace, local, nameStop - local);
  if (!number(uri)) return refuse(tablesFull);
  if (attributes != 0 && !arrange()) return 0;
  if (!roomFor(out, 32 + <u64>attributes * 16 + declarationsLength(mappedBefore), at)) return refuse(noMemory);
  store<u8>(out, 0x3c);
  let to = copy(writePrefix(out + 1, numberOf(uri)), local, nameStop - local);
  store<u32>(open, out + 1, 8);
  store<u32>(open, to - out - 1, 12);
  if (mapped != mappedBefore) to = writeDeclarations(to, mappedBefore);
  if (attributes != 0) to = writeAttributes(to);
  store<u8>(to, 0x3e);
  setOut(to + 1);
  depth++;
  return <u64>(out - output) > outputMax ? refuse(tooLong) : end + 1;
}

/** A name has something on both sides of its one colon. */
function isName(at: u32, colonAt: u32, end: u32): bool {
  if (colonAt == 0) return end > at;
  if (colonAt == at || colonAt + 1 == end) return false;
  for (let next = colonAt + 1; next < end; next++) if (load<u8>(next) == 0x3a) return false;
  return true;
}

/** Declares, and notes attributes, up to the end of the tag. */
function readAttributes(at: u32): u32 {
  while (load<u8>(at) == 0x20) {
    const name = at + 1;
    const end = nameEnd(name);
    const colonAt = colon;
    const value = end + 2;
    if (load<u16>(end) != 0x223d || !isName(name, colonAt, end)) return refuse(notCanonical);
    const valueStop = valueEnd(value);
    if (valueStop == 0 || valueStop >= inputEnd) return refuse(notCanonical);
    at = valueStop + 1;
    // xmlns, alone or before a colon
    if (load<u32>(name) == 0x6e6c6d78 && load<u8>(name, 4) == 0x73 && (end == name + 5 || colonAt == name + 5)) {
      // A namespace name that canonical XML escapes is never taken as a message.
      if (referring) return refuse(notCanonical);
      const prefix = end == name + 5 ? end : name + 6;
      if (!declare(prefix, end - prefix, value, valueStop - value)) return refuse(tablesFull);
      continue;
    }
    if (attributes == rowsMax) return refuse(tablesFull);
    const row = attributeRows + attributes * attributeSize;
    store<u32>(order + (attributes++ << 2), row);
    store<u32>(row, name);
    store<u32>(row, colonAt == 0 ? 0 : colonAt + 1 - name, 4);
    store<u32>(row, end - name, 8);
    store<u32>(row, value, 12);
    store<u32>(row, valueStop - value, 16);
    store<u32>(row, referring ? 1 : 0, 24);
  }
  return at;
}

/** Sorts the attributes and numbers their namespaces; false where one is refused. */
function arrange(): bool {
  for (let n: u32 = 0; n < attributes; n++) {
    const row = load<u32>(order + (n << 2));
    const name = load<u32>(row);
    const colonLength = load<u32>(row, 4);
    let uri: u32 = 0;
    if (colonLength != 0) {
      uri = namespaceOf(name, colonLength - 1);
      const isXml = colonLength == 4 && (load<u32>(name) & 0xffffff) == 0x6c6d78;
      if (uri == 0 || isXml) return refuseName(attributeRefused, name, load<u32>(row, 8)) != 0;
    }
    store<u32>(row, uri, 20);
  }
  sort(attributes, false);
  for (let n: u32 = 0; n < attributes; n++) {
    const row = load<u32>(order + (n << 2));
    if (n != 0 && compareAttributes(load<u32>(order + (n << 2) - 4), row) == 0) return refuse(notCanonical) != 0;
    const uri = load<u32>(row, 20);
    if (uri != 0 && !number(uri)) return refuse(tablesFull) != 0;
  }
  return true;
}

function declarationsLength(from: u32): u64 {
  let length: u64 = 0;
  for (let n = from; n < mapped; n++) length += load<u32>(load<u32>(mappedRows + (n << 2)), 8) + 48;
  return length;
}

function writeDeclarations(to: u32, from: u32): u32 {
  for (let n = from; n < mapped; n++) {
    const uri = load<u32>(mappedRows + (n << 2));
    store<u64>(to, 0x3a736e6c6d7820);
    // The colon of the prefix is not written here: = takes its place.
    to = writePrefix(to + 7, numberOf(uri));
    store<u16>(to - 1, 0x223d);
    to = writeValue(to + 1, load<u32>(uri, 4), load<u32>(uri, 8), false);
    store<u8>(to++, 0x22);
  }
  return to;
}

function writeAttributes(to: u32): u32 {
  for (let n: u32 = 0; n < attributes; n++) {
    const row = load<u32>(order + (n << 2));
    const uri = load<u32>(row, 20);
    const colonLength = load<u32>(row, 4);
    store<u8>(to++, 0x20);
    if (uri != 0) to = writePrefix(to, numberOf(uri));
    to = copy(to, load<u32>(row) + colonLength, load<u32>(row, 8) - colonLength);
    store<u16>(to, 0x223d);
    to = writeValue(to + 2, load<u32>(row, 12), load<u32>(row, 16), load<u32>(row, 24) != 0);
    store<u8>(to++, 0x22);
  }
  return to;
}

/** Writes ns, the number and a colon. */
function writePrefix(to: u32, value: u32): u32 {
  store<u16>(to, 0x736e);
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  const end = to + 2 + digits;
  let rest = value;
  for (let at = end - 1; at > to + 1; at--) {
    store<u8>(at, 0x30 + <u8>(rest % 10));
    rest /= 10;
  }
  store<u8>(end, 0x3a);
  return end + 1;
}
