import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { type Curve, curveByOid } from '../gost/curves.ts';
import { type GostHash, gostDigest } from '../gost/digest.ts';
import { type GostPrivateKey, newPrivateKey, publicKeyOf } from '../gost/keys.ts';
import { signDigest } from '../gost/signature.ts';
import {
  type Asn1,
  bitString,
  der,
  integer,
  nothing,
  octetString,
  oid,
  pemOf,
  sequence,
  verbatim,
} from './asn1.ts';
import type { Certificate } from './certificate.ts';
import {
  type GostKeyKind,
  gostDigestOids,
  gostKeyFits,
  gostKeyOids,
  isGostKey,
  readGostPrivateKey,
} from './gost-key.ts';
import { TokenKey } from './token-key.ts';

/** A GOST private key and the algorithm that it is used with. */
export interface GostKeyPair {
  readonly kind: GostKeyKind;
  readonly key: GostPrivateKey;
}

/** A private key that certificates and requests are made for and signed with. */
export type IssuingKey = KeyObject | GostKeyPair | TokenKey;

/** A new RSA or EC private key. */
export function newKey(
  kind: 'rsa' | 'ec',
  size: number | string = kind === 'rsa' ? 2048 : 'prime256v1',
): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: Number(size) }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: String(size) }).privateKey;
}

/** The curves that keys are made on unless another is asked for: CryptoPro-A and TC26-512-A. */
const usualCurves: Readonly<Record<GostKeyKind, string>> = {
  gost2001: '1.2.643.2.2.35.1',
  'gost2012-256': '1.2.643.2.2.35.1',
  'gost2012-512': '1.2.643.7.1.2.1.2.1',
};

/** A new GOST private key. */
export function newGostKey(kind: GostKeyKind, curve = usualCurve(kind)): GostKeyPair {
  return { kind, key: newPrivateKey(curve, randomBytes) };
}

function usualCurve(kind: GostKeyKind): Curve {
  const curve = curveByOid(usualCurves[kind]);
  if (curve === undefined) throw new RangeError(kind);
  return curve;
}

/**
 * The private key of a certificate, from PKCS#8 in PEM.
 *
 * @throws Error where it cannot be read or does not belong to the certificate
 */
export function issuingKeyFromPem(text: string, certificate: Certificate): IssuingKey {
  const { keyKind, x509 } = certificate;
  const foreign = 'закрытый ключ не от этого сертификата / the key is not that of the certificate';
  if (isGostKey(text)) {
    const key = readGostPrivateKey(text);
    if (!gostKeyFits(key, certificate) || !isGostKind(keyKind)) throw new Error(foreign);
    return { kind: keyKind, key };
  }
  const key = createPrivateKey(text);
  if (!x509.checkPrivateKey(key)) throw new Error(foreign);
  return key;
}

function isGostKind(kind: Certificate['keyKind']): kind is GostKeyKind {
  return Object.hasOwn(gostKeyOids, kind);
}

/** The public half as SubjectPublicKeyInfo. */
export function publicKeyInfo(key: IssuingKey): Asn1 {
  if (!isGostPair(key)) {
    const publicKey = key instanceof TokenKey ? key.publicKey : createPublicKey(key);
    return verbatim(publicKey.export({ type: 'spki', format: 'der' }));
  }
  return sequence([gostAlgorithm(key), bitString(der(octetString(publicKeyOf(key.key).point)))]);
}

/** The private half as PKCS#8 in DER, not sealed. @throws Error of a key in a token */
export function privateKeyInfo(key: IssuingKey): Buffer {
  if (key instanceof TokenKey) throw new Error('the key does not leave its token');
  if (key instanceof KeyObject) return key.export({ type: 'pkcs8', format: 'der' });
  const secret = octetString(der(octetString(key.key.scalar)));
  return der(sequence([integer('\x00'), gostAlgorithm(key), secret]));
}

/** The same in PEM. */
export function privateKeyPem(key: IssuingKey): string {
  return pemOf(privateKeyInfo(key), 'PRIVATE KEY');
}

/** SHA-256 of the public half, lower-case hex: what a key is known by before its certificate has come. */
export function keyId(key: IssuingKey): string {
  return createHash('sha256')
    .update(der(publicKeyInfo(key)))
    .digest('hex');
}

/**
 * Key algorithm with its parameters: a curve of CryptoPro goes with the digest, one of TC26 without
 * (RFC 9215 §4.2).
 */
function gostAlgorithm({ kind, key }: GostKeyPair): Asn1 {
  const curveOid = key.curve.oids[0] ?? '';
  const digest = curveOid.startsWith('1.2.643.7.') ? [] : [oid(gostDigestOids[kind])];
  return sequence([oid(gostKeyOids[kind]), sequence([oid(curveOid), ...digest])]);
}

const gostSignatures = {
  gost2001: ['1.2.643.2.2.3', 'gost94'],
  'gost2012-256': ['1.2.643.7.1.1.3.2', 'streebog256'],
  'gost2012-512': ['1.2.643.7.1.1.3.3', 'streebog512'],
} as const;

/** The algorithm that the key signs certificates with (RFC 4055, RFC 5758, RFC 9215 §3). */
export function signatureAlgorithm(key: IssuingKey): Asn1 {
  if (isGostPair(key)) return sequence([oid(gostSignatures[key.kind][0])]);
  if (isRsa(key)) return sequence([oid('1.2.840.113549.1.1.11'), nothing()]);
  return sequence([oid('1.2.840.10045.4.3.2')]);
}

/** The digest that goes with a GOST key. */
export function gostHashOf({ kind }: GostKeyPair): GostHash {
  return gostSignatures[kind][1];
}

export function isGostPair(key: IssuingKey): key is GostKeyPair {
  return !(key instanceof KeyObject || key instanceof TokenKey);
}

/** RSA rather than EC, here or in a token. */
export function isRsa(key: Exclude<IssuingKey, GostKeyPair>): boolean {
  const { asymmetricKeyType } = key instanceof TokenKey ? key.publicKey : key;
  return asymmetricKeyType === 'rsa';
}

/** Signs DER as signatureAlgorithm says. @throws Fault SIGNING_UNAVAILABLE of a key in a token */
export function signDer(key: IssuingKey, bytes: Buffer): Buffer {
  if (key instanceof KeyObject) return sign('sha256', bytes, key);
  if (key instanceof TokenKey) return key.signDer(bytes);
  return signDigest(key.key, gostDigest(gostHashOf(key), bytes), randomBytes);
}
