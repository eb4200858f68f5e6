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

/** What schemas need to know of a type: nothing of when they count. */
export function schemasOf({ id, versions }: Pick<Versioned, 'versions'> & { readonly id: string }) {
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
  if (first === undefined) throw notCounting(type, judged, at, pin);
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

function notCounting(
  type: Versioned,
  judged: readonly JudgedVersion[],
  at: number,
  pin: string | undefined,
): Fault {
  if (pin !== undefined) return new Fault('CONTENT_VERSION_PINNED', { public: pin });
  const named = type.versions.filter(({ version }) =>
    judged.some((each) => each.version === version),
  );
  const next = named.find(({ window }) => !isOver(window, at));
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

function isOver(window: Window | undefined, at: number): boolean {
  if (window === undefined || window.until === null) return false;
  return window.until <= at || (window.from !== null && window.until <= window.from);
}

/** The name of a version that was given none: what stands last in its namespace, with digits. */
export function versionNameOf(namespace: string): string {
  const last = namespace.split(/[/:#]/).findLast((part) => part !== '') ?? '';
  return /\d/.test(last) ? last : namespace;
}
