import { verify as verifyWithKey } from 'node:crypto';
import { Fault } from '../fault/fault.ts';
import { verifyDigest } from '../gost/signature.ts';
import type { Certificate } from '../pki/certificate.ts';
import {
  curves,
  type KeyKind,
  rsaBitsMax,
  rsaBitsMin,
  type SignatureAlgorithm,
} from './algorithms.ts';
import { digestOf } from './digest.ts';

/**
 * The certificate's key is of the algorithm's kind and strong enough. RSA: FIPS 186-5 §A.1.1 for the
 * exponent; the upper bounds keep one verification cheap.
 *
 * @throws Fault SIGNATURE_ALGORITHM, SIGNATURE_KEY_WEAK
 */
export function checkKey(keyKind: KeyKind, certificate: Certificate): void {
  if (certificate.keyKind !== keyKind) {
    throw new Fault('SIGNATURE_ALGORITHM', { public: 'ключ сертификата другого вида' });
  }
  if (keyKind === 'rsa') checkRsa(certificate);
  else if (keyKind === 'ec') checkCurve(certificate);
  else checkGost(certificate);
}

function checkRsa({ keyBits = 0, publicKey }: Certificate): void {
  const exponent = publicKey?.asymmetricKeyDetails?.publicExponent ?? 0n;
  if (keyBits < rsaBitsMin || keyBits > rsaBitsMax || exponent < 65_537n || exponent >> 64n > 0n) {
    throw new Fault('SIGNATURE_KEY_WEAK', { public: `RSA ${keyBits}, e = ${exponent}` });
  }
}

function checkCurve({ curve = '' }: Certificate): void {
  if (!curves.includes(curve)) throw new Fault('SIGNATURE_KEY_WEAK', { public: curve });
}

/** The test curves of the standards are no curves to rely on. */
function checkGost({ gostKey }: Certificate): void {
  if (gostKey === undefined) {
    throw new Fault('CERTIFICATE_UNREADABLE', { public: 'ключ ГОСТ в сертификате неверен' });
  }
  if (gostKey.curve.name.endsWith('-Test')) {
    throw new Fault('SIGNATURE_KEY_WEAK', { public: gostKey.curve.name });
  }
}

/** Does the value fit the octets and the certificate's key: r‖s for ECDSA (RFC 6931 §2.3.6), s‖r for GOST. */
export function valueFits(
  { keyKind, hash }: SignatureAlgorithm,
  { publicKey, gostKey }: Certificate,
  octets: Uint8Array,
  value: Uint8Array,
): boolean {
  if (keyKind !== 'rsa' && keyKind !== 'ec') {
    return gostKey !== undefined && verifyDigest(gostKey, digestOf(hash, octets), value);
  }
  if (publicKey === undefined) return false;
  try {
    return verifyWithKey(hash, octets, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    return false;
  }
}
