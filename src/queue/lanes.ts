import type { Kysely } from 'kysely';
import type { Millis } from '../clock.ts';
import type { Tables } from '../store/tables.ts';
import { type BreakerRules, breakerOf, type LaneState, openFor } from './breaker.ts';

// The breakers of the lanes, in the database: all processes see the same, after a restart too. They
// are written apart from what they speak of: a breaker that is wrong for a moment loses nothing.

const fine: LaneState = { failures: 0, open_until: 0 };

/** How a lane fares. */
export async function readLane(db: Kysely<Tables>, name: string): Promise<LaneState> {
  const row = await db
    .selectFrom('lane')
    .select(['failures', 'open_until'])
    .where('name', '=', name)
    .executeTakeFirst();
  return row ?? fine;
}

/** May an attempt begin in this lane? Where the agency is to be tried, one caller alone may. */
export async function mayBegin(
  db: Kysely<Tables>,
  name: string,
  now: Millis,
  rules: BreakerRules,
): Promise<boolean> {
  const state = await readLane(db, name);
  const breaker = breakerOf(state, now, rules);
  if (breaker !== 'half-open') return breaker === 'closed';
  // Whoever moves the time on has the try; where it dies, the next one has it later.
  const { numUpdatedRows } = await db
    .updateTable('lane')
    .set({ open_until: now + rules.openMs })
    .where('name', '=', name)
    .where('open_until', '=', state.open_until)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** An attempt found the agency down; returns until when the lane is cut off, 0 where it is not. */
export async function noteDown(
  db: Kysely<Tables>,
  name: string,
  now: Millis,
  rules: BreakerRules,
): Promise<Millis> {
  const { failures } = await db
    .insertInto('lane')
    .values({ name, failures: 1, open_until: 0 })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((row) => ({ failures: row('lane.failures', '+', 1) })),
    )
    .returning('failures')
    .executeTakeFirstOrThrow();
  const openMs = openFor(failures, rules);
  if (openMs === 0) return 0;
  await shut(db, name, now + openMs);
  return now + openMs;
}

/** The agency answered. */
export async function noteUp(db: Kysely<Tables>, name: string): Promise<void> {
  await db
    .updateTable('lane')
    .set({ failures: 0, open_until: 0 })
    .where('name', '=', name)
    .where((row) => row.or([row('failures', '>', 0), row('open_until', '>', 0)]))
    .execute();
}

/** The lanes whose agency was found down, and which are cut off. */
export async function findDown(
  db: Kysely<Tables>,
  now: Millis,
  rules: BreakerRules,
): Promise<string[]> {
  const rows = await db
    .selectFrom('lane')
    .select('name')
    .where('failures', '>=', rules.failures)
    .where('open_until', '>', now)
    .execute();
  return rows.map(({ name }) => name);
}

/** The agency seems to be up: the next attempt may try it. */
export async function tryAgain(db: Kysely<Tables>, name: string): Promise<void> {
  await db.updateTable('lane').set({ open_until: 0 }).where('name', '=', name).execute();
}

/** The agency asks to be left alone until a time. */
export async function pause(db: Kysely<Tables>, name: string, until: Millis): Promise<void> {
  await db
    .insertInto('lane')
    .values({ name, failures: 0, open_until: until })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ open_until: until }))
    .execute();
}

async function shut(db: Kysely<Tables>, name: string, until: Millis): Promise<void> {
  await db.updateTable('lane').set({ open_until: until }).where('name', '=', name).execute();
}
