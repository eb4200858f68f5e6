import { Fault } from '../fault/fault.ts';
import type { Certificate } from './certificate.ts';

const chainMax = 5;
const verdicts = new WeakMap<readonly Certificate[], Map<string, readonly Certificate[] | null>>();

/**
 * May a message signed by this certificate be believed at this time: it is valid now, its key may
 * sign, and a chain of valid CA certificates leads to an anchor (RFC 5280 §6, the parts that need no
 * network; revocation has its own room). Undefined when it may.
 *
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
  const chain = chainOf(certificate, anchors);
  if (chain === null) return new Fault('CERTIFICATE_UNTRUSTED', { public: certificate.issuer });
  const stale = chain.find((issuer) => at > issuer.notAfter || at < issuer.notBefore);
  if (stale !== undefined) {
    return new Fault('CERTIFICATE_UNTRUSTED', { public: `срок УЦ: ${stale.subject}` });
  }
  return undefined;
}

/** The issuers up to an anchor; empty for an anchor itself; null where there is no chain. */
function chainOf(
  certificate: Certificate,
  anchors: readonly Certificate[],
): readonly Certificate[] | null {
  let known = verdicts.get(anchors);
  if (known === undefined) {
    known = new Map();
    verdicts.set(anchors, known);
  }
  const verdict = known.get(certificate.fingerprint);
  if (verdict !== undefined) return verdict;
  const chain = buildChain(certificate, anchors);
  if (known.size < 10_000) known.set(certificate.fingerprint, chain);
  return chain;
}

function buildChain(
  certificate: Certificate,
  anchors: readonly Certificate[],
): readonly Certificate[] | null {
  const chain: Certificate[] = [];
  let at = certificate;
  while (chain.length < chainMax) {
    const current = at;
    if (anchors.some((anchor) => anchor.fingerprint === current.fingerprint) && isTop(current)) {
      return chain;
    }
    const issuer = anchors.find((anchor) => anchor.ca && issued(anchor, current));
    if (issuer === undefined || issuer.fingerprint === current.fingerprint) {
      return anchors.some((anchor) => anchor.fingerprint === current.fingerprint) ? chain : null;
    }
    chain.push(issuer);
    at = issuer;
  }
  return null;
}

function isTop({ subject, issuer }: Certificate): boolean {
  return subject === issuer;
}

function issued(issuer: Certificate, certificate: Certificate): boolean {
  return certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.publicKey);
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
