function startFromEntry(): void {
  copy(AX, SX);
  copy(AY, SY);
  copy(AZ, ONE);
  multiply(AT, SX, SY);
}

function negateEntry(mask: i32): void {
  negateMasked(SX, mask);
  negateMasked(SC, mask);
}

/** The accumulated point = an entry of a table of points. */
function startFromPoint(entry: usize): void {
  multiply(T0, entry, entry + ELEMENT);
  multiply(AX, entry, entry + ELEMENT * 3);
  multiply(AY, entry + ELEMENT, entry + ELEMENT * 3);
  square(AZ, entry + ELEMENT * 3);
  copy(AT, T0);
}

/** The point of an entry, negated where the digit is negative. */
function signedPoint(entry: usize, digit: i32): usize {
  if (digit > 0) return entry;
  for (let at: usize = 0; at < POINT; at += ELEMENT) copy(NEGATED + at, entry + at);
  negateMasked(NEGATED, -1);
  negateMasked(NEGATED + ELEMENT * 2, -1);
  return NEGATED;
}

/** Odd multiples of the accumulated point: 1, 3, … 2 · count − 1 times it. */
function oddMultiples(to: usize, count: i32): void {
  pointEntry(to);
  doubleForAddition();
  const twice = OWN_POINTS + POINT * 63;
  pointEntry(twice);
  startFromPoint(to);
  for (let i: i32 = 1; i < count; i++) {
    addPoint(twice);
    pointEntry(to + POINT * i);
  }
}

function affineTo(to: usize, entry: usize): void {
  invertPublic(INVERSE, entry + ELEMENT * 3);
  affineEntry(to, entry, INVERSE);
}

function prepareTables(): void {
  copy(AX, BASE_X);
  copy(AY, BASE_Y);
  copy(AZ, ONE);
  multiply(AT, AX, AY);
  oddMultiples(BASE_POINTS, 64);
  for (let i: i32 = 0; i < 64; i++) {
    affineTo(BASE_POINTS + POINT * i, BASE_POINTS + POINT * i);
    copy(BASE_POINTS + POINT * i + ELEMENT * 3, ONE);
  }
  startFromPoint(BASE_POINTS);
  for (let i: i32 = 0; i < COMB_ROWS; i++) {
    oddMultiples(OWN_POINTS, 16);
    for (let j: i32 = 0; j < 16; j++) {
      affineTo(COMB + COMB_ENTRY * (16 * i + j), OWN_POINTS + POINT * j);
    }
    startFromPoint(OWN_POINTS);
    for (let bit = 0; bit < 5; bit++) doubleForAddition();
  }
}

/** Makes the table of the point in PX, PY. @returns whether it is a point that has one */
function prepareOwn(): bool {
  fromWeierstrass();
  // Some points of order 2 and 4 have no place in this form.
  if (isZero(AZ)) return false;
  oddMultiples(OWN_TABLE, 8);
  return true;
}

function addOwn(entry: usize): void {
  addPoint(entry);
}

function addBase(entry: usize): void {
  addAffine(entry);
}

function doubleBefore(added: bool): void {
  if (added) doubleForAddition();
  else double();
}

function isUndecided(): bool {
  return false;
}

/** Whether the sum is the neutral point. */
function isNowhere(): bool {
  subtract(T0, AZ, AY);
  return isZero(T0);
}
