// Where things lie in the memory of the SMEV transform. In order: the stack of open elements below
// the compiler's own data, the input, the tables, the output; only the output grows during a run.

/** The parser gives no more than 256; past this the tables of fixed size would not do. */
export const depthMax: u32 = 1024;
const inputBase: u32 = 131072;
/** What SIMD may read past the input and write past the output. */
const overshoot: u32 = 64;

export let input: u32 = inputBase;
export let inputEnd: u32 = 0;
/** Rows that each table holds in this run. */
export let rowsMax: u32 = 0;
export let bucketMask: u32 = 0;
export let prefixBuckets: u32 = 0;
export let uriBuckets: u32 = 0;
export let prefixRows: u32 = 0;
export let uriRows: u32 = 0;
export let declaredRows: u32 = 0;
export let mappedRows: u32 = 0;
export let attributeRows: u32 = 0;
export let order: u32 = 0;
export let orderAside: u32 = 0;
export let output: u32 = 0;
/** Output longer than this is refused: 16 times the input and 64 KiB. */
export let outputMax: u64 = 0;

export const openSize: u32 = 32;
export const prefixSize: u32 = 20;
export const uriSize: u32 = 24;
export const declaredSize: u32 = 8;
export const attributeSize: u32 = 28;

/** Makes memory reach to an address. */
function reach(address: u64): bool {
  const pages = (address + 65535) >> 16;
  const have = <u64>memory.size();
  if (pages <= have) return true;
  if (pages > 65535) return false;
  return memory.grow(<i32>(pages - have)) >= 0;
}

/** Room for an input of so many octets; 0 where there is none. */
export function takeInput(length: u32): u32 {
  if (!reach(<u64>inputBase + length + overshoot)) return 0;
  inputEnd = inputBase + length;
  outputMax = 16 * <u64>length + 65536;
  return inputBase;
}

/** Lays out the tables for so many rows each, and the output behind them. */
export function layOut(rows: u32): bool {
  // A < behind the input ends every scan without a test of its own.
  memory.fill(inputEnd, 0x3c, overshoot);
  rowsMax = rows;
  bucketMask = rows - 1;
  let at: u64 = (<u64>inputEnd + overshoot + 15) & ~15;
  const take = (at + <u64>rows * (4 * 2 + prefixSize + uriSize + declaredSize + 4 + attributeSize + 8)) + 256;
  if (!reach(take + (inputEnd - inputBase) + overshoot)) return false;
  prefixBuckets = <u32>at;
  uriBuckets = prefixBuckets + rows * 4;
  prefixRows = uriBuckets + rows * 4;
  uriRows = prefixRows + rows * prefixSize;
  declaredRows = uriRows + rows * uriSize;
  mappedRows = declaredRows + rows * declaredSize;
  attributeRows = mappedRows + rows * 4;
  order = attributeRows + rows * attributeSize;
  orderAside = order + rows * 4;
  output = <u32>take;
  return true;
}

/** Sees that `extra` octets and then all the input behind `at` can be written at `out`. */
export function roomFor(out: u32, extra: u64, at: u32): bool {
  const wanted = <u64>out + extra + (inputEnd - at) + overshoot;
  if (wanted <= <u64>memory.size() << 16) return true;
  // A quarter more than wanted, so that growing costs little over a whole run.
  return reach(wanted + (wanted - output) / 4) || reach(wanted);
}
