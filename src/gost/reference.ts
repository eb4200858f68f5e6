import { createHash } from 'node:crypto';
import type { Arithmetic } from './arithmetic.ts';
import type { Curve } from './curves.ts';
import {
  fromBigEndian,
  fromLittleEndian,
  invert,
  mod,
  toBigEndian,
  toLittleEndian,
} from './numbers.ts';
import { add, affine, isOnCurve, multiply, type Point, pointAt } from './points.ts';

/**
 * The arithmetic of a curve in plain TypeScript: the reference for the other path, and the fallback.
 * BigInt takes a time that depends on its values; signing hides that behind factors
 * that an outsider does not know (the scalar gets a multiple of q, the point a third coordinate, s a
 * factor), which makes a measurement harder but promises nothing.
 */
export function referenceArithmetic(curve: Curve): Arithmetic {
  const { bytes, q } = curve;
  return {
    constantTime: false,
    multiplyBase(scalar) {
      const [x, y] = blindBase(curve, fromLittleEndian(scalar), blindness([scalar]));
      return Buffer.concat([toLittleEndian(x, bytes), toLittleEndian(y, bytes)]);
    },
    sign(scalar, digest, nonce) {
      const k = fromLittleEndian(nonce);
      const blind = blindness([scalar, nonce]);
      const r = mod(blindBase(curve, k, blind)[0], q);
      const factor = fromBlind(blind.third, q);
      const e = digestNumber(curve, digest);
      const blinded = mod(factor * r, q) * fromLittleEndian(scalar) + mod(factor * e, q) * k;
      const s = mod(mod(blinded, q) * invert(factor, q), q);
      if (r === 0n || s === 0n) return undefined;
      return Buffer.concat([toBigEndian(s, bytes), toBigEndian(r, bytes)]);
    },
    verify(point, digest, signature) {
      const [x, y] = [point.subarray(0, bytes), point.subarray(bytes)].map(fromLittleEndian) as [
        bigint,
        bigint,
      ];
      const s = fromBigEndian(signature.subarray(0, bytes));
      const r = fromBigEndian(signature.subarray(bytes));
      if (r === 0n || s === 0n || r >= q || s >= q || !isOnCurve(curve, x, y)) return false;
      const inverse = invert(digestNumber(curve, digest), q);
      const sum = add(
        curve,
        multiply(curve, pointAt(curve.x, curve.y), mod(s * inverse, q)),
        multiply(curve, pointAt(x, y), mod(-r * inverse, q)),
      );
      return sum.z !== 0n && mod(affine(curve, sum)[0], q) === r;
    },
  };
}

/** GOST R 34.10-2012 §6.1, step 2: never 0. */
function digestNumber({ q }: Curve, digest: Uint8Array): bigint {
  const e = mod(fromLittleEndian(digest), q);
  return e === 0n ? 1n : e;
}

interface Blindness {
  readonly first: Buffer;
  readonly second: Buffer;
  readonly third: Buffer;
}

/** Octets that depend on the secrets alone and say nothing about them. */
function blindness(secrets: readonly Uint8Array[]): Blindness {
  const hash = createHash('shake256', { outputLength: 8 + 72 + 72 }).update('blindness');
  for (const secret of secrets) hash.update(secret);
  const octets = hash.digest();
  return {
    first: octets.subarray(0, 8),
    second: octets.subarray(8, 80),
    third: octets.subarray(80),
  };
}

/** From 1 to below − 1. */
function fromBlind(octets: Buffer, below: bigint): bigint {
  return 1n + mod(fromBigEndian(octets), below - 1n);
}

function blindBase(curve: Curve, scalar: bigint, blind: Blindness): [bigint, bigint] {
  const z = fromBlind(blind.second, curve.p);
  const square = mod(z * z, curve.p);
  const base: Point = {
    x: mod(curve.x * square, curve.p),
    y: mod(curve.y * mod(square * z, curve.p), curve.p),
    z,
  };
  return affine(curve, multiply(curve, base, scalar + fromBigEndian(blind.first) * curve.q));
}
