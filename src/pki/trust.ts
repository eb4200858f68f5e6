import { Fault } from '../fault/fault.ts';
import { type GostHash, gostDigest } from '../gost/digest.ts';
import { verifyDigest } from '../gost/signature.ts';
import type { Certificate } from './certificate.ts';

/** Signature algorithms of an issuer with GOST (RFC 9215 §3); that of 2001 is believed no more. */
const gostIssuerAlgorithms: Readonly<Record<string, GostHash>> = {
  '1.2.643.7.1.1.3.2': 'streebog256',
  '1.2.643.7.1.1.3.3': 'streebog512',
};

/** Signature algorithms of an issuer that are believed (RFC 4055, RFC 5758): SHA-2, no SHA-1. */
const issuerAlgorithms: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
]);

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

function issued(issuer: Certificate, certificate: Certificate): boolean {
  if (!issuer.ca) return false;
  const { signatureOid } = certificate.parts;
  if (issuer.gostKey !== undefined) return issuedByGost(issuer, certificate);
  if (issuer.publicKey === undefined || !issuerAlgorithms.has(signatureOid)) return false;
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);
}

// The first octet of KeyUsage: keyCertSign (RFC 5280 §4.2.1.3).
const certSign = 0x04;

/** What OpenSSL checks for keys that it can read: the name, the right to issue, the signature. */
function issuedByGost({ gostKey, parts: by }: Certificate, { parts }: Certificate): boolean {
  const hash = Object.hasOwn(gostIssuerAlgorithms, parts.signatureOid)
    ? gostIssuerAlgorithms[parts.signatureOid]
    : undefined;
  if (hash === undefined || gostKey === undefined) return false;
  if (by.keyUsage !== undefined && (by.keyUsage & certSign) === 0) return false;
  if (!parts.issuerName.equals(by.subjectName)) return false;
  return verifyDigest(gostKey, gostDigest(hash, parts.signed), parts.signature);
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
