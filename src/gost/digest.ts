import { Gost94 } from './gost94.ts';
import { Streebog } from './streebog.ts';
import { hasStreebogModule, ModuleStreebog } from './streebog-module.ts';

/** GOST R 34.11-2012 of 256 and 512 bits, and GOST R 34.11-94 with the parameters of CryptoPro. */
export type GostHash = 'streebog256' | 'streebog512' | 'gost94';

/** The digest of octets, in the order that OpenSSL's engine and certificates have it. */
export function gostDigest(hash: GostHash, bytes: Uint8Array): Buffer {
  return new GostHasher(hash).update(bytes).digest();
}

/** A digest that is fed part by part. */
export class GostHasher {
  #hasher: Gost94 | Streebog | ModuleStreebog | undefined;

  constructor(hash: GostHash) {
    this.#hasher = hash === 'gost94' ? new Gost94() : fastestStreebog(hash);
  }

  /** @throws Error after digest() */
  update(bytes: Uint8Array): this {
    this.#running().update(bytes);
    return this;
  }

  /** @throws Error when it is asked again */
  digest(): Buffer {
    const hasher = this.#running();
    this.#hasher = undefined;
    return hasher.digest();
  }

  #running(): Gost94 | Streebog | ModuleStreebog {
    if (this.#hasher === undefined) throw new Error('the digest was taken already');
    return this.#hasher;
  }
}

function fastestStreebog(hash: 'streebog256' | 'streebog512'): Streebog | ModuleStreebog {
  const size = hash === 'streebog256' ? 32 : 64;
  return hasStreebogModule() ? new ModuleStreebog(size) : new Streebog(size);
}
