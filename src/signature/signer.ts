import { createPrivateKey, type KeyObject, sign as signWithKey } from 'node:crypto';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { type DigestAlgorithm, digestUri, type KeyKind, signatureUri } from './algorithms.ts';

/** Whoever can sign: a key in memory, and later a token or a certified tool behind the same face. */
export interface Signer {
  readonly certificate: Certificate;
  readonly keyKind: KeyKind;
  /** URI of the signature method. */
  readonly algorithm: string;
  /** URI of the digest method, and its name for node:crypto. */
  readonly digestAlgorithm: string;
  readonly hash: DigestAlgorithm['hash'];
  /** The signature value as XMLDSig writes it: r‖s for ECDSA (RFC 6931 §2.3.6). */
  sign(octets: Uint8Array): Buffer;
}

/**
 * A signer from PEM texts: RSA or EC.
 *
 * @throws Error when the key does not belong to the certificate or is of another kind
 */
export function signerFromPem(
  key: string,
  certificatePem: string,
  hash: DigestAlgorithm['hash'] = 'sha256',
): Signer {
  const privateKey = readKey(key);
  const certificate = readCertificate(certificatePem);
  const type = privateKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') throw new Error(`a key of kind ${type} cannot sign here`);
  if (!certificate.x509.checkPrivateKey(privateKey)) {
    throw new Error('the private key does not belong to the certificate');
  }
  return {
    certificate,
    keyKind: type,
    algorithm: signatureUri(type, hash),
    digestAlgorithm: digestUri(hash),
    hash,
    sign: (octets) => signWithKey(hash, octets, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  };
}

/** OpenSSL's own words are no help, and no part of a key may come to be told. */
function readKey(key: string): KeyObject {
  try {
    return createPrivateKey(key);
  } catch {
    throw new Error(
      'закрытый ключ не читается / the private key is not readable (PEM, no password)',
    );
  }
}
