import type { Curve, CurveName } from './curves.ts';
import { invert, mod } from './numbers.ts';

/** Which module computes on a curve, and how an element of the field stands in its memory. */
export interface CurveModule {
  readonly name: string;
  /** Elements are multiplied by 2^(29n), as Montgomery's reduction wants it. */
  readonly montgomery: boolean;
  /** d of the twisted Edwards form u² + v² = 1 + du²v² (RFC 7836), which computes faster. */
  readonly d?: bigint;
}

/** One row a curve; see scripts/curve-source.mjs. */
export const curveModules: Readonly<Record<CurveName, CurveModule>> = {
  'CryptoPro-Test': { name: 'curve-256-any', montgomery: true },
  'CryptoPro-A': { name: 'curve-256', montgomery: false },
  'CryptoPro-B': { name: 'curve-256-any', montgomery: true },
  'CryptoPro-C': { name: 'curve-256-any', montgomery: true },
  'TC26-256-A': {
    name: 'edwards-256',
    montgomery: false,
    d: BigInt('0x605f6b7c183fa81578bc39cfad518132b9df62897009af7e522c32d6dc7bffb'),
  },
  'TC26-512-Test': { name: 'curve-512-any', montgomery: true },
  'TC26-512-A': { name: 'curve-512', montgomery: false },
  'TC26-512-B': { name: 'curve-512-any', montgomery: true },
  'TC26-512-C': {
    name: 'edwards-512',
    montgomery: false,
    d: BigInt(
      '0x9e4f5d8c017d8d9f13a5cf3cdf5bfe4dab402d54198e31ebde28a0621050439ca6b39e0a515c06b304e2ce43e79e369e91a0cfc2bc2a22b4ca302dbb33ee7550',
    ),
  },
};

/** Numbers by their names in the memory of a module, each as it stands there. */
export type Constants = ReadonlyMap<string, bigint>;

/** The constants of a curve, for limbs of 29 bits: 9 or 18 of them. */
export function constantsOf(curve: Curve, { montgomery, d }: CurveModule): Constants {
  const { p, q, a, b, x, y } = curve;
  const radix = 1n << (curve.bytes === 32 ? 261n : 522n);
  const element = (value: bigint) => mod(montgomery ? value * radix : value, p);
  const [baseX, baseY] = d === undefined ? [x, y] : edwardsPoint(curve, d);
  const [s, t] = d === undefined ? [0n, 0n] : edwardsShift(p, d);
  return new Map([
    ['MODULUS_P', p],
    ['MODULUS_Q', q],
    ['R1_Q', mod(radix, q)],
    ['R2_Q', mod(radix * radix, q)],
    ['ENTER', montgomery ? mod(radix * radix, p) : 1n],
    ['LEAVE', montgomery ? 1n : mod(radix, p)],
    ['ONE', element(1n)],
    ['HALF', element(invert(2n, p))],
    ['FA', element(a)],
    ['BF', element(b)],
    ['B3', element(3n * b)],
    ['A2', element(a * a)],
    ['ED', element(d ?? 0n)],
    ['ES', element(s)],
    ['ET', element(t)],
    ['BASE_X', element(baseX)],
    ['BASE_Y', element(baseY)],
  ]);
}

/** s and t of RFC 7836: x = s(1 + v)/(1 − v) + t, y = s(1 + v)/((1 − v)u). */
function edwardsShift(p: bigint, d: bigint): [bigint, bigint] {
  return [mod((1n - d) * invert(4n, p), p), mod((1n + d) * invert(6n, p), p)];
}

function edwardsPoint({ p, x, y }: Curve, d: bigint): [bigint, bigint] {
  const [s, t] = edwardsShift(p, d);
  return [mod((x - t) * invert(y, p), p), mod((x - t - s) * invert(mod(x - t + s, p), p), p)];
}

/** −1 / modulus modulo 2^29. */
export function negativeInverse(modulus: bigint): number {
  return Number(mod(-invertOdd(modulus), 1n << 29n));
}

function invertOdd(value: bigint): bigint {
  let inverse = 1n;
  // Each round doubles the bits that are right.
  for (let bits = 1; bits < 29; bits *= 2)
    inverse = mod(inverse * (2n - value * inverse), 1n << 29n);
  return inverse;
}

/** Signed limbs of 29 bits, the least significant first; what is left stands in the last. */
export function limbsOf(value: bigint, count: number): Int32Array {
  const limbs = new Int32Array(count);
  let rest = value;
  for (let index = 0; index < count - 1; index++) {
    const limb = BigInt.asIntN(29, rest);
    limbs[index] = Number(limb);
    rest = (rest - limb) >> 29n;
  }
  limbs[count - 1] = Number(rest);
  return limbs;
}
