import { isTokenUri } from '../config/key.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { contentHashOf, signDetached } from './cms-sign.ts';
import { type IssuingKey, issuingKeyFromPem } from './issuing-key.ts';
import type { PemPair } from './keystore.ts';
import type { ContentHash } from './signature-algorithms.ts';
import { type TokenSign, tokenKey } from './token-key.ts';

/** Whoever signs files: its key stays here. */
export interface FileSigner {
  readonly keyKind: ReturnType<typeof readCertificate>['keyKind'];
  /** Of the certificate. */
  readonly fingerprint: string;
  /** What a file is digested with. */
  readonly hash: ContentHash;
  /**
   * A detached PKCS#7 over the digest of a file.
   *
   * @param at ms UTC
   */
  sign(digest: Uint8Array, at: number): Uint8Array;
}

/**
 * As signerFrom: the key is a PEM text, or names one in a token.
 *
 * @throws Error where the key cannot be read or does not belong to the certificate
 */
export function fileSignerFrom(pair: PemPair, token?: TokenSign): FileSigner {
  const certificate = readCertificate(pair.certificate);
  const key = isTokenUri(pair.key)
    ? tokenKey(pair.key, certificate, token)
    : issuingKeyFromPem(pair.key, certificate);
  return fileSigner(key, certificate);
}

function fileSigner(key: IssuingKey, certificate: Certificate): FileSigner {
  const { keyKind, fingerprint } = certificate;
  return {
    keyKind,
    fingerprint,
    hash: contentHashOf(key),
    sign: (digest, signingTime) => signDetached({ key, certificate, digest, signingTime }),
  };
}
