import { createHash, verify } from 'node:crypto';
import { GostHasher } from '../gost/digest.ts';
import { verifyDigest } from '../gost/signature.ts';
import type { Certificate } from './certificate.ts';

// What certificates, requests and detached signatures are signed with.

/** Digests by the names of node:crypto and of src/gost. */
export type ContentHash = 'sha256' | 'sha384' | 'sha512' | 'streebog256' | 'streebog512' | 'gost94';

/** A digest that is fed part by part. */
export interface ContentDigest {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

/** A new digest of content, which may be longer than memory. */
export function contentDigest(hash: ContentHash): ContentDigest {
  switch (hash) {
    case 'streebog256':
    case 'streebog512':
    case 'gost94':
      return new GostHasher(hash);
    default:
      return createHash(hash);
  }
}

/** Digest algorithms by OID (RFC 5754 §2, RFC 9215 §2, RFC 4490 §2.1). SHA-1 is none of them. */
export const hashOids: Readonly<Record<ContentHash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  streebog256: '1.2.643.7.1.1.2.2',
  streebog512: '1.2.643.7.1.1.2.3',
  gost94: '1.2.643.2.2.9',
};

export function hashByOid(oid: string): ContentHash | undefined {
  return (Object.keys(hashOids) as ContentHash[]).find((hash) => hashOids[hash] === oid);
}

/** Kinds of key that sign content. */
export type SigningKind = Exclude<Certificate['keyKind'], 'other'>;

interface SignatureRow {
  readonly kind: SigningKind;
  readonly hash: ContentHash;
}

/** Signature algorithms of a key with a digest, by OID (RFC 5754 §3, RFC 5758, RFC 9215 §3, RFC 4491). */
const signatures: Readonly<Record<string, SignatureRow>> = {
  '1.2.840.113549.1.1.11': { kind: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { kind: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { kind: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { kind: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { kind: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { kind: 'ec', hash: 'sha512' },
  '1.2.643.7.1.1.3.2': { kind: 'gost2012-256', hash: 'streebog256' },
  '1.2.643.7.1.1.3.3': { kind: 'gost2012-512', hash: 'streebog512' },
  '1.2.643.2.2.3': { kind: 'gost2001', hash: 'gost94' },
};

/** Key algorithms, which signers of CMS name as well (RFC 3370 §3.2, RFC 4490 §3): with these digests. */
const keys: Readonly<Record<string, { kind: SigningKind; hashes: readonly ContentHash[] }>> = {
  '1.2.840.113549.1.1.1': { kind: 'rsa', hashes: ['sha256', 'sha384', 'sha512'] },
  '1.2.840.10045.2.1': { kind: 'ec', hashes: ['sha256', 'sha384', 'sha512'] },
  '1.2.643.7.1.1.1.1': { kind: 'gost2012-256', hashes: ['streebog256'] },
  '1.2.643.7.1.1.1.2': { kind: 'gost2012-512', hashes: ['streebog512'] },
  '1.2.643.2.2.19': { kind: 'gost2001', hashes: ['gost94'] },
};

/** The row of a signature algorithm; undefined for an unknown one, and for those with SHA-1 or less. */
export function signatureByOid(oid: string): SignatureRow | undefined {
  return Object.hasOwn(signatures, oid) ? signatures[oid] : undefined;
}

/** The kind of key of a CMS signer's algorithm; undefined where it is unknown or has another digest. */
export function signingKind(oid: string, hash: ContentHash): SigningKind | undefined {
  const row = signatureByOid(oid);
  if (row !== undefined) return row.hash === hash ? row.kind : undefined;
  const key = Object.hasOwn(keys, oid) ? keys[oid] : undefined;
  return key?.hashes.includes(hash) ? key.kind : undefined;
}

/** Whether the key made the signature of these octets. */
export function keySigned(
  { publicKey, gostKey }: Pick<Certificate, 'publicKey' | 'gostKey'>,
  hash: ContentHash,
  octets: Buffer,
  signature: Buffer,
): boolean {
  if (gostKey !== undefined) {
    return verifyDigest(gostKey, digestOf(hash, octets), signature);
  }
  if (publicKey === undefined) return false;
  try {
    return verify(hash, octets, publicKey, signature);
  } catch {
    return false;
  }
}

/** The digest of content that is at hand whole. */
export function digestOf(hash: ContentHash, octets: Uint8Array): Buffer {
  const digest = contentDigest(hash);
  digest.update(octets);
  return digest.digest();
}
