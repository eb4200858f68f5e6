import { constants, publicDecrypt, verify } from 'node:crypto';
import type { Certificate } from '../../pki/certificate.ts';
import type { Hash } from '../algorithms.ts';

/** What an RSA PKCS#1 v1.5 value says by itself to whoever has the public key (RFC 8017 §9.2). */
export interface Opened {
  readonly hash: Hash;
  readonly digest: Buffer;
}

// DigestInfo in DER up to the digest (RFC 8017 §9.2, note 1).
const openings: readonly (readonly [Hash, string])[] = [
  ['sha1', '3021300906052b0e03021a05000414'],
  ['sha256', '3031300d060960864801650304020105000420'],
  ['sha384', '3041300d060960864801650304020205000430'],
  ['sha512', '3051300d060960864801650304020305000440'],
];

/**
 * The digest that was signed. To find causes alone: whether a value is good is decided by verifying
 * it.
 *
 * @returns undefined where the key did not make the value
 */
export function openRsa({ publicKey }: Certificate, value: Uint8Array): Opened | undefined {
  if (publicKey?.asymmetricKeyType !== 'rsa') return undefined;
  try {
    const padding = constants.RSA_PKCS1_PADDING;
    const told = publicDecrypt({ key: publicKey, padding }, value);
    const [hash, opening] = openings.find(([, hex]) => told.toString('hex').startsWith(hex)) ?? [];
    if (hash === undefined || opening === undefined) return undefined;
    return { hash, digest: told.subarray(opening.length / 2) };
  } catch {
    return undefined;
  }
}

/** Whether a value fits with PSS padding, its salt of any length. */
export function fitsPss(
  hash: Hash,
  { publicKey }: Certificate,
  octets: Uint8Array,
  value: Uint8Array,
): boolean {
  if (publicKey?.asymmetricKeyType !== 'rsa') return false;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  try {
    return verify(
      hash,
      octets,
      { key: publicKey, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
      value,
    );
  } catch {
    return false;
  }
}
