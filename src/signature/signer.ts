import { createPrivateKey, type KeyObject, randomBytes, sign as signWithKey } from 'node:crypto';
import { isTokenUri } from '../config/key.ts';
import type { GostPrivateKey } from '../gost/keys.ts';
import { pooled } from '../gost/nonce.ts';
import { signDigest } from '../gost/signature.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { gostKeyFits, isGostKey, readGostPrivateKey } from '../pki/gost-key.ts';
import type { PemPair } from '../pki/keystore.ts';
import { type TokenSign, tokenKey } from '../pki/token-key.ts';
import { digestUri, type Hash, type KeyKind, signatureUri } from './algorithms.ts';
import { digestOf } from './digest.ts';
import { type ProfileName, profileOfKey } from './profiles.ts';

/**
 * Whoever can sign: a key in memory, one in a token, and later a certified tool behind the same face.
 * docs/signatures.md says how to put one here.
 */
export interface Signer {
  readonly certificate: Certificate;
  readonly keyKind: KeyKind;
  readonly profile: ProfileName;
  /** URI of the signature method. */
  readonly algorithm: string;
  /** URI of the digest method, and its hash. */
  readonly digestAlgorithm: string;
  readonly hash: Hash;
  /** The signature value as XMLDSig writes it: r‖s for ECDSA (RFC 6931 §2.3.6), s‖r for GOST. */
  sign(octets: Uint8Array): Buffer;
}

// Asking for random octets costs a seventh of a signature.
const random = pooled(randomBytes);

/**
 * A signer from a pair of the configuration: the key is a PEM text, or a PKCS#11 URI that names it.
 *
 * @param token undefined where the process has none
 * @throws Error as signerFromPem
 */
export function signerFrom({ key, certificate: pem }: PemPair, token?: TokenSign): Signer {
  if (!isTokenUri(key)) return signerFromPem(key, pem);
  const certificate = readCertificate(pem);
  const inToken = tokenKey(key, certificate, token);
  const kind = inToken.publicKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  return signer(certificate, kind, 'sha256', (octets) => inToken.sign(octets));
}

/**
 * A signer from PEM texts: RSA, EC or GOST.
 *
 * @param hash for RSA and EC; a GOST key has its own
 * @throws Error when the key does not belong to the certificate or is of another kind
 */
export function signerFromPem(key: string, certificatePem: string, hash: Hash = 'sha256'): Signer {
  const certificate = readCertificate(certificatePem);
  return isGostKey(key)
    ? gostSigner(readGostPrivateKey(key), certificate)
    : nodeSigner(readKey(key), certificate, hash);
}

function nodeSigner(privateKey: KeyObject, certificate: Certificate, hash: Hash): Signer {
  const type = privateKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') throw new Error(`a key of kind ${type} cannot sign here`);
  if (!certificate.x509.checkPrivateKey(privateKey)) throw new Error(foreignKey);
  return signer(certificate, type, hash, (octets) =>
    signWithKey(hash, octets, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  );
}

const gostHashes = {
  gost2001: 'gost94',
  'gost2012-256': 'streebog256',
  'gost2012-512': 'streebog512',
} as const;

function gostSigner(key: GostPrivateKey, certificate: Certificate): Signer {
  const { keyKind } = certificate;
  if (keyKind === 'rsa' || keyKind === 'ec' || keyKind === 'other') throw new Error(foreignKey);
  if (!gostKeyFits(key, certificate)) throw new Error(foreignKey);
  const hash = gostHashes[keyKind];
  return signer(certificate, keyKind, hash, (octets) =>
    signDigest(key, digestOf(hash, octets), random),
  );
}

const foreignKey =
  'закрытый ключ не от этого сертификата / ' + 'the private key does not belong to the certificate';

function signer(
  certificate: Certificate,
  keyKind: KeyKind,
  hash: Hash,
  sign: Signer['sign'],
): Signer {
  return {
    certificate,
    keyKind,
    profile: profileOfKey(keyKind),
    algorithm: signatureUri(keyKind, hash),
    digestAlgorithm: digestUri(hash),
    hash,
    sign,
  };
}

/** OpenSSL's own words are no help, and no part of a key may come to be told. */
function readKey(key: string): KeyObject {
  if (key.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')) {
    throw new Error(
      'закрытый ключ под паролем, здесь его не открыть / ' +
        'the private key has a passphrase, and is not opened here',
    );
  }
  try {
    return createPrivateKey(key);
  } catch {
    throw new Error(
      'закрытый ключ не читается / the private key is not readable (PEM, no password)',
    );
  }
}
