import type { Kysely, Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import { type Window, windowWords } from '../pki/window.ts';
import type { SchemaTurnTable } from '../store/declared-tables.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import { listVersions, type StoredVersion } from './schema-versions.ts';
import { endedBy } from './turns.ts';
import { isOpen, rootsOf } from './type-versions.ts';
import { columnsOf } from './windowed.ts';

/** Names a version of a message type. */
export interface NamedVersion {
  readonly type: string;
  readonly version: string;
}

/** From when a version counts, and what becomes of those before it. Times are ms UTC. */
export interface Activation extends NamedVersion {
  readonly at: number;
  /** How long after that the versions before it count too; undefined: they go on. */
  readonly overlapMs: number | undefined;
  readonly rollback: StoredVersion['rollback'];
}

/** A version that another ends. */
export type EndedVersion = StoredVersion & { readonly window: Window };

type Changing = Pick<ApplyContext, 'journal' | 'who' | 'now' | 'random'>;

/**
 * Lets a version count from a moment on, on every node. Those before it end with the overlap, as endedBy
 * says. One that counted before may do so again.
 *
 * @throws ApplyRefused where there is none, or another type has its root
 */
export function activateVersion(
  context: Changing,
  { type, version, at, overlapMs, rollback }: Activation,
): Promise<{ readonly version: StoredVersion; readonly ended: readonly EndedVersion[] }> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const all = await versionsOf(scope.tx, type);
    const chosen = pick(all, type, version);
    await refuseTakenRoot(scope.tx, chosen, context.now());
    const others = all.filter((each) => each !== chosen);
    const ended =
      overlapMs === undefined
        ? []
        : endedBy(chosen.window, others, { at, overlapMs, now: context.now() });
    const before = ended.map((each) => ({
      version: each.ended.version,
      until: each.ended.window?.until ?? null,
    }));
    await turn(context, scope, chosen, { from: at, until: null }, { ended: before, rollback });
    for (const each of ended) await turn(context, scope, each.ended, each.window);
    await raiseRevision(scope.tx);
    return {
      version: chosen,
      ended: ended.map((each) => ({ ...each.ended, window: each.window })),
    };
  });
}

/** A message is known by its root: of two types that have it one may count. */
async function refuseTakenRoot(
  tx: Transaction<Tables>,
  chosen: StoredVersion,
  now: number,
): Promise<void> {
  const roots = rootsOf(chosen);
  const other = (await listVersions(tx)).find(
    (each) =>
      each.messageType !== chosen.messageType &&
      isOpen(each.window, now) &&
      rootsOf(each).some((root) => roots.includes(root)),
  );
  if (other === undefined) return;
  throw new ApplyRefused(
    `корень ${roots[0]} принадлежит виду сведений ${other.messageType} (${other.version}) / the root belongs to that message type`,
  );
}

/** What a rollback did. */
export interface RolledBack {
  readonly version: StoredVersion;
  /** Those that count again, or longer. */
  readonly restored: readonly EndedVersion[];
}

/** Why a version is rolled back where nobody said so. */
export interface RollbackReason {
  readonly taken: number;
  readonly refused: number;
  readonly share: number;
}

/**
 * Takes a version back at once: it counts no more, and those that it ended count as if it had never begun.
 *
 * @param named without `version`: the one that was told last to begin
 * @throws ApplyRefused where there is none that counts or will, or nothing would count without it
 */
export function rollBackVersion(
  context: Changing,
  { type, version }: Pick<NamedVersion, 'type'> & Partial<NamedVersion>,
  reason?: RollbackReason,
): Promise<RolledBack> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const now = context.now();
    const all = await versionsOf(scope.tx, type);
    const chosen = version === undefined ? lastBegun(all, type, now) : pick(all, type, version);
    const { window } = chosen;
    if (window === undefined || !isOpen(window, now)) throw new ApplyRefused(notOpen);
    const restored = endedFor(chosen, all, now);
    const others = all.filter((each) => each !== chosen);
    if (!restored.length && !others.some((each) => isOpen(each.window, now))) {
      throw new ApplyRefused(nothingElse);
    }
    const until = Math.max(now, window.from ?? now);
    const over = window.from !== null && window.from > now ? window.from : until;
    await turn(context, scope, chosen, { from: window.from, until: over }, { ended: [], reason });
    for (const each of restored) await turn(context, scope, each, each.window);
    await raiseRevision(scope.tx);
    return { version: chosen, restored };
  });
}

const notOpen = 'эта версия не действует / the version does not count';
const nothingElse =
  'без этой версии не действовала бы ни одна: сначала schema activate другой / ' +
  'no version would count without it: activate another first';

