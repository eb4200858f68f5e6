import { Gost94 } from './gost94.ts';
import { Streebog } from './streebog.ts';

/** GOST R 34.11-2012 of 256 and 512 bits, and GOST R 34.11-94 with the parameters of CryptoPro. */
export type GostHash = 'streebog256' | 'streebog512' | 'gost94';

/** The digest of octets, in the order that OpenSSL's engine and certificates have it. */
export function gostDigest(hash: GostHash, bytes: Uint8Array): Buffer {
  return new GostHasher(hash).update(bytes).digest();
}

/** A digest that is fed part by part. */
export class GostHasher {
  readonly #hasher: Streebog | Gost94;

  constructor(hash: GostHash) {
    this.#hasher =
      hash === 'gost94' ? new Gost94() : new Streebog(hash === 'streebog256' ? 32 : 64);
  }

  update(bytes: Uint8Array): this {
    this.#hasher.update(bytes);
    return this;
  }

  /** The digest, once: nothing may be added afterwards. */
  digest(): Buffer {
    return this.#hasher.digest();
  }
}
