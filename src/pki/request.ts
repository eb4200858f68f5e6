import { createPublicKey, type KeyObject } from 'node:crypto';
import type { GostPublicKey } from '../gost/keys.ts';
import { bitString as bits, context, der, integer, nameOf, pemOf, sequence } from './asn1.ts';
import { algorithmOid, bitString, items, only, tag } from './der.ts';
import { readGostPublicKey } from './gost-key.ts';
import { type IssuingKey, publicKeyInfo, signatureAlgorithm, signDer } from './issuing-key.ts';
import { keySigned, type SigningKind, signatureByOid } from './signature-algorithms.ts';

/** A certificate request whose signature is that of its key. */
export interface CertificateRequest {
  /** DER of the name that is asked for. */
  readonly subjectName: Buffer;
  /** DER of SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer;
  readonly keyKind: SigningKind;
}

/** Whose certificate is asked for. */
export interface RequestWish {
  readonly commonName: string;
  readonly organization: string;
}

/** A certificate request for the key, as PEM (PKCS#10, RFC 2986 §4). */
export function makeRequest(key: IssuingKey, wish: RequestWish): string {
  const info = sequence([integer('\x00'), nameOf(wish), publicKeyInfo(key), context(0, [])]);
  const request = sequence([info, signatureAlgorithm(key), bits(signDer(key, der(info)))]);
  return pemOf(der(request), 'CERTIFICATE REQUEST');
}

const pem =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----/;

/**
 * Reads a certificate request and verifies that whoever made it has the key (RFC 2986 §4.2).
 *
 * @param source DER, or PEM
 * @throws RangeError where it is no request, its algorithm is not known, or the signature is wrong
 */
export function readRequest(source: Uint8Array | string): CertificateRequest {
  const [info, algorithm, value] = items(only(derOf(source), tag.sequence));
  if (info?.tag !== tag.sequence || algorithm === undefined || value === undefined) {
    throw new RangeError('not a certificate request');
  }
  const [version, subject, key] = items(info.content);
  if (version?.tag !== tag.integer || subject === undefined || key === undefined) {
    throw new RangeError('not a certificate request');
  }
  const row = signatureByOid(algorithmOid(algorithm));
  if (row === undefined) throw new RangeError('a signature algorithm that is not taken');
  const found = publicKeyOf(key.whole);
  if (found.kind !== row.kind) throw new RangeError('a signature of another kind than the key');
  if (!keySigned(found, row.hash, info.whole, bitString(value))) {
    throw new RangeError('the signature of the request is wrong');
  }
  return { subjectName: subject.whole, publicKeyInfo: key.whole, keyKind: found.kind };
}

function derOf(source: Uint8Array | string): Buffer {
  if (typeof source !== 'string') return Buffer.from(source);
  return Buffer.from(pem.exec(source)?.[1] ?? '', 'base64');
}

interface FoundKey {
  readonly kind: SigningKind;
  readonly publicKey: KeyObject | undefined;
  readonly gostKey: GostPublicKey | undefined;
}

function publicKeyOf(info: Buffer): FoundKey {
  const gost = readGostPublicKey(info);
  if (gost !== undefined) return { kind: gost.kind, publicKey: undefined, gostKey: gost.key };
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key: info, format: 'der', type: 'spki' });
  } catch {
    throw new RangeError('a public key that cannot be read');
  }
  const { asymmetricKeyType: kind } = publicKey;
  if (kind !== 'rsa' && kind !== 'ec') throw new RangeError('a public key of another kind');
  return { kind, publicKey, gostKey: undefined };
}
