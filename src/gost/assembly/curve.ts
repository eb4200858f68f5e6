/** Fills the tables; the constants of the curve stand in memory. */
export function prepare(): void {
  prepareTables();
}

/** Overwrites everything that signing left. */
export function wipe(): void {
  memory.fill(WIPE_FROM, 0, WIPE_TO - WIPE_FROM);
}

/** OUTPUT_1, OUTPUT_2 = x and y of the base point times SCALAR, little-endian. */
export function multiplyBase(): void {
  unpack(SCALAR_Q, SCALAR);
  const negated = multiplyComb(SCALAR_Q);
  toAffine();
  leave(S_Q, RX);
  pack(OUTPUT_1, S_Q);
  negateMasked(RY, negated);
  leave(S_Q, RY);
  pack(OUTPUT_2, S_Q);
}

/** RX, RY = the accumulated point in affine coordinates of the Weierstrass form. */
function toAffine(): void {
  denominator();
  invertSecret(INVERSE, DENOMINATOR);
  result();
}

/** DIGEST_Q = the digest as a number modulo q, 1 for 0. */
function readDigest(): void {
  unpack(DIGEST_Q, DIGEST);
  multiplyQ(DIGEST_Q, DIGEST_Q, R1_Q);
  if (isNothing(DIGEST_Q)) store<i32>(DIGEST_Q, 1);
}

/**
 * Signs DIGEST by SCALAR with NONCE into OUTPUT_1 = s, OUTPUT_2 = r.
 *
 * @returns 0 where r or s is 0, else 1
 */
export function sign(): i32 {
  readDigest();
  unpack(SCALAR_Q, SCALAR);
  unpack(NONCE_Q, NONCE);
  multiplyComb(NONCE_Q);
  toAffine();
  leave(R_Q, RX);
  multiplyQ(R_Q, R_Q, R1_Q);
  if (isNothing(R_Q)) return 0;
  multiplyQ(S_Q, R_Q, R2_Q);
  multiplyQ(S_Q, S_Q, SCALAR_Q);
  multiplyQ(U0, NONCE_Q, R2_Q);
  multiplyQ(U0, U0, DIGEST_Q);
  for (let i: i32 = 0; i < N; i++) {
    store<i32>(S_Q + 4 * i, load<i32>(S_Q + 4 * i) + load<i32>(U0 + 4 * i));
  }
  multiplyQ(S_Q, S_Q, R1_Q);
  if (isNothing(S_Q)) return 0;
  pack(OUTPUT_1, S_Q);
  pack(OUTPUT_2, R_Q);
  return 1;
}

/**
 * Whether INPUT_R, INPUT_S sign DIGEST for the key INPUT_X, INPUT_Y: 0 no, 1 yes, 2 where this
 * arithmetic cannot say.
 */
export function verify(): i32 {
  if (!readKey() || !readSignature()) return 0;
  if (!prepareOwn()) return 2;
  addUp();
  if (isUndecided()) return 2;
  if (isNowhere()) return 0;
  // x of the sum is below p, and r is what x leaves modulo q.
  do {
    multiply(CANDIDATE, R_Q, ENTER);
    difference();
    if (isZero(T1)) return 1;
    for (let i: i32 = 0; i < N; i++) {
      store<i32>(R_Q + 4 * i, load<i32>(R_Q + 4 * i) + load<i32>(MODULUS_Q + 4 * i));
    }
    carryFloor(R_Q);
  } while (isBelow(R_Q, MODULUS_P));
  return 0;
}

/** PX, PY = the point of the key. @returns whether it is on the curve */
function readKey(): bool {
  unpack(PX, INPUT_X);
  unpack(PY, INPUT_Y);
  if (!isBelow(PX, MODULUS_P) || !isBelow(PY, MODULUS_P)) return false;
  multiply(PX, PX, ENTER);
  multiply(PY, PY, ENTER);
  equation();
  return isZero(T0);
}

/** R_Q = r; OCTETS_1 = s / e, OCTETS_2 = −r / e. @returns whether r and s are between 0 and q */
function readSignature(): bool {
  unpack(R_Q, INPUT_R);
  unpack(S_Q, INPUT_S);
  if (isNothing(R_Q) || isNothing(S_Q)) return false;
  if (!isBelow(R_Q, MODULUS_Q) || !isBelow(S_Q, MODULUS_Q)) return false;
  readDigest();
  invertModulo(DIGEST_Q, DIGEST_Q, MODULUS_Q, -load<i32>(NEGATIVE_Q));
  multiplyQ(DIGEST_Q, DIGEST_Q, R2_Q);
  multiplyQ(S_Q, S_Q, DIGEST_Q);
  pack(OCTETS_1, S_Q);
  multiplyQ(S_Q, R_Q, DIGEST_Q);
  negateMasked(S_Q, -1);
  canonical(S_Q, MODULUS_Q);
  pack(OCTETS_2, S_Q);
  return true;
}

/** The accumulated point = OCTETS_1 times the base point + OCTETS_2 times the point of the key. */
function addUp(): void {
  writeDigits(DIGITS_1, OCTETS_1, 8);
  writeDigits(DIGITS_2, OCTETS_2, 5);
  let started = false;
  for (let i: i32 = 8 * OCTETS; i >= 0; i--) {
    const base: i32 = load<i8>(DIGITS_1 + i);
    const own: i32 = load<i8>(DIGITS_2 + i);
    if (started) doubleBefore((base | own) != 0);
    if (base != 0) {
      const entry = signedPoint(entryOf(BASE_POINTS, base), base);
      if (started) addBase(entry);
      else startFromPoint(entry);
      started = true;
    }
    if (own != 0) {
      const entry = signedPoint(entryOf(OWN_TABLE, own), own);
      if (started) addOwn(entry);
      else startFromPoint(entry);
      started = true;
    }
  }
}

function entryOf(table: usize, digit: i32): usize {
  return table + POINT * (abs(digit) >> 1);
}
