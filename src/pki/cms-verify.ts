import { CmsError } from './cms-error.ts';
import type { DetachedSignature } from './cms-read.ts';
import { keySigned } from './signature-algorithms.ts';

/**
 * Whether the signature is that of the certificate over this content (RFC 5652 §5.6). It says nothing
 * of the certificate: judgeCertificate does.
 *
 * @param contentDigest of the content under signature.hash
 * @throws CmsError certificate-key, message-digest-differs, signature-wrong
 */
export function verifyDetached(signature: DetachedSignature, contentDigest: Uint8Array): void {
  const { certificate, hash, kind, messageDigest, signed } = signature;
  if (certificate.keyKind !== kind) {
    throw new CmsError('certificate-key', `${certificate.keyKind}, ${kind}`);
  }
  if (certificate.publicKey === undefined && certificate.gostKey === undefined) {
    throw new CmsError('certificate-key', kind);
  }
  if (!messageDigest.equals(contentDigest)) throw new CmsError('message-digest-differs');
  if (!keySigned(certificate, hash, signed, signature.signature)) {
    throw new CmsError('signature-wrong');
  }
}
