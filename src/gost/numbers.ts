/** The number whose octets these are, the least significant first. */
export function fromLittleEndian(octets: Uint8Array): bigint {
  return fromBigEndian(Uint8Array.from(octets).reverse());
}

/** The number whose octets these are, the most significant first. */
export function fromBigEndian(octets: Uint8Array): bigint {
  const hex = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('hex');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

/** @param value at least 0 and less than 256 to the power of length */
export function toBigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}

/** @param value at least 0 and less than 256 to the power of length */
export function toLittleEndian(value: bigint, length: number): Buffer {
  return toBigEndian(value, length).reverse();
}

/** The remainder from 0 to modulus − 1, for negative values too. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** The inverse of a value modulo a prime, 0 for 0. Its time depends on the value. */
export function invert(value: bigint, prime: bigint): bigint {
  let [low, high] = [mod(value, prime), prime];
  let [x, y] = [1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high] = [high - quotient * low, low];
    [x, y] = [y - quotient * x, x];
  }
  return low === 0n ? 0n : mod(x, prime);
}
