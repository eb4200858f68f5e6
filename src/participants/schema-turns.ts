import type { Kysely, Transaction } from 'kysely';
import type { CommitScope } from '../journal/writer.ts';
import { isWithin, type Window, windowWords } from '../pki/window.ts';
import type { SchemaTurnTable } from '../store/declared-tables.ts';
import type { Tables } from '../store/tables.ts';
import { ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import {
  type Changing,
  enterVersionChange,
  pickVersion,
  refuseTakenRoots,
  versionsOf,
} from './schema-changing.ts';
import type { StoredVersion } from './schema-versions.ts';
import { endedBy } from './turns.ts';
import { isOpen } from './type-versions.ts';
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
    const chosen = pickVersion(all, type, version);
    const now = context.now();
    await refuseTakenRoots(scope.tx, [chosen], now);
    const from = beginningOf(chosen, at, now);
    const others = all.filter((each) => each !== chosen);
    const ended =
      overlapMs === undefined ? [] : endedBy(chosen.window, others, { at, overlapMs, now });
    const before = merged(isOpen(chosen.window, now) ? endedFor(chosen) : [], ended);
    await turn(context, scope, chosen, { from, until: null }, { ended: before, rollback });
    for (const each of ended) await turn(context, scope, each.ended, each.window);
    await raiseRevision(scope.tx);
    return {
      version: chosen,
      ended: ended.map((each) => ({ ...each.ended, window: each.window })),
    };
  });
}

/**
 * What counts goes on without a pause; what is to begin begins when it is told.
 *
 * @throws ApplyRefused where it counts now and is to begin later
 */
function beginningOf({ window }: StoredVersion, at: number, now: number): number | null {
  if (window === undefined || !isWithin(window, now)) return at;
  if (at <= now) return window.from;
  throw new ApplyRefused(
    'она уже действует: назовите --at now, чтобы действовала дальше, или schema rollback той, что её сменила / ' +
      'it counts already: --at now lets it go on, or roll back the one that ended it',
  );
}

/** When a version would end were it not for another. */
interface EndBefore {
  readonly version: string;
  readonly until: number | null;
}

/** What was ended before keeps the end that it had before that. */
function merged(
  known: readonly EndBefore[],
  ended: readonly { readonly ended: StoredVersion }[],
): EndBefore[] {
  const fresh = ended.map(({ ended: { version, window } }) => ({
    version,
    until: window?.until ?? null,
  }));
  return [
    ...known,
    ...fresh.filter(({ version }) => !known.some((each) => each.version === version)),
  ];
}

function endedFor({ turn }: Pick<StoredVersion, 'turn'>): EndBefore[] {
  return JSON.parse(turn?.ended ?? '[]') as EndBefore[];
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
    const chosen =
      version === undefined ? lastBegun(all, type, now) : pickVersion(all, type, version);
    const { window } = chosen;
    if (window === undefined || !isOpen(window, now)) throw new ApplyRefused(notOpen);
    const restored = restoredBy(chosen, all, now);
    await refuseTakenRoots(scope.tx, restored, now);
    const others = all.filter((each) => each !== chosen);
    if (!restored.length && !others.some((each) => isOpen(each.window, now))) {
      throw new ApplyRefused(nothingElse);
    }
    const until = Math.max(now, window.from ?? now);
    const over = window.from !== null && window.from > now ? window.from : until;
    await turn(context, scope, chosen, { from: window.from, until: over }, { ended: [], reason });
    for (const each of restored) await turn(context, scope, each, each.window);
    await forgetIn(scope.tx, chosen, all);
    await raiseRevision(scope.tx);
    return { version: chosen, restored };
  });
}

const notOpen = 'эта версия не действует / the version does not count';
const nothingElse =
  'без этой версии не действовала бы ни одна: сначала schema activate другой / ' +
  'no version would count without it: activate another first';

/** What it ended, as it would count without it: no longer than it would itself. */
function restoredBy(
  chosen: StoredVersion,
  all: readonly StoredVersion[],
  now: number,
): EndedVersion[] {
  const own = chosen.window?.until ?? null;
  return endedFor(chosen).flatMap(({ version, until: before }) => {
    const found = all.find((each) => each.version === version);
    const until = before === null || own === null ? (before ?? own) : Math.min(before, own);
    if (found?.window === undefined || (until !== null && until <= now)) return [];
    return [{ ...found, window: { from: found.window.from, until } }];
  });
}

/** What ended it has from now on ended what it had ended: a later rollback does not bring it back. */
async function forgetIn(
  tx: Transaction<Tables>,
  chosen: StoredVersion,
  all: readonly StoredVersion[],
): Promise<void> {
  for (const { messageType, version, turn: row } of all) {
    const ended = endedFor({ turn: row });
    if (version === chosen.version || !ended.some((each) => each.version === chosen.version)) {
      continue;
    }
    const others = ended.filter((each) => each.version !== chosen.version);
    const kept = [
      ...others,
      ...endedFor(chosen).filter((each) => !others.some((it) => it.version === each.version)),
    ];
    await tx
      .updateTable('schema_turn')
      .set({ ended: JSON.stringify(kept) })
      .where('message_type', '=', messageType)
      .where('version', '=', version)
      .execute();
  }
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

interface Turned {
  readonly ended?: readonly EndBefore[];
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
  enterVersionChange(context, scope, {
    ...{ id: message_type, version, when: windowWords(window) },
    ...(rollback && { rollback }),
    ...(reason && { reason }),
  });
}
