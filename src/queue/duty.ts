import type { Kysely } from 'kysely';
import { clockSkewMs, type Millis } from '../clock.ts';
import type { Tables } from '../store/tables.ts';

/**
 * Takes a duty for so long, unless another process has it: of many that ask, one does the work. Whoever
 * dies with it loses it when the time is over; a time further ahead than `forMs` was written before the
 * clock was set back.
 */
export async function takeDuty(
  db: Kysely<Tables>,
  name: string,
  now: Millis,
  forMs: number,
): Promise<boolean> {
  const held_until = now + forMs;
  const taken = await db
    .insertInto('duty')
    .values({ name, held_until })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ held_until })
        .where((row) =>
          row.or([
            row('duty.held_until', '<=', now),
            row('duty.held_until', '>', held_until + clockSkewMs),
          ]),
        ),
    )
    .returning('name')
    .executeTakeFirst();
  return taken !== undefined;
}

/** Lets go of a duty: whoever asks after this time has it. */
export async function leaveDuty(db: Kysely<Tables>, name: string, until: Millis): Promise<void> {
  await db.updateTable('duty').set({ held_until: until }).where('name', '=', name).execute();
}

/** Frees every duty: whoever had one is dead. Only for a process that has the database to itself. */
export async function freeDuties(db: Kysely<Tables>): Promise<void> {
  await db.deleteFrom('duty').execute();
}
