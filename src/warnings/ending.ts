import { createHash } from 'node:crypto';
import type { Authority, Registration } from '../participants/registration.ts';
import type { Declared, Registry } from '../participants/registry.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { RevocationList } from '../pki/crl.ts';

/**
 * What may end: certificates that operators declared, lists of revoked ones, and a node's own.
 * `client`: with which it calls others; `peer`: by which it knows them.
 */
export type EndingKind =
  | 'systemCertificate'
  | 'trustAnchor'
  | 'intermediate'
  | 'revocationList'
  | 'nodeKey'
  | 'tls'
  | 'client'
  | 'peer';

/** Something in use that ends. Times are ms UTC. */
export interface Ending {
  readonly what: EndingKind;
  /** Fingerprint of the certificate; of a list, SHA-256 of its signature. Lower-case hex. */
  readonly id: string;
  readonly subject: string;
  /** The system, the id of the declaration, or the place in the configuration. */
  readonly owner: string;
  readonly beginsAt: number;
  readonly endsAt: number;
  /** What counts in its place at that time and beyond: then the end is no matter. */
  readonly replacedBy: string | undefined;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

// A certificate that begins in the second after the last of another leaves no gap.
export const gapMs = 1000;

/** What counts now or will, of what operators declared. @param now ms UTC */
export function endingsOf(registry: Registry, now: number): Ending[] {
  const { certificates, anchors, intermediates } = registry.declared;
  const authorities = [...anchors, ...intermediates];
  return merged(
    [
      ...systemEndings(certificates, now),
      ...anchors.map((each) => authorityEnding('trustAnchor', each, anchors, now)),
      ...intermediates.map((each) => authorityEnding('intermediate', each, authorities, now)),
    ]
      .filter(({ window }) => window.until === null || window.until > now)
      .map(({ ending }) => ending)
      .filter(({ beginsAt, endsAt }) => beginsAt < endsAt)
      .concat(listEndings(registry, authorities, now)),
  );
}

interface Bounded extends Pick<Registration, 'window'> {
  readonly ending: Ending;
}

function systemEndings(certificates: Declared['certificates'], now: number): Bounded[] {
  const bySystem = grouped(certificates, ({ system }) => system);
  return certificates.map((registered) => {
    const { certificate, system, window } = registered;
    const others = (bySystem.get(system) ?? []).filter(
      (other) => other.certificate.keyKind === certificate.keyKind,
    );
    return {
      window,
      ending: certificateEnding('systemCertificate', system, { registered, others, now }),
    };
  });
}

/** A renewed authority has its name and its key: what was issued before hangs on to it as well. */
function authorityEnding(
  what: 'trustAnchor' | 'intermediate',
  authority: Authority,
  all: readonly Authority[],
  now: number,
): Bounded {
  const { subjectName, publicKeyInfo } = authority.certificate.parts;
  const others = all.filter(
    ({ certificate: { parts } }) =>
      parts.subjectName.equals(subjectName) && parts.publicKeyInfo.equals(publicKeyInfo),
  );
  return {
    window: authority.window,
    ending: certificateEnding(what, authority.id, { registered: authority, others, now }),
  };
}

interface Succession {
  readonly registered: Registration;
  readonly others: readonly Registration[];
  readonly now: number;
}

function certificateEnding(
  what: EndingKind,
  owner: string,
  { registered, others, now }: Succession,
): Ending {
  const { certificate } = registered;
  const { from, to } = spanOf(registered);
  const next = others.find(
    (other) =>
      other.certificate.fingerprint !== certificate.fingerprint &&
      isThereAt(spanOf(other), Math.max(to, now)),
  );
  return {
    ...factsOf(what, owner, certificate),
    ...{ beginsAt: from, endsAt: to, replacedBy: next?.certificate.fingerprint },
  };
}

/** When a certificate is valid and counts. */
export function spanOf({ certificate, window }: Registration): Span {
  return {
    from: Math.max(certificate.notBefore, window.from ?? certificate.notBefore),
    to: Math.min(certificate.notAfter, window.until ?? certificate.notAfter),
  };
}

/** Whether it holds on beyond an end, ms UTC. */
export function isThereAt({ from, to }: Span, end: number): boolean {
  return from <= end + gapMs && to > end;
}

/** The end of a certificate that nothing is known to replace. */
export function factsOf(what: EndingKind, owner: string, certificate: Certificate): Ending {
  const { fingerprint, subject, notBefore, notAfter } = certificate;
  const times = { beginsAt: notBefore, endsAt: notAfter };
  return { what, id: fingerprint, subject, owner, ...times, replacedBy: undefined };
}

/** The lists that certificates are looked up in; those whose issuer is no longer declared are not. */
function listEndings(registry: Registry, authorities: readonly Authority[], now: number): Ending[] {
  const lists = registry.declared.revocation?.lists ?? [];
  return lists.flatMap((list): Ending[] => {
    const { thisUpdate, nextUpdate, signature } = list;
    const issuer = authorities.find((each) => isIssuer(each, list) && spanOf(each).to > now);
    if (nextUpdate === undefined || issuer === undefined) return [];
    return [
      {
        ...{ what: 'revocationList', id: createHash('sha256').update(signature).digest('hex') },
        ...{ subject: issuer.certificate.subject, owner: issuer.id },
        ...{ beginsAt: thisUpdate, endsAt: nextUpdate, replacedBy: undefined },
      },
    ];
  });
}

function isIssuer({ certificate }: Authority, { issuerName, authorityKeyId }: RevocationList) {
  const { parts, extensions } = certificate;
  if (!parts.subjectName.equals(issuerName)) return false;
  const own = extensions.subjectKeyId;
  return authorityKeyId === undefined || own === undefined || own.equals(authorityKeyId);
}

/** One certificate in several places is one end, the latest of them. */
export function merged(endings: readonly Ending[]): Ending[] {
  return [...grouped(endings, keyOf).values()].map((same) => {
    const [last] = same.toSorted((a, b) => b.endsAt - a.endsAt);
    const owner = [...new Set(same.map((each) => each.owner))].join(', ');
    return { ...(last as Ending), owner };
  });
}

function grouped<T>(all: readonly T[], keyOfEach: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const group = groups.get(keyOfEach(each));
    if (group === undefined) groups.set(keyOfEach(each), [each]);
    else group.push(each);
  }
  return groups;
}

/** What tells one end from all others. */
export function keyOf({ what, id }: { readonly what: string; readonly id: string }): string {
  return `${what} ${id}`;
}

/** Those nearest in time, before or behind. @param now ms UTC */
export function nearest(endings: readonly Ending[], now: number, most: number): Ending[] {
  return endings
    .toSorted((a, b) => Math.abs(a.endsAt - now) - Math.abs(b.endsAt - now))
    .slice(0, most);
}
