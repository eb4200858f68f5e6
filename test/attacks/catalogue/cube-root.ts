import { createHash } from 'node:crypto';

// DigestInfo of SHA-256 (RFC 8017 §9.2, note 1).
const sha256Info = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/**
 * A number whose cube begins like a PKCS #1 v1.5 block of these octets and ends in garbage
 * (Bleichenbacher 2006): who checks the beginning alone takes it for a signature under e = 3.
 *
 * @param bytes length of the modulus
 */
export function forgedByCubeRoot(octets: Uint8Array, bytes: number): Buffer {
  const hash = createHash('sha256').update(octets).digest();
  const start = Buffer.concat([Buffer.from('0001ffffffffffffffff00', 'hex'), sha256Info, hash]);
  const block = Buffer.concat([start, Buffer.alloc(bytes - start.length)]);
  const root = cubeRoot(BigInt(`0x${block.toString('hex')}`)) + 1n;
  return Buffer.from(root.toString(16).padStart(2 * bytes, '0'), 'hex');
}

/** The greatest integer whose cube is not above `n`. */
function cubeRoot(n: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << BigInt(Math.ceil(n.toString(2).length / 3)); bit > 0n; bit >>= 1n) {
    const next = root | bit;
    if (next ** 3n <= n) root = next;
  }
  return root;
}
