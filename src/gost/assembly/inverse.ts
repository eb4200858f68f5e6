/** to = x^(p − 2), by the same operations whatever x is. */
function invertSecret(to: usize, x: usize): void {
  copy(POWERS + ELEMENT, x);
  for (let i: i32 = 2; i < 16; i++) {
    multiply(POWERS + ELEMENT * i, POWERS + ELEMENT * (i - 1), x);
  }
  copy(to, POWERS + ELEMENT * load<u8>(EXPONENT));
  for (let i: i32 = 1; i < OCTETS * 2; i++) {
    square(to, to);
    square(to, to);
    square(to, to);
    square(to, to);
    const digit: i32 = load<u8>(EXPONENT + i);
    if (digit != 0) multiply(to, to, POWERS + ELEMENT * digit);
  }
}

/** to = 1 / x in the field. Its time depends on x, which nobody needs to hide. */
function invertPublic(to: usize, x: usize): void {
  leave(U0, x);
  invertModulo(U0, U0, MODULUS_P, -load<i32>(NEGATIVE_P));
  multiply(to, U0, ENTER);
}

/**
 * to = 1 / x modulo an odd prime by the division steps of Bernstein and Yang (2019), 29 of them at a
 * time on the lowest bits. Its time depends on x.
 *
 * @param x from 0 to modulus − 1, of floored limbs
 * @param inverse 1 / modulus modulo 2^29
 */
function invertModulo(to: usize, x: usize, modulus: usize, inverse: i32): void {
  copy(INV_F, modulus);
  carryFloor(INV_F);
  copy(INV_G, x);
  memory.fill(INV_D, 0, ELEMENT);
  memory.fill(INV_E, 0, ELEMENT);
  store<i32>(INV_E, 1);
  let eta: i32 = -1;
  while (!isNothing(INV_G)) {
    let f: i32 = load<i32>(INV_F) | (load<i32>(INV_F + 4) << 29);
    let g: i32 = load<i32>(INV_G) | (load<i32>(INV_G + 4) << 29);
    let u: i32 = 1;
    let v: i32 = 0;
    let q: i32 = 0;
    let r: i32 = 1;
    let left: i32 = 29;
    while (true) {
      const zeros = ctz(g | (-1 << left));
      g >>= zeros;
      u <<= zeros;
      v <<= zeros;
      eta -= zeros;
      left -= zeros;
      if (left == 0) break;
      if (eta < 0) {
        eta = -eta;
        let kept = f;
        f = g;
        g = -kept;
        kept = u;
        u = q;
        q = -kept;
        kept = v;
        v = r;
        r = -kept;
      }
      const most = min(min(eta + 1, left), 6);
      const times = (f * g * (f * f - 2)) & ((1 << most) - 1);
      g += f * times;
      q += u * times;
      r += v * times;
    }
    applySteps(u, v, q, r);
    applyStepsModulo(u, v, q, r, modulus, inverse);
  }
  canonical(INV_D, modulus);
  if (load<i32>(INV_F + 4 * (N - 1)) < 0) {
    for (let i: i32 = 0; i < N; i++) store<i32>(INV_D + 4 * i, -load<i32>(INV_D + 4 * i));
  }
  canonical(INV_D, modulus);
  copy(to, INV_D);
}

/** (f, g) = (u·f + v·g, q·f + r·g) / 2^29, which leaves no rest. */
function applySteps(u: i64, v: i64, q: i64, r: i64): void {
  let first: i64 = 0;
  let second: i64 = 0;
  for (let i: i32 = 0; i < N; i++) {
    const f = i64.load32_s(INV_F + 4 * i);
    const g = i64.load32_s(INV_G + 4 * i);
    first += u * f + v * g;
    second += q * f + r * g;
    if (i > 0) {
      store<i32>(INV_F + 4 * (i - 1), <i32>first & MASK);
      store<i32>(INV_G + 4 * (i - 1), <i32>second & MASK);
    }
    first >>= 29;
    second >>= 29;
  }
  store<i32>(INV_F + 4 * (N - 1), <i32>first);
  store<i32>(INV_G + 4 * (N - 1), <i32>second);
}

/** The same to (d, e) modulo the modulus, of which as much is added as leaves no rest. */
function applyStepsModulo(u: i32, v: i32, q: i32, r: i32, modulus: usize, inverse: i32): void {
  const dNegative = load<i32>(INV_D + 4 * (N - 1)) >> 31;
  const eNegative = load<i32>(INV_E + 4 * (N - 1)) >> 31;
  let forD = (u & dNegative) + (v & eNegative);
  let forE = (q & dNegative) + (r & eNegative);
  const d0 = load<i32>(INV_D);
  const e0 = load<i32>(INV_E);
  forD -= (inverse * (u * d0 + v * e0) + forD) & MASK;
  forE -= (inverse * (q * d0 + r * e0) + forE) & MASK;
  let first: i64 = 0;
  let second: i64 = 0;
  for (let i: i32 = 0; i < N; i++) {
    const d = i64.load32_s(INV_D + 4 * i);
    const e = i64.load32_s(INV_E + 4 * i);
    const m = i64.load32_s(modulus + 4 * i);
    first += <i64>u * d + <i64>v * e + m * <i64>forD;
    second += <i64>q * d + <i64>r * e + m * <i64>forE;
    if (i > 0) {
      store<i32>(INV_D + 4 * (i - 1), <i32>first & MASK);
      store<i32>(INV_E + 4 * (i - 1), <i32>second & MASK);
    }
    first >>= 29;
    second >>= 29;
  }
  store<i32>(INV_D + 4 * (N - 1), <i32>first);
  store<i32>(INV_E + 4 * (N - 1), <i32>second);
}
