import { arithmeticOf } from './fastest.ts';
import { checkPrivateKey, type GostPrivateKey, type GostPublicKey } from './keys.ts';
import { deriveNonce, type Random } from './nonce.ts';

/**
 * Whether the signature of a digest is good (GOST R 34.10-2012 §6.2, RFC 7091 §6.2). It never throws:
 * what has a wrong length, a point that is not on the curve, or r or s out of (0, q), is not good.
 *
 * @param key the owner's; checkPublicKey was asked once when it was read
 * @param digest as the hash gives it; its octets are the number e, the least significant first
 * @param signature s and r, each big-endian and as long as a coordinate, as X.509, CMS and XMLDSig
 *   have it (RFC 9215, RFC 4490)
 */
export function verifyDigest(
  { curve, point }: GostPublicKey,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { bytes } = curve;
  if (point.length !== 2 * bytes || digest.length !== bytes) return false;
  if (signature.length !== 2 * bytes) return false;
  return arithmeticOf(curve).verify(point, digest, signature);
}

/**
 * Signs a digest (GOST R 34.10-2012 §6.1, RFC 7091 §6.1). In WebAssembly the sequence of operations
 * and of addresses depends on no secret; where only plain TypeScript runs, signing is blinded but
 * not of constant time.
 *
 * @param digest as the hash gives it, curve.bytes long
 * @param random makes the nonce together with the key and the digest; 64 octets are taken
 * @returns s and r, each big-endian and curve.bytes long
 * @throws RangeError where the key or the digest does not fit the curve
 */
export function signDigest(key: GostPrivateKey, digest: Uint8Array, random: Random): Buffer {
  const { curve, scalar } = key;
  checkPrivateKey(key);
  if (digest.length !== curve.bytes) {
    throw new RangeError(`${curve.name} signs ${curve.bytes} octets, not ${digest.length}`);
  }
  const arithmetic = arithmeticOf(curve);
  const seed = random(64);
  try {
    for (let attempt = 0; ; attempt++) {
      const nonce = deriveNonce({ curve, scalar, digest, seed }, attempt);
      const signature = nonce && arithmetic.sign(scalar, digest, nonce);
      nonce?.fill(0);
      if (signature !== undefined) return signature;
    }
  } finally {
    seed.fill(0);
  }
}
