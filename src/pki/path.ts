import type { Certificate } from './certificate.ts';
import type { RevocationList } from './crl.ts';
import type { OcspAnswer } from './ocsp.ts';
import { keySigned, signatureByOid } from './signature-algorithms.ts';

/** What a caller believes besides. */
export interface OldAlgorithms {
  /** GOST R 34.10-2001 with 34.11-94, withdrawn in 2019, for messages of that time. */
  readonly gost2001?: boolean;
}

/** What certificates are judged by. It never changes: verdicts are remembered with it. */
export interface TrustStore {
  /** Trusted for themselves, roots or not: a path ends at the first of them. */
  readonly anchors: readonly Certificate[];
  /** Authorities between anchors and others; for themselves they are trusted for nothing. */
  readonly intermediates: readonly Certificate[];
  /** Dotted OIDs, one of which each path must have all the way up; none is wanted where empty or absent. */
  readonly policies?: readonly string[];
  /** Nobody asks about revocation where it is absent. */
  readonly revocation?: Revocation;
}

/** What is known of revoked certificates, and how much of it is demanded. */
export interface Revocation {
  readonly mode: RevocationMode;
  readonly lists: readonly RevocationList[];
  /** What responders said of certificates, by their fingerprints. */
  readonly answers: ReadonlyMap<string, OcspAnswer>;
}

/**
 * What becomes of a certificate whose issuer's word on revocation is missing or out of date: 'soft', it
 * is believed; 'hard', it is refused. One that is on a list is refused by both.
 */
export type RevocationMode = 'soft' | 'hard';

/** Certificates from the one that is asked about up to an anchor, each issued by the next. */
export interface Path {
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** Why it does not reach an anchor; undefined where it does. */
  readonly broken: Break | undefined;
}

/**
 * The certificate at the end of a path has no issuer here: 'unknown-issuer', nobody of that name is
 * known; 'not-issued', those of that name did not sign it; 'algorithm', its signature is of a kind that
 * is not taken; 'too-long'.
 */
export type Break = 'unknown-issuer' | 'not-issued' | 'algorithm' | 'too-long';

const depthMax = 8;
const pathsMax = 16;
/** Signatures that are verified for one question: authorities that certify each other make many paths. */
const signaturesMax = 100;

/**
 * Every way up from a certificate, those that reach an anchor first (RFC 4158 §2.4). At least one is
 * given. Whether a path may be believed is for checkPath to say.
 */
export function pathsOf(
  certificate: Certificate,
  trust: TrustStore,
  old: OldAlgorithms = {},
): readonly Path[] {
  const climb = new Climb(trust, old);
  climb.from([certificate]);
  return [...climb.whole, ...climb.broken];
}

class Climb {
  readonly whole: Path[] = [];
  readonly broken: Path[] = [];
  readonly #trust: TrustStore;
  readonly #anchors: ReadonlySet<string>;
  readonly #old: OldAlgorithms;
  #signatures = 0;

  constructor(trust: TrustStore, old: OldAlgorithms) {
    this.#trust = trust;
    this.#anchors = new Set(trust.anchors.map(({ fingerprint }) => fingerprint));
    this.#old = old;
  }

  from(certificates: readonly [Certificate, ...Certificate[]]): void {
    if (this.whole.length + this.broken.length >= pathsMax) return;
    const last = certificates.at(-1) ?? certificates[0];
    if (this.#anchors.has(last.fingerprint)) {
      this.whole.push({ certificates, broken: undefined });
      return;
    }
    const end = (broken: Break) => this.broken.push({ certificates, broken });
    if (certificates.length >= depthMax) end('too-long');
    else if (!isTaken(last, this.#old)) end('algorithm');
    else {
      const named = this.#namesakes(certificates, last);
      const issuers = named.filter((each) => this.#issued(each, last));
      if (named.length === 0) end('unknown-issuer');
      else if (issuers.length === 0) end('not-issued');
      for (const issuer of issuers) this.from([...certificates, issuer]);
    }
  }

  /** Those that bear the issuer's name and have not been passed by, as which they would be again. */
  #namesakes(passed: readonly Certificate[], { parts, extensions }: Certificate): Certificate[] {
    const { anchors, intermediates } = this.#trust;
    const isIssuer = (each: Certificate) => {
      const id = each.extensions.subjectKeyId;
      const wanted = extensions.authorityKeyId;
      const named = each.parts.subjectName.equals(parts.issuerName);
      return named && (id === undefined || wanted === undefined || id.equals(wanted));
    };
    return [...anchors, ...intermediates].filter(
      (each) => isIssuer(each) && !passed.some((other) => isSameAuthority(each, other)),
    );
  }

  #issued(issuer: Certificate, { parts }: Certificate): boolean {
    if (signatureByOid(parts.signatureOid)?.kind !== issuer.keyKind) return false;
    this.#signatures += 1;
    return this.#signatures <= signaturesMax && didSign(issuer, parts);
  }
}

/** Whether the key of an authority signed a certificate. */
function didSign(issuer: Certificate, parts: Certificate['parts']): boolean {
  const row = signatureByOid(parts.signatureOid);
  return row?.kind === issuer.keyKind && keySigned(issuer, row.hash, parts.signed, parts.signature);
}

/** Whether an authority itself issued a certificate, by its name and an algorithm that is taken. */
export function isIssuedBy(issuer: Certificate, certificate: Certificate): boolean {
  const { parts } = certificate;
  const named = issuer.parts.subjectName.equals(parts.issuerName);
  return named && isTaken(certificate, {}) && didSign(issuer, parts);
}

/** Whether what signed a certificate is known, said twice alike, and not withdrawn. */
function isTaken({ parts }: Certificate, { gost2001 }: OldAlgorithms): boolean {
  const row = signatureByOid(parts.signatureOid);
  return (
    row !== undefined && parts.algorithmsAgree && (row.kind !== 'gost2001' || gost2001 === true)
  );
}

/** A renewed or cross-signed certificate of an authority leads nowhere that its other one does not. */
function isSameAuthority(a: Certificate, b: Certificate): boolean {
  const sameName = a.parts.subjectName.equals(b.parts.subjectName);
  return sameName && a.parts.publicKeyInfo.equals(b.parts.publicKeyInfo);
}
