/**
 * Signed odd digits of a public number, none but zeros within width places of another.
 *
 * @param to one octet a digit, the least significant first, 8 · OCTETS + 1 of them
 */
function writeDigits(to: usize, octets: usize, width: i32): void {
  memory.fill(to, 0, 8 * OCTETS + 1);
  let carry: i32 = 0;
  let bit: i32 = 0;
  while (bit <= 8 * OCTETS) {
    const rest = <i32>(load<u32>(octets + (bit >> 3)) >> (bit & 7));
    if ((rest & 1) == carry) {
      bit++;
      continue;
    }
    const digit = (rest & ((1 << width) - 1)) + carry;
    carry = digit >> (width - 1);
    store<i8>(to + bit, <i8>(digit - (carry << width)));
    bit += width;
  }
}

/**
 * The accumulated point = the base point times a secret number between 0 and q. Digits of 5 bits, all
 * of them odd, one row of the table each; no branch and no address depends on the number.
 *
 * @returns −1 where the point is that of q − number, 0 where it is that of the number
 */
function multiplyComb(number: usize): i32 {
  // An even number has no odd lowest digit; q minus it has, and the same x.
  const even = (load<i32>(number) & 1) - 1;
  subtract(U0, MODULUS_Q, number);
  carryFloor(U0);
  for (let i: i32 = 0; i < N; i++) {
    const limb = load<i32>(number + 4 * i);
    store<i32>(U0 + 4 * i, limb ^ ((limb ^ load<i32>(U0 + 4 * i)) & even));
  }
  pack(OCTETS_1, U0);
  const last = COMB_ROWS - 1;
  select(COMB + COMB_ENTRY * (16 * last), (combBits(last) | 1) >> 1);
  startFromEntry();
  for (let row: i32 = last - 1; row >= 0; row--) {
    const digit = ((combBits(row) & 63) | 1) - 32;
    const negative = digit >> 31;
    select(COMB + COMB_ENTRY * (16 * row), ((digit ^ negative) - negative) >> 1);
    negateEntry(negative);
    addEntry();
  }
  return even;
}

function combBits(row: i32): i32 {
  const bit = 5 * row;
  return <i32>(load<u16>(OCTETS_1 + (bit >> 3)) >> (bit & 7));
}

/** x = −x where the mask is −1; x where it is 0. */
function negateMasked(x: usize, mask: i32): void {
  const lanes = i32x4.splat(mask);
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    v128.store(x + at, i32x4.sub(v128.xor(v128.load(x + at), lanes), lanes));
  }
}