/** What it ended, with the windows that they had before. */
function endedFor(
  { turn }: StoredVersion,
  all: readonly StoredVersion[],
  now: number,
): EndedVersion[] {
  const ended = JSON.parse(turn?.ended ?? '[]') as { version: string; until: number | null }[];
  return ended.flatMap(({ version, until }) => {
    const found = all.find((each) => each.version === version);
    if (found?.window === undefined || (until !== null && until <= now)) return [];
    return [{ ...found, window: { from: found.window.from, until } }];
  });
}

function lastBegun(all: readonly StoredVersion[], type: string, now: number): StoredVersion {
  const [last] = all
    .filter(
      ({ turn, window }) => turn !== undefined && turn.from_at !== null && isOpen(window, now),
    )
    .toSorted((a, b) => (b.window?.from ?? 0) - (a.window?.from ?? 0));
  if (last !== undefined) return last;
  throw new ApplyRefused(`${type}: нечего откатывать / there is nothing to roll back`);
}

/**
 * Pins a system to one version of a type: no other counts for what it sends, and that one does so after its
 * end too.
 *
 * @param version null takes the pin off
 * @throws ApplyRefused where there is no such version, system or pin
 */
export function pinVersion(
  context: Changing,
  { type, system, version }: { type: string; system: string; version: string | null },
): Promise<void> {
  return context.journal.commit(async (scope) => {
    const { tx } = scope;
    await lockRevision(tx);
    const known = await tx
      .selectFrom('information_system')
      .select('id')
      .where('id', '=', system)
      .executeTakeFirst();
    if (known === undefined) {
      throw new ApplyRefused(`нет системы ${system} / there is no such system`);
    }
    const all = await versionsOf(tx, type);
    if (version !== null) pick(all, type, version);
    const { numDeletedRows } = await tx
      .deleteFrom('schema_pin')
      .where('message_type', '=', type)
      .where('system', '=', system)
      .executeTakeFirst();
    if (version === null && numDeletedRows === 0n) {
      throw new ApplyRefused(`${system}: не закреплена / it is not pinned`);
    }
    if (version !== null) {
      await tx.insertInto('schema_pin').values({ message_type: type, system, version }).execute();
    }
    enter(context, scope, { id: type, system, pinned: version });
    await raiseRevision(tx);
  });
}

/** Counts what a version said of messages since it began. @returns its counts, undefined where it is not told */
export async function countVerdicts(
  db: Kysely<Tables>,
  { type, version }: NamedVersion,
  { taken, refused }: { readonly taken: number; readonly refused: number },
): Promise<Pick<SchemaTurnTable, 'taken' | 'refused'> | undefined> {
  return db
    .updateTable('schema_turn')
    .set((row) => ({
      taken: row('taken', '+', taken),
      refused: row('refused', '+', refused),
    }))
    .where('message_type', '=', type)
    .where('version', '=', version)
    .returning(['taken', 'refused'])
    .executeTakeFirst();
}

async function versionsOf(tx: Transaction<Tables>, type: string): Promise<StoredVersion[]> {
  const all = (await listVersions(tx)).filter(({ messageType }) => messageType === type);
  if (all.length > 0) return all;
  throw new ApplyRefused(`нет вида сведений ${type} / there is no such message type`);
}

function pick(all: readonly StoredVersion[], type: string, version: string): StoredVersion {
  const found = all.find((each) => each.version === version);
  if (found !== undefined) return found;
  const known = all.map((each) => each.version).join(', ');
  throw new ApplyRefused(
    `${type}: нет версии ${version}; есть / there is no such version; there are: ${known}`,
  );
}

interface Turned {
  readonly ended?: readonly { readonly version: string; readonly until: number | null }[];
  readonly rollback?: StoredVersion['rollback'];
  readonly reason?: RollbackReason | undefined;
}

async function turn(
  context: Changing,
  scope: CommitScope,
  stored: StoredVersion,
  window: Window,
  { ended, rollback, reason }: Turned = {},
): Promise<void> {
  const { messageType: message_type, version } = stored;
  const isBegun = ended !== undefined && reason === undefined;
  const columns = {
    ...columnsOf(window),
    ...(ended && { ended: JSON.stringify(ended) }),
    ...(isBegun && {
      rollback_share: rollback?.share ?? null,
      rollback_least: rollback?.least ?? 0,
      taken: 0,
      refused: 0,
    }),
  };
  const fresh = { ended: '[]', rollback_share: null, rollback_least: 0, taken: 0, refused: 0 };
  await scope.tx
    .insertInto('schema_turn')
    .values({ message_type, version, ...fresh, ...columns })
    .onConflict((conflict) => conflict.columns(['message_type', 'version']).doUpdateSet(columns))
    .execute();
  enter(context, scope, {
    ...{ id: message_type, version, when: windowWords(window) },
    ...(rollback && { rollback }),
    ...(reason && { reason }),
  });
}

function enter({ who, now, random }: Changing, scope: CommitScope, told: object): void {
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    detail: { who, what: 'schemaVersion', change: 'changed', ...told },
  });
}
