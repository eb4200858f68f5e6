import { createHmac } from 'node:crypto';
import type { Curve, CurveName } from './curves.ts';
import { toLittleEndian } from './numbers.ts';

/** A source of that many random octets, fit for keys. */
export type Random = (bytes: number) => Uint8Array;

/** What a nonce depends on. */
export interface NonceSource {
  readonly curve: Curve;
  readonly scalar: Uint8Array;
  readonly digest: Uint8Array;
  /** Fresh random octets, 64 of them. */
  readonly seed: Uint8Array;
}

/**
 * A nonce that no two digests or keys share even where the random octets repeat, as RFC 6979 §3.6 has
 * it: HMAC-SHA-512 under the seed. It is uniform: what is 0 or not below q is not reduced but refused.
 *
 * @returns little-endian, 0 < nonce < q; undefined where this attempt gives none
 */
export function deriveNonce(source: NonceSource, attempt: number): Buffer | undefined {
  const { curve, scalar, digest, seed } = source;
  const output = createHmac('sha512', seed)
    .update(`${curve.name} ${attempt} `)
    .update(scalar)
    .update(digest)
    .digest();
  const nonce = output.subarray(0, curve.bytes);
  output.fill(0, curve.bytes);
  return fitScalar(curve, nonce) ? nonce : undefined;
}

/**
 * Cuts random octets to as many bits as q has.
 *
 * @returns whether they are a scalar now: above 0 and below q
 */
export function fitScalar(curve: Curve, octets: Uint8Array): boolean {
  const { mask } = boundOf(curve);
  octets[curve.bytes - 1] = (octets[curve.bytes - 1] ?? 0) & mask;
  return isScalar(curve, octets);
}

/** Whether 0 < scalar < q, little-endian, in a time that does not depend on the scalar. */
export function isScalar(curve: Curve, scalar: Uint8Array): boolean {
  const { order } = boundOf(curve);
  let [borrow, seen] = [0, 0];
  for (let index = 0; index < order.length; index++) {
    const octet = scalar[index] ?? 0;
    borrow = ((octet - (order[index] ?? 0) - borrow) >> 8) & 1;
    seen |= octet;
  }
  return borrow === 1 && seen !== 0;
}

interface Bound {
  /** q, little-endian. */
  readonly order: Uint8Array;
  /** The bits of the last octet that q has. */
  readonly mask: number;
}

const bounds = new Map<CurveName, Bound>();

function boundOf({ name, q, bytes }: Curve): Bound {
  const known = bounds.get(name);
  if (known !== undefined) return known;
  const bits = q.toString(2).length - 8 * (bytes - 1);
  const made = { order: toLittleEndian(q, bytes), mask: (1 << bits) - 1 };
  bounds.set(name, made);
  return made;
}
