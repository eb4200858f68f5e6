import type { RevocationList } from '../pki/crl.ts';
import type { Registration } from './registration.ts';
import type { Declared, Registry } from './registry.ts';
import type { Versioned } from './type-versions.ts';

/**
 * The times ahead at which something begins or ends that a change touches, the earliest first, ms UTC:
 * bounds of the certificates and versions of message types that it adds, removes or moves; the validity of new authorities; the dates of
 * revocation lists.
 *
 * @param now ms UTC; what is not after it is not told
 */
export function momentsOf(before: Registry, after: Registry, now: number): number[] {
  const old = byPlace(before.declared);
  const fresh = byPlace(after.declared);
  const bounds = [...new Set([...old.keys(), ...fresh.keys()])].flatMap((place) =>
    boundsOf(old.get(place), fresh.get(place)),
  );
  const moments = new Set([...bounds, ...validityOf(before.declared, after.declared)]);
  for (const at of versionBounds(before, after)) moments.add(at);
  for (const at of listDates(before.declared, after.declared, now)) moments.add(at);
  return [...moments].filter((at) => at > now).sort((a, b) => a - b);
}

/** From when until when versions of message types count that did not, or otherwise. */
function versionBounds(before: Registry, after: Registry): number[] {
  const placed = ({ messageTypes }: Registry) =>
    new Map(messageTypes.flatMap(({ id, versions }) => versions.map((each) => place(id, each))));
  const [old, fresh] = [placed(before), placed(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key) =>
    boundsOf(old.get(key), fresh.get(key)),
  );
}

function place(id: string, { version, window }: Versioned['versions'][number]) {
  return [JSON.stringify([id, version]), window && { window }] as const;
}

function byPlace({ certificates, anchors, intermediates }: Declared): Map<string, Registration> {
  const placed = (place: string, each: Registration) =>
    [`${place} ${each.certificate.fingerprint}`, each] as const;
  return new Map([
    ...certificates.map((each) => placed(`system ${each.system}`, each)),
    ...anchors.map((each) => placed('anchor', each)),
    ...intermediates.map((each) => placed('intermediate', each)),
  ]);
}

type Bounded = Pick<Registration, 'window'>;

/** Of one as it was and as it will be; none where it stays. */
function boundsOf(old: Bounded | undefined, fresh: Bounded | undefined): number[] {
  const [was, is] = [old?.window, fresh?.window];
  if (was && is && was.from === is.from && was.until === is.until) return [];
  return [was?.from, was?.until, is?.from, is?.until].filter((at) => typeof at === 'number');
}

/** From when until when authorities are valid that were not there before. */
function validityOf(old: Declared, fresh: Declared): number[] {
  const authorities = ({ anchors, intermediates }: Declared) =>
    [...anchors, ...intermediates].map(({ certificate }) => certificate);
  const known = new Set(authorities(old).map(({ fingerprint }) => fingerprint));
  return authorities(fresh)
    .filter(({ fingerprint }) => !known.has(fingerprint))
    .flatMap(({ notBefore, notAfter }) => [notBefore, notAfter + 1]);
}

/** When lists that come or go begin, revoke, and get too old. */
function* listDates(old: Declared, fresh: Declared, now: number): Generator<number> {
  const [was, is] = [listsOf(old), listsOf(fresh)];
  const changed = [...was, ...is].filter((list) => was.has(list) !== is.has(list));
  for (const { thisUpdate, nextUpdate, revoked } of changed) {
    yield thisUpdate;
    if (nextUpdate !== undefined) yield nextUpdate + 1;
    for (const since of revoked.values()) if (since > now) yield since;
  }
}

function listsOf({ revocation }: Declared): ReadonlySet<RevocationList> {
  return new Set(revocation?.lists);
}
