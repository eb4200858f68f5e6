import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import type { PublicParts } from '../token/cryptoki.ts';
import type { TokenOrder } from '../token/mailbox.ts';
import { readTokenUri } from '../token/uri.ts';
import { bitString, der, integer, nothing, octetString, oid, sequence, verbatim } from './asn1.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { only, tag } from './der.ts';
import type { PemPair } from './keystore.ts';
import { hashOids } from './signature-algorithms.ts';

/** Has a token sign, and waits for it. */
export type TokenSign = (order: TokenOrder) => Buffer;

/**
 * A private key that stays in a token. It signs SHA-256 by RSA PKCS#1 v1.5 or ECDSA. Each value is
 * verified before it is given: a token may come back with another key under the name.
 */
export class TokenKey {
  readonly uri: string;
  readonly publicKey: KeyObject;
  readonly #sign: TokenSign;

  constructor(uri: string, publicKey: KeyObject, sign: TokenSign) {
    this.publicKey = publicKey;
    this.uri = uri;
    this.#sign = sign;
  }

  /** r‖s for ECDSA. @throws Fault SIGNING_UNAVAILABLE */
  sign(octets: Uint8Array): Buffer {
    const value = this.#sign(orderFor(this.uri, this.publicKey, octets));
    if (isSigned(this.publicKey, octets, value)) return value;
    throw new Fault('SIGNING_UNAVAILABLE', { private: `token: ${foreignKey}` });
  }

  /** As certificates and CMS have it: ECDSA in DER (RFC 3279 §2.2.3). */
  signDer(octets: Uint8Array): Buffer {
    const value = this.sign(octets);
    if (this.publicKey.asymmetricKeyType === 'rsa') return value;
    const half = value.length / 2;
    return der(sequence([unsigned(value.subarray(0, half)), unsigned(value.subarray(half))]));
  }
}

/**
 * The key of a certificate in a token.
 *
 * @param sign undefined where the node has no token
 * @throws Error where there is none, the URI is badly written, or keys of this kind do not sign in tokens yet
 */
export function tokenKey(
  uri: string,
  { publicKey, keyKind }: Certificate,
  sign: TokenSign | undefined,
): TokenKey {
  if (sign === undefined) throw new Error(noToken);
  readTokenUri(uri);
  // Tokens with CKM_GOSTR3410 would be another row here and in src/token/cryptoki.ts.
  if (publicKey === undefined || (keyKind !== 'rsa' && keyKind !== 'ec')) throw new Error(noGost);
  return new TokenKey(uri, publicKey, sign);
}

const noToken =
  'ключ в токене бывает только у подписи узла, и нужен node.pkcs11 / ' +
  'a key in a token signs for the node alone, and node.pkcs11 is needed';
const noGost =
  'в токене подписывают ключи RSA и EC, не ГОСТ / keys of RSA and EC sign in a token, not of GOST';
const foreignKey =
  'ключ в токене не от этого сертификата / the key in the token does not belong to the certificate';

const probe = Buffer.from('Mezhved: is this the key of the certificate?');

/**
 * Has the key sign something: that proves the PIN, the mechanism, and that it fits the certificate.
 *
 * @throws Error with a plain sentence
 */
export async function proveTokenKey(
  { key, certificate }: PemPair,
  sign: ((order: TokenOrder) => Promise<Buffer>) | undefined,
): Promise<void> {
  const empty = () => Buffer.alloc(0);
  const { publicKey } = tokenKey(key, readCertificate(certificate), sign && empty);
  if (sign === undefined) return;
  const value = await sign(orderFor(key, publicKey, probe));
  if (!isSigned(publicKey, probe, value)) throw new Error(foreignKey);
}

/** A public key that a token tells, for a request. @throws RangeError where it is no key */
export function publicKeyOfToken(parts: PublicParts): KeyObject {
  if (parts.kind === 'rsa') {
    const [n, e] = [parts.modulus, parts.exponent].map((each) => each.toString('base64url'));
    return createPublicKey({ key: { kty: 'RSA', n: n ?? '', e: e ?? '' }, format: 'jwk' });
  }
  // SubjectPublicKeyInfo of RFC 5480 §2; CKA_EC_POINT has the point in an OCTET STRING.
  const point = only(parts.point, tag.octets);
  const algorithm = sequence([oid('1.2.840.10045.2.1'), verbatim(parts.params)]);
  const key = der(sequence([algorithm, bitString(point)]));
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function orderFor(uri: string, { asymmetricKeyType }: KeyObject, octets: Uint8Array): TokenOrder {
  const digest = createHash('sha256').update(octets).digest();
  if (asymmetricKeyType === 'ec') return { uri, mechanism: 'ec', data: digest };
  // DigestInfo (RFC 8017 §9.2).
  const algorithm = sequence([oid(hashOids.sha256), nothing()]);
  return { uri, mechanism: 'rsa', data: der(sequence([algorithm, octetString(digest)])) };
}

function isSigned(key: KeyObject, octets: Uint8Array, value: Buffer): boolean {
  return verify('sha256', octets, { key, dsaEncoding: 'ieee-p1363' }, value);
}

/** An INTEGER that is not negative, in as few octets as it takes (X.690 §8.3). */
function unsigned(octets: Buffer): ReturnType<typeof integer> {
  const start = octets.findIndex((octet) => octet !== 0);
  const least = octets.subarray(start < 0 ? octets.length - 1 : start);
  return integer(`${(least[0] ?? 0) > 0x7f ? '\x00' : ''}${least.toString('binary')}`);
}
