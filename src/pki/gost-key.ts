import { type Curve, curveByOid } from '../gost/curves.ts';
import {
  checkPrivateKey,
  checkPublicKey,
  type GostPrivateKey,
  type GostPublicKey,
  publicKeyOf,
} from '../gost/keys.ts';
import type { Certificate } from './certificate.ts';
import { algorithmOid, bitString, type DerItem, dotted, items, only, tag } from './der.ts';

/** Kinds of GOST key, each with the algorithm that its key info names (RFC 4491, RFC 9215). */
export const gostKeyOids = {
  gost2001: '1.2.643.2.2.19',
  'gost2012-256': '1.2.643.7.1.1.1.1',
  'gost2012-512': '1.2.643.7.1.1.1.2',
} as const;
export type GostKeyKind = keyof typeof gostKeyOids;

/** Digest of a key's parameters, where the standard has it stand there. */
export const gostDigestOids: Readonly<Record<GostKeyKind, string>> = {
  gost2001: '1.2.643.2.2.30.1',
  'gost2012-256': '1.2.643.7.1.1.2.2',
  'gost2012-512': '1.2.643.7.1.1.2.3',
};

/** A public key with its kind. */
export interface NamedGostKey {
  readonly kind: GostKeyKind;
  readonly key: GostPublicKey;
}

/**
 * The GOST key of a SubjectPublicKeyInfo (RFC 4491 §2.3, RFC 9215 §4); undefined for another
 * algorithm.
 *
 * @throws RangeError for a curve that is not known, or a point that is not on it
 */
export function readGostPublicKey(publicKeyInfo: Buffer): NamedGostKey | undefined {
  const [algorithm, bits] = items(only(publicKeyInfo, tag.sequence));
  const named = algorithm && algorithmOf(algorithm);
  if (named === undefined || bits === undefined) return undefined;
  const point = only(bitString(bits), tag.octets);
  const key = { curve: named.curve, point };
  checkPublicKey(key);
  return { kind: named.kind, key };
}

/** The kind of a GOST key info alone, whether its key can be used or not. */
export function gostKindOf(publicKeyInfo: Buffer): GostKeyKind | undefined {
  const [algorithm] = items(only(publicKeyInfo, tag.sequence));
  return algorithm && kindByOid(algorithmOid(algorithm));
}

function kindByOid(oid: string): GostKeyKind | undefined {
  return (Object.keys(gostKeyOids) as GostKeyKind[]).find((kind) => gostKeyOids[kind] === oid);
}

function algorithmOf({
  content,
}: DerItem): { readonly kind: GostKeyKind; readonly curve: Curve } | undefined {
  const [oid, parameters] = items(content);
  const kind = oid && kindByOid(dotted(oid));
  if (kind === undefined) return undefined;
  const [curveOid] = parameters === undefined ? [] : items(parameters.content);
  const curve = curveByOid(curveOid === undefined ? '' : dotted(curveOid));
  if (curve === undefined || (curve.bytes === 64) !== (kind === 'gost2012-512')) {
    throw new RangeError('a GOST key on a curve that is not known');
  }
  return { kind, curve };
}

const pem = /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/;

/** Whether a PEM text is a GOST private key (PKCS#8). */
export function isGostKey(text: string): boolean {
  const parts = keyParts(text);
  return parts !== undefined && kindByOid(parts.algorithmOid) !== undefined;
}

/**
 * Reads a GOST private key from PKCS#8 in PEM. The number stands little-endian in an OCTET STRING, or
 * as an INTEGER, or bare: tools differ.
 *
 * @throws RangeError where it is no such key; never with a part of it
 */
export function readGostPrivateKey(text: string): GostPrivateKey {
  const parts = keyParts(text);
  const named = parts && algorithmOf(parts.algorithm);
  if (parts === undefined || named === undefined) throw new RangeError('not a GOST private key');
  const key = { curve: named.curve, scalar: scalarOf(parts.secret, named.curve.bytes) };
  checkPrivateKey(key);
  return key;
}

interface KeyParts {
  readonly algorithm: DerItem;
  readonly algorithmOid: string;
  readonly secret: Buffer;
}

function keyParts(text: string): KeyParts | undefined {
  const base64 = pem.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  try {
    const [, algorithm, secret] = items(only(Buffer.from(base64, 'base64'), tag.sequence));
    if (algorithm?.tag !== tag.sequence || secret?.tag !== tag.octets) return undefined;
    return { algorithm, algorithmOid: algorithmOid(algorithm), secret: secret.content };
  } catch {
    return undefined;
  }
}

function scalarOf(secret: Buffer, bytes: number): Buffer {
  if (secret.length === bytes) return secret;
  const [inner] = items(secret);
  if (inner?.tag === tag.octets && inner.content.length === bytes) return inner.content;
  if (inner?.tag !== tag.integer) throw new RangeError('a GOST private key of another length');
  const number = inner.content[0] === 0 ? inner.content.subarray(1) : inner.content;
  if (number.length > bytes) throw new RangeError('a GOST private key of another length');
  const padded = Buffer.alloc(bytes);
  number.copy(padded, bytes - number.length);
  return padded.reverse();
}

/** Whether the private key is that of the certificate. */
export function gostKeyFits(key: GostPrivateKey, { gostKey }: Certificate): boolean {
  if (gostKey === undefined || gostKey.curve !== key.curve) return false;
  return Buffer.from(publicKeyOf(key).point).equals(gostKey.point);
}
