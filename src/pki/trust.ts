import { day } from '../clock.ts';
import { Fault } from '../fault/fault.ts';
import type { Certificate } from './certificate.ts';
import { type OldAlgorithms, type Path, pathsOf, type TrustStore } from './path.ts';
import { checkPath, type PathCheck, type PathPolicy } from './path-checks.ts';
import { ruleWords } from './path-words.ts';

export type { OldAlgorithms, TrustStore } from './path.ts';

/** A path with what was checked of it. */
export interface JudgedPath {
  readonly path: Path;
  readonly checks: readonly PathCheck[];
}

/**
 * May a message signed by this certificate be believed at this time: a path leads from it to an anchor
 * that satisfies every rule of RFC 5280 §6.1 that needs no network. An anchor is trusted for itself,
 * root or intermediate; nothing that a message brings is part of a path. Undefined when it may.
 *
 * @param at ms UTC
 * @param old algorithms of issuers that are believed by name alone; SHA-1 is none of them
 */
export function judgeCertificate(
  certificate: Certificate,
  trust: TrustStore,
  at: number,
  old: OldAlgorithms = {},
): Fault | undefined {
  const judged = bestPath(certificate, trust, at, old);
  const bad = judged.checks.find(({ good }) => !good);
  return bad && refusal(judged.path, bad);
}

/** The path that satisfies most: one that satisfies all, where there is one. */
export function bestPath(
  certificate: Certificate,
  trust: TrustStore,
  at: number,
  old: OldAlgorithms = {},
): JudgedPath {
  const policy: PathPolicy = { policies: trust.policies ?? [], revocation: trust.revocation };
  let best: JudgedPath | undefined;
  for (const path of rememberedPaths(certificate, trust, old)) {
    const judged = { path, checks: checkPath(path, at, policy) };
    if (badOf(judged) === 0) return judged;
    if (best === undefined || badOf(judged) < badOf(best)) best = judged;
  }
  if (best === undefined) throw new Error('a certificate without any path');
  return best;
}

function badOf({ checks }: JudgedPath): number {
  return checks.filter(({ good }) => !good).length;
}

type Paths = Map<string, readonly Path[]>;

const remembered = new Map<string, Paths>();
const rememberedMax = 10_000;
/** Sets of authorities: a few that take turns with time, and those before a change. */
const setsMax = 16;
const sets = new WeakMap<TrustStore, Paths>();

/** Stores of the same authorities share what was found: a new list or answer changes nobody's issuer. */
function pathsUnder(trust: TrustStore): Paths {
  const known = sets.get(trust);
  if (known !== undefined) return known;
  const of = [trust.anchors, trust.intermediates]
    .map((all) => all.map(({ fingerprint }) => fingerprint).join(' '))
    .join('|');
  const paths = remembered.get(of) ?? new Map<string, readonly Path[]>();
  remembered.delete(of);
  remembered.set(of, paths);
  const [eldest] = remembered.keys();
  if (remembered.size > setsMax && eldest !== undefined) remembered.delete(eldest);
  sets.set(trust, paths);
  return paths;
}

/** Who signed whom does not change with time. */
function rememberedPaths(
  certificate: Certificate,
  trust: TrustStore,
  old: OldAlgorithms,
): readonly Path[] {
  const known = pathsUnder(trust);
  const question = `${certificate.fingerprint} ${old.gost2001 === true}`;
  const before = known.get(question);
  if (before !== undefined) return before;
  const paths = pathsOf(certificate, trust, old);
  if (known.size < rememberedMax) known.set(question, paths);
  return paths;
}

/** A fault in the words of the rule; dates and names tell which certificate it is about. */
function refusal(path: Path, { rule, at, standing }: PathCheck): Fault {
  const certificate = path.certificates[at] ?? path.certificates[0];
  if (at === 0 && rule === 'not-after') {
    return new Fault('CERTIFICATE_EXPIRED', { public: day(certificate.notAfter) });
  }
  if (at === 0 && rule === 'not-before') {
    return new Fault('CERTIFICATE_NOT_YET_VALID', { public: day(certificate.notBefore) });
  }
  if (rule === 'revoked' && standing?.kind === 'revoked') {
    const who = at === 0 ? '' : `: ${certificate.subject}`;
    return new Fault('CERTIFICATE_REVOKED', { public: `${day(standing.since)}${who}` });
  }
  if (rule === 'revocation') {
    return new Fault('CERTIFICATE_STATUS_UNKNOWN', { public: certificate.issuer });
  }
  return new Fault('CERTIFICATE_UNTRUSTED', {
    public: ruleWords(rule, certificate, path.broken, standing).ru,
  });
}
