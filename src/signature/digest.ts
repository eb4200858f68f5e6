import { createHash } from 'node:crypto';
import { gostDigest } from '../gost/digest.ts';
import type { Hash } from './algorithms.ts';

/** The digest of octets under any hash function of the algorithm tables. */
export function digestOf(hash: Hash, octets: Uint8Array): Buffer {
  switch (hash) {
    case 'gost94':
    case 'streebog256':
    case 'streebog512':
      return gostDigest(hash, octets);
    default:
      return createHash(hash).update(octets).digest();
  }
}
