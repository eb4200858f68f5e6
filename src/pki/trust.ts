import { Fault } from '../fault/fault.ts';
import type { Certificate } from './certificate.ts';
import { type ContentHash, keySigned, signatureByOid } from './signature-algorithms.ts';

/**
 * May a message signed by this certificate be believed at this time: it is valid now, its key may
 * sign, and it is an anchor or was issued by one that is a CA and valid now (RFC 5280 §6.1, the parts
 * that need no network; revocation has its own room). An anchor is trusted for itself, root or
 * intermediate, and a chain is a row of anchors: nothing that a message brings is part of it.
 * Undefined when it may.
 *
 * @param anchors the same array again and again: verdicts are remembered with it
 * @param at ms UTC
 */
export function judgeCertificate(
  certificate: Certificate,
  anchors: readonly Certificate[],
  at: number,
): Fault | undefined {
  if (at > certificate.notAfter) {
    return new Fault('CERTIFICATE_EXPIRED', { public: day(certificate.notAfter) });
  }
  if (at < certificate.notBefore) {
    return new Fault('CERTIFICATE_NOT_YET_VALID', { public: day(certificate.notBefore) });
  }
  if (!certificate.maySign) {
    return new Fault('CERTIFICATE_UNTRUSTED', { public: 'keyUsage без digitalSignature' });
  }
  const believed = believedBy(certificate, anchors);
  if (believed.some((each) => each.notBefore <= at && at <= each.notAfter)) return undefined;
  const [stale] = believed;
  return new Fault('CERTIFICATE_UNTRUSTED', {
    public: stale === undefined ? certificate.issuer : `срок УЦ: ${stale.subject}`,
  });
}

const verdicts = new WeakMap<readonly Certificate[], Map<string, readonly Certificate[]>>();
const verdictsMax = 10_000;

/** The anchors that speak for a certificate: itself, or those that issued it. */
function believedBy(
  certificate: Certificate,
  anchors: readonly Certificate[],
): readonly Certificate[] {
  const known = verdicts.get(anchors) ?? new Map<string, readonly Certificate[]>();
  verdicts.set(anchors, known);
  const verdict = known.get(certificate.fingerprint);
  if (verdict !== undefined) return verdict;
  // A renewed CA has two certificates with one name and key: either may be the valid one.
  const found = anchors.filter(
    (anchor) => anchor.fingerprint === certificate.fingerprint || issued(anchor, certificate),
  );
  if (known.size < verdictsMax) known.set(certificate.fingerprint, found);
  return found;
}

/**
 * Issuers sign with SHA-2 or GOST of 2012 (RFC 4055, RFC 5758, RFC 9215); SHA-1 and GOST of 2001 are
 * believed no more.
 */
function issued(issuer: Certificate, certificate: Certificate): boolean {
  const row = signatureByOid(certificate.parts.signatureOid);
  if (!issuer.ca || row === undefined || row.kind === 'gost2001') return false;
  if (row.kind !== issuer.keyKind) return false;
  if (issuer.publicKey === undefined) return issuedByGost(issuer, certificate, row.hash);
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);
}

// The first octet of KeyUsage: keyCertSign (RFC 5280 §4.2.1.3).
const certSign = 0x04;

/** What OpenSSL checks for keys that it can read: the name, the right to issue, the signature. */
function issuedByGost(issuer: Certificate, { parts }: Certificate, hash: ContentHash): boolean {
  const { keyUsage, subjectName } = issuer.parts;
  if (!parts.algorithmsAgree) return false;
  if (keyUsage !== undefined && (keyUsage & certSign) === 0) return false;
  if (!parts.issuerName.equals(subjectName)) return false;
  return keySigned(issuer, hash, parts.signed, parts.signature);
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
