export type GostHash = 'streebog256' | 'streebog512' | 'gost94';
/** Placeholder until the hashes are merged. */
export function gostDigest(hash: GostHash, _bytes: Uint8Array): Buffer {
  throw new RangeError(hash);
}
