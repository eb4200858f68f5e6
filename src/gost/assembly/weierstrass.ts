function startFromEntry(): void {
  copy(AX, SX);
  copy(AY, SY);
  copy(AZ, ONE);
}

function negateEntry(mask: i32): void {
  negateMasked(SY, mask);
}

/** The accumulated point = an entry of a table of points. */
function startFromPoint(entry: usize): void {
  copy(AX, entry);
  copy(AY, entry + ELEMENT);
  copy(AZ, ONE);
}

/** The point of an entry, negated where the digit is negative. */
function signedPoint(entry: usize, digit: i32): usize {
  if (digit > 0) return entry;
  copy(NEGATED, entry);
  copy(NEGATED + ELEMENT, entry + ELEMENT);
  negateMasked(NEGATED + ELEMENT, -1);
  return NEGATED;
}

/**
 * Odd multiples of an affine point, affine: 1, 3, … 2 · count − 1 times it. They are added up on an
 * isomorphic curve on which twice the point is affine too, since additions need no a.
 */
function oddMultiples(to: usize, entry: usize, count: i32): void {
  startFromPoint(entry);
  double();
  const twice = OWN_POINTS + POINT * 63;
  copy(twice, AX);
  copy(twice + ELEMENT, AY);
  copy(OWN_FACTORS + ELEMENT * 127, AZ);
  copy(to, entry);
  copy(to + ELEMENT, entry + ELEMENT);
  scaleBy(OWN_POINTS, entry, AZ);
  startFromPoint(OWN_POINTS);
  for (let i: i32 = 1; i < count; i++) {
    addPoint(twice);
    copy(OWN_POINTS + POINT * i, AX);
    copy(OWN_POINTS + POINT * i + ELEMENT, AY);
    multiply(OWN_FACTORS + ELEMENT * i, AZ, OWN_FACTORS + ELEMENT * 127);
  }
  // One inversion for all: products from the first on, then backwards.
  const products = OWN_FACTORS + ELEMENT * 63;
  copy(products + ELEMENT, OWN_FACTORS + ELEMENT);
  for (let i: i32 = 2; i < count; i++) {
    multiply(products + ELEMENT * i, products + ELEMENT * (i - 1), OWN_FACTORS + ELEMENT * i);
  }
  invertPublic(INVERSE, products + ELEMENT * (count - 1));
  for (let i: i32 = count - 1; i > 0; i--) {
    if (i > 1) multiply(S_Q, INVERSE, products + ELEMENT * (i - 1));
    else copy(S_Q, INVERSE);
    multiply(INVERSE, INVERSE, OWN_FACTORS + ELEMENT * i);
    scaleBy(to + POINT * i, OWN_POINTS + POINT * i, S_Q);
  }
}

function prepareTables(): void {
  copy(PX, BASE_X);
  doubleY(BASE_Y);
  oddMultiples(BASE_POINTS, PX, 64);
  const row = OWN_POINTS + POINT * 32;
  for (let i: i32 = 0; i < COMB_ROWS; i++) {
    oddMultiples(row, PX, 16);
    for (let j: i32 = 0; j < 16; j++) {
      combEntry(COMB + COMB_ENTRY * (16 * i + j), row + POINT * j);
    }
    startFromPoint(PX);
    for (let bit = 0; bit < 5; bit++) double();
    invertPublic(INVERSE, AZ);
    copy(OWN_POINTS, AX);
    copy(OWN_POINTS + ELEMENT, AY);
    scaleBy(PX, OWN_POINTS, INVERSE);
  }
}

/** PY = 2y: points that are added up have twice their y. */
function doubleY(y: usize): void {
  for (let at: usize = 0; at < ELEMENT; at += 16) {
    v128.store(PY + at, i32x4.add(v128.load(y + at), v128.load(y + at)));
  }
  multiply(PY, PY, ONE);
}

/** Makes the table of the point in PX, PY. @returns whether it is a point that has one */
function prepareOwn(): bool {
  doubleY(PY);
  oddMultiples(OWN_TABLE, PX, 8);
  return true;
}

function addOwn(entry: usize): void {
  addPoint(entry);
}

function addBase(entry: usize): void {
  addPoint(entry);
}

function doubleBefore(added: bool): void {
  double();
}

/** Whether the sum is at infinity, or an addition on the way did not hold. */
function isUndecided(): bool {
  return isZero(AZ);
}

function isNowhere(): bool {
  return false;
}
