import type { Curve } from './curves.ts';
import { arithmeticOf } from './fastest.ts';
import { fitScalar, isScalar, type Random } from './nonce.ts';
import { fromLittleEndian } from './numbers.ts';
import { isOnCurve, multiply, pointAt } from './points.ts';

/** A public key of GOST R 34.10. */
export interface GostPublicKey {
  readonly curve: Curve;
  /** x and y, each little-endian and curve.bytes long, as SubjectPublicKeyInfo holds it (RFC 4491 §2.3.2). */
  readonly point: Uint8Array;
}

/** A private key of GOST R 34.10. */
export interface GostPrivateKey {
  readonly curve: Curve;
  /** Little-endian, curve.bytes long, above 0 and below q, as PKCS#8 holds it. */
  readonly scalar: Uint8Array;
}

/**
 * A key that came from outside. Its point must be on the curve and, where the curve has four times
 * q points, among the q of the base point.
 *
 * @throws RangeError where it is not
 */
export function checkPublicKey({ curve, point }: GostPublicKey): void {
  const { bytes, name, p, q } = curve;
  if (point.length !== 2 * bytes) {
    throw new RangeError(`a public key of ${name} has ${2 * bytes} octets, not ${point.length}`);
  }
  const x = fromLittleEndian(point.subarray(0, bytes));
  const y = fromLittleEndian(point.subarray(bytes));
  if (x >= p || y >= p)
    throw new RangeError(`a coordinate of the public key is not below p of ${name}`);
  if (!isOnCurve(curve, x, y)) throw new RangeError(`the public key is not a point of ${name}`);
  if (curve.cofactor !== 1 && multiply(curve, pointAt(x, y), q).z !== 0n) {
    throw new RangeError(`the public key is not in the group of prime order of ${name}`);
  }
}

/**
 * A private key that came from outside.
 *
 * @throws RangeError where its scalar has another length, is 0 or is not below q
 */
export function checkPrivateKey({ curve, scalar }: GostPrivateKey): void {
  const { bytes, name } = curve;
  if (scalar.length !== bytes) {
    throw new RangeError(`a private key of ${name} has ${bytes} octets, not ${scalar.length}`);
  }
  if (!isScalar(curve, scalar)) {
    throw new RangeError(`the private key is not between 0 and q of ${name}`);
  }
}

/**
 * The public key of a private key.
 *
 * @throws RangeError as checkPrivateKey
 */
export function publicKeyOf(key: GostPrivateKey): GostPublicKey {
  checkPrivateKey(key);
  return { curve: key.curve, point: arithmeticOf(key.curve).multiplyBase(key.scalar) };
}

/** A new private key: uniform, by trying again while the scalar is 0 or not below q. */
export function newPrivateKey(curve: Curve, random: Random): GostPrivateKey {
  for (;;) {
    const scalar = Uint8Array.from(random(curve.bytes));
    if (fitScalar(curve, scalar)) return { curve, scalar };
  }
}
