import { readCertificate } from './certificate.ts';
import { contentHashOf, signDetached } from './cms-sign.ts';
import { issuingKeyFromPem } from './issuing-key.ts';
import type { ContentHash } from './signature-algorithms.ts';

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

/** @throws Error where the key cannot be read or does not belong to the certificate */
export function fileSignerFromPem(keyPem: string, certificatePem: string): FileSigner {
  const certificate = readCertificate(certificatePem);
  const key = issuingKeyFromPem(keyPem, certificate);
  const { keyKind, fingerprint } = certificate;
  return {
    keyKind,
    fingerprint,
    hash: contentHashOf(key),
    sign: (digest, signingTime) => signDetached({ key, certificate, digest, signingTime }),
  };
}
