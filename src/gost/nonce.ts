import { hash } from 'node:crypto';
import type { Curve, CurveName } from './curves.ts';
import { toLittleEndian } from './numbers.ts';

/** A source of that many random octets, fit for keys. */
export type Random = (bytes: number) => Uint8Array;

/**
 * The same random octets, taken from their source 4096 at a time, since asking it costs as much as a
 * tenth of a signature; what was handed out is wiped here.
 */
export function pooled(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0);
  let at = 0;
  return (bytes) => {
    if (at + bytes > pool.length) {
      pool = random(Math.max(4096, bytes));
      at = 0;
    }
    const octets = Uint8Array.from(pool.subarray(at, at + bytes));
    pool.fill(0, at, at + bytes);
    at += bytes;
    return octets;
  };
}

/** What a nonce depends on. */
export interface NonceSource {
  readonly curve: Curve;
  readonly scalar: Uint8Array;
  readonly digest: Uint8Array;
  /** Fresh random octets, 64 of them. */
  readonly seed: Uint8Array;
}

/**
 * A nonce that no two digests or keys share even where the random octets repeat: SHA-512 over the seed,
 * the key and the digest, as RFC 8032 §5.1.6 makes nonces, with random octets in front. It is uniform:
 * what is 0 or not below q is not reduced but refused.
 *
 * @returns little-endian, 0 < nonce < q; undefined where this attempt gives none
 */
export function deriveNonce(source: NonceSource, attempt: number): Buffer | undefined {
  const { curve, scalar, digest, seed } = source;
  const input = Buffer.concat([seed, Buffer.from(`${curve.name} ${attempt} `), scalar, digest]);
  const output = hash('sha512', input, 'buffer');
  input.fill(0);
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
