import type { Certificate } from './certificate.ts';
import { namesWithin } from './names.ts';
import type { Path, Revocation } from './path.ts';
import { type Standing, standingOf } from './revocation.ts';

/** What a certificate of a path must satisfy, in the order in which it is looked at. */
export const pathRules = [
  'issuer',
  'not-before',
  'not-after',
  'purpose',
  'authority',
  'path-length',
  'names',
  'critical',
  'key',
  'policy',
  'revoked',
  'revocation',
] as const;
export type PathRule = (typeof pathRules)[number];

/** A rule as it was applied to one certificate of a path. */
export interface PathCheck {
  readonly rule: PathRule;
  /** Place in the path: 0 is the certificate that was asked about. */
  readonly at: number;
  readonly good: boolean;
  /** Of the rules on revocation. */
  readonly standing?: Standing;
}

/** What is wanted of a path besides RFC 5280. */
export interface PathPolicy {
  /** Each certificate below the anchor must name one of these policies, dotted; none where empty. */
  readonly policies: readonly string[];
  readonly revocation: Revocation | undefined;
}

const anyPolicy = '2.5.29.32.0';

/**
 * Applies every rule to every certificate of a path (RFC 5280 §6.1.3 to §6.1.5). Only what a rule does
 * not concern is left out. An anchor is held to the rules too: an authority whose own certificate has
 * ended or forbids what it did is not believed.
 *
 * @param time ms UTC
 */
export function checkPath(
  path: Path,
  time: number,
  policy: PathPolicy = { policies: [], revocation: undefined },
): PathCheck[] {
  const checks = path.certificates.flatMap((_, at) => [
    ...checkCertificate(path, at, time, policy),
    ...checkRevocation(path, at, time, policy),
  ]);
  const last = path.certificates.length - 1;
  return [...checks, { rule: 'issuer', at: last, good: path.broken === undefined }];
}

function checkCertificate(
  { certificates, broken }: Path,
  at: number,
  time: number,
  { policies }: PathPolicy,
): PathCheck[] {
  const certificate = certificates[at] ?? certificates[0];
  const { extensions, notBefore, notAfter } = certificate;
  const checks: PathCheck[] = [];
  const check = (rule: PathRule, good: boolean) => checks.push({ rule, at, good });
  const isAnchor = broken === undefined && at === certificates.length - 1;
  if (at < certificates.length - 1) check('issuer', true);
  check('not-before', notBefore <= time);
  check('not-after', time <= notAfter);
  if (at === 0) check('purpose', certificate.maySign);
  else checkAuthority(certificates, at, check);
  check('critical', extensions.unknownCritical.length === 0);
  check('key', isStrong(certificate));
  if (policies.length > 0 && !isAnchor) {
    const named = extensions.policies ?? [];
    const taken = at === 0 ? policies : [...policies, anyPolicy];
    check(
      'policy',
      named.some((each) => taken.includes(each)),
    );
  }
  return checks;
}

/** An anchor is revoked by taking it away. */
function checkRevocation(
  path: Path,
  at: number,
  time: number,
  { revocation }: PathPolicy,
): PathCheck[] {
  if (revocation === undefined || at === path.certificates.length - 1) return [];
  const standing = standingOf(path, at, revocation.lists, time);
  const good = standing.kind === 'good' || revocation.mode === 'soft';
  if (standing.kind === 'revoked') return [{ rule: 'revoked', at, good: false, standing }];
  return [{ rule: 'revocation', at, good, standing }];
}

// The first octet of KeyUsage: keyCertSign (RFC 5280 §4.2.1.3).
const certSign = 0x04;

function checkAuthority(
  certificates: readonly Certificate[],
  at: number,
  check: (rule: PathRule, good: boolean) => void,
): void {
  const below = certificates.slice(0, at);
  const { extensions } = certificates[at] ?? { extensions: undefined };
  const { basicConstraints, keyUsage, nameConstraints } = extensions ?? {};
  const mayIssue = keyUsage === undefined || (keyUsage & certSign) !== 0;
  check('authority', basicConstraints?.ca === true && mayIssue);
  if (basicConstraints?.pathLength !== undefined) {
    const between = below.slice(1).filter((each) => !isSelfIssued(each));
    check('path-length', between.length <= basicConstraints.pathLength);
  }
  if (nameConstraints !== undefined) {
    // An authority that renews itself needs not stand within its own constraints.
    const bound = below.filter((each, index) => index === 0 || !isSelfIssued(each));
    check(
      'names',
      bound.every((each) => namesWithin(each, nameConstraints)),
    );
  }
}

function isSelfIssued({ parts }: Certificate): boolean {
  return parts.issuerName.equals(parts.subjectName);
}

const rsaBitsMin = 2048;
const curveBitsMin = 224;

/** 112 bits of strength: RSA of 2048 bits, curves of 224 (NIST SP 800-57 part 1, table 2). */
function isStrong({ keyKind, keyBits, curve }: Certificate): boolean {
  if (keyKind === 'rsa') return (keyBits ?? 0) >= rsaBitsMin;
  if (keyKind === 'ec') return Number(/\d{3}/.exec(curve ?? '')?.[0] ?? 0) >= curveBitsMin;
  return keyKind !== 'other';
}
