import type { Certificate } from './certificate.ts';
import { isStrong } from './key-strength.ts';
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
  /** Dotted; the certificates below the anchor must all name one of them. None is wanted where empty. */
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
  const isReaching = broken === undefined;
  const isAnchor = isReaching && at === certificates.length - 1;
  if (at < certificates.length - 1) check('issuer', true);
  check('not-before', notBefore <= time);
  check('not-after', time <= notAfter);
  if (at === 0) check('purpose', certificate.maySign);
  else checkAuthority(certificates, at, check);
  check('critical', extensions.unknownCritical.length === 0);
  check('key', isStrong(certificate));
  if (policies.length > 0 && !isAnchor) {
    const below = isReaching ? certificates.slice(0, -1) : certificates;
    // What those above left nothing of is said of them.
    const above = policiesOf(below.slice(at + 1), policies);
    check('policy', above.length === 0 || policiesOf([certificate], above).length > 0);
  }
  return checks;
}

/**
 * Which policies hold for all these certificates (RFC 5280 §6.1.3 (d) to (f)). One that maps policies or
 * bounds them has none: such rules are not read.
 */
function policiesOf(certificates: readonly Certificate[], wanted: readonly string[]) {
  return certificates.reduce((left, { extensions: { policies = [], boundsPolicies } }) => {
    if (boundsPolicies) return [];
    return policies.includes(anyPolicy) ? left : left.filter((each) => policies.includes(each));
  }, wanted);
}

/** An anchor is revoked by taking it away. */
function checkRevocation(
  path: Path,
  at: number,
  time: number,
  { revocation }: PathPolicy,
): PathCheck[] {
  if (revocation === undefined || at === path.certificates.length - 1) return [];
  const standing = standingOf(path, at, revocation, time);
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
