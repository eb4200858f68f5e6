// Numbers as limbs and as octets. Nothing here takes a time that depends on a value.

/** Limbs of 29 bits from octets, the least significant first; zeros follow the octets. */
function unpack(to: usize, from: usize): void {
  for (let i: i32 = 0; i < N; i++) {
    const bit = 29 * i;
    store<i32>(to + 4 * i, <i32>(load<u64>(from + (bit >> 3)) >> (bit & 7)) & MASK);
  }
}

/** Octets from limbs that carryFloor left, of a number from 0 on. */
function pack(to: usize, from: usize): void {
  memory.fill(to, 0, OCTETS + 16);
  for (let i: i32 = 0; i < N; i++) {
    const bit = 29 * i;
    const at = to + (bit >> 3);
    store<u64>(at, load<u64>(at) | (<u64>load<i32>(from + 4 * i) << (bit & 7)));
  }
}

function copy(to: usize, from: usize): void {
  for (let at: usize = 0; at < ELEMENT; at += 16) v128.store(to + at, v128.load(from + at));
}

/** Brings every limb but the last, which keeps the sign, between 0 and 2^29 − 1. */
function carryFloor(x: usize): void {
  let carry: i32 = 0;
  for (let i: i32 = 0; i < N - 1; i++) {
    const limb = load<i32>(x + 4 * i) + carry;
    store<i32>(x + 4 * i, limb & MASK);
    carry = limb >> 29;
  }
  store<i32>(x + 4 * (N - 1), load<i32>(x + 4 * (N - 1)) + carry);
}

/** The one form of a number between −modulus and modulus: from 0 to modulus − 1. */
function canonical(x: usize, modulus: usize): void {
  carryFloor(x);
  const negative = load<i32>(x + 4 * (N - 1)) >> 31;
  for (let i: i32 = 0; i < N; i++) {
    const limb = load<i32>(x + 4 * i) + (load<i32>(modulus + 4 * i) & negative);
    store<i32>(x + 4 * i, limb);
  }
  carryFloor(x);
}

/** Whether a number in its one form is 0. */
function isNothing(x: usize): bool {
  let seen: i32 = 0;
  for (let i: i32 = 0; i < N; i++) seen |= load<i32>(x + 4 * i);
  return seen == 0;
}

/** to = a − b without reduction. */
function subtract(to: usize, a: usize, b: usize): void {
  for (let i: i32 = 0; i < N; i++) {
    store<i32>(to + 4 * i, load<i32>(a + 4 * i) - load<i32>(b + 4 * i));
  }
}

/** Whether a number from 0 on, of floored limbs, is less than a modulus. */
function isBelow(x: usize, modulus: usize): bool {
  subtract(U2, x, modulus);
  carryFloor(U2);
  return load<i32>(U2 + 4 * (N - 1)) < 0;
}

/** to = a · b / 2^(29 N) modulo q, in its one form. */
function multiplyQ(to: usize, a: usize, b: usize): void {
  montgomery(to, a, b, MODULUS_Q, load<i32>(NEGATIVE_Q));
  canonical(to, MODULUS_Q);
}

/** An element of the field as the number modulo p that it stands for, in its one form. */
function leave(to: usize, x: usize): void {
  montgomery(to, x, LEAVE, MODULUS_P, load<i32>(NEGATIVE_P));
  canonical(to, MODULUS_P);
}

function isZero(x: usize): bool {
  leave(U1, x);
  return isNothing(U1);
}
