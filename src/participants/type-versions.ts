import { minute } from '../clock.ts';
import { Fault } from '../fault/fault.ts';
import { isWithin, type Window } from '../pki/window.ts';
import type { JudgedVersion, VersionSchemas } from '../schema/registry.ts';

/** One version of a message type, with when it counts. */
export interface TypeVersion extends VersionSchemas {
  /** undefined of one that was admitted and never told to count. */
  readonly window: Window | undefined;
  /** Rolled back by itself where this share of at least so many messages is refused. */
  readonly rollback: { readonly share: number; readonly least: number } | undefined;
}

type Named = Pick<Versioned, 'versions'> & { readonly id: string };

/**
 * What schemas need to know of types: nothing of when they count, but that a root is of one type. Where two
 * types have it, the one counts that has begun or will; no two do.
 *
 * @param now ms UTC
 */
export function schemasOf(types: readonly Named[], now: number) {
  const owners = new Map<string, string>();
  for (const { id, versions } of types) {
    for (const each of versions.filter(({ window }) => isOpen(window, now))) {
      for (const root of rootsOf(each)) owners.set(root, id);
    }
  }
  return types.map(({ id, versions }) =>
    plainType(
      id,
      versions.filter((each) => rootsOf(each).every((root) => (owners.get(root) ?? id) === id)),
    ),
  );
}

/** Its roots by their expanded names. */
export function rootsOf({
  namespace,
  requestRoot,
  responseRoot,
}: Pick<TypeVersion, 'namespace' | 'requestRoot' | 'responseRoot'>): string[] {
  return [`{${namespace}}${requestRoot}`, `{${namespace}}${responseRoot}`];
}

/** Whether it has begun and not ended, or will begin. @param at ms UTC */
export function isOpen(window: Window | undefined, at: number): boolean {
  if (window === undefined) return false;
  const { from, until } = window;
  return until === null || (until > at && (from === null || from < until));
}

function plainType(id: string, versions: readonly TypeVersion[]) {
  return {
    id,
    versions: versions.map(({ version, namespace, requestRoot, responseRoot, schemas }) => ({
      ...{ version, namespace, requestRoot, responseRoot, schemas },
    })),
  };
}

/** What a message type has of versions. */
export interface Versioned {
  readonly versions: readonly TypeVersion[];
  /** By the id of a system the one version that counts for it. */
  readonly pins: Readonly<Record<string, string>>;
}

/** Versions that count at a time, the one that began last first. @param at ms UTC */
export function countingVersions({ versions }: Pick<Versioned, 'versions'>, at: number) {
  return versions
    .filter(({ window }) => window !== undefined && isWithin(window, at))
    .toSorted((a, b) => beginningOf(b) - beginningOf(a));
}

function beginningOf({ window }: TypeVersion): number {
  return window?.from ?? Number.NEGATIVE_INFINITY;
}

/** Who sends content, and when. */
export interface Sending {
  /** The information system. */
  readonly system: string;
  /** ms UTC */
  readonly at: number;
  /** Of an answer: the version that its request was taken by, which counts whatever became of it since. */
  readonly asked?: string | null | undefined;
}

/**
 * The version that content is taken by: of those that count for the system the one that began last and
 * that it fits.
 *
 * @param judged what each version that has the root says
 * @throws Fault CONTENT_INVALID, CONTENT_VERSION_ENDED, CONTENT_VERSION_NOT_ACTIVE, CONTENT_VERSION_PINNED
 */
export function versionFor(
  type: Versioned,
  judged: readonly JudgedVersion[],
  { system, at, asked }: Sending,
): string {
  const pin = type.pins[system];
  const counting =
    pin === undefined ? countingVersions(type, at).map(({ version }) => version) : [pin];
  const allowed = typeof asked === 'string' ? [...counting, asked] : counting;
  const candidates = allowed.flatMap(
    (name) => judged.find(({ version }) => version === name) ?? [],
  );
  const [first] = candidates;
  if (first === undefined)
    throw notCounting(
      type,
      judged.map(({ version }) => version),
      at,
      pin,
    );
  const taken = candidates.find(({ findings }) => findings.length === 0);
  if (taken === undefined) throw new Fault('CONTENT_INVALID', { findings: first.findings });
  return taken.version;
}

/**
 * Versions that an agency may answer in, the likeliest first: the one that it was asked in, and what counts.
 *
 * @param asked null where nobody wrote it down
 * @param at ms UTC
 */
export function answerVersions(
  type: Pick<Versioned, 'versions'>,
  asked: string | null,
  at: number,
): string[] {
  const counting = countingVersions(type, at).map(({ version }) => version);
  return [...new Set(asked === null ? counting : [asked, ...counting])];
}

/**
 * Why content that does not fit its schemas would be refused whatever it held: its versions count for nobody.
 *
 * @param names the versions that have its root
 * @param at ms UTC
 * @returns undefined where one of them counts for somebody
 */
export function refusedVersion(
  type: Versioned,
  names: readonly string[],
  at: number,
): Fault | undefined {
  const counting = [
    ...countingVersions(type, at).map(({ version }) => version),
    ...Object.values(type.pins),
  ];
  return names.some((name) => counting.includes(name))
    ? undefined
    : notCounting(type, names, at, undefined);
}

function notCounting(
  type: Versioned,
  names: readonly string[],
  at: number,
  pin: string | undefined,
): Fault {
  if (pin !== undefined) return new Fault('CONTENT_VERSION_PINNED', { public: pin });
  const named = type.versions.filter(({ version }) => names.includes(version));
  const next = named.find(({ window }) => window === undefined || isOpen(window, at));
  if (next !== undefined) {
    const from = next.window?.from;
    const when = from == null ? '' : `, с / from ${minute(from)}`;
    return new Fault('CONTENT_VERSION_NOT_ACTIVE', { public: `${next.version}${when}` });
  }
  const [ended] = named;
  const until = ended?.window?.until;
  const [current] = countingVersions(type, at);
  const words = [
    `${ended?.version ?? ''}${until == null ? '' : `, до / until ${minute(until)}`}`,
    ...(current === undefined
      ? []
      : [`действует / counts: ${current.version} (${current.namespace})`]),
  ];
  return new Fault('CONTENT_VERSION_ENDED', { public: words.join('; ') });
}

/** The name of a version that was given none: what stands last in its namespace, with digits. */
export function versionNameOf(namespace: string): string {
  const last = namespace.split(/[/:#]/).findLast((part) => part !== '') ?? '';
  return /\d/.test(last) ? last : namespace;
}
