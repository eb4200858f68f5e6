import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';
import type { Told, Warning } from './due.ts';
import type { Way } from './way.ts';

/** All that was told by a way, by any node. */
export function readTold(db: Kysely<Tables>, way: Way['name']): Promise<Told[]> {
  return db
    .selectFrom('warning')
    .select(['what', 'id', 'ends_at', 'threshold', 'told_at'])
    .where('way', '=', way)
    .execute();
}

/** Notes what was told, in the place of what was told of the same before. @param at ms UTC */
export async function recordTold(
  db: Kysely<Tables>,
  way: Way['name'],
  warnings: readonly Warning[],
  at: number,
): Promise<void> {
  const rows = warnings.map(({ ending: { what, id, endsAt }, threshold }) => ({
    ...{ way, what, id, ends_at: endsAt, threshold, told_at: at },
  }));
  await db
    .insertInto('warning')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['way', 'what', 'id']).doUpdateSet((row) => ({
        ends_at: row.ref('excluded.ends_at'),
        threshold: row.ref('excluded.threshold'),
        told_at: row.ref('excluded.told_at'),
      })),
    )
    .execute();
}

/** Removes what was told of things that are gone. */
export async function forgetTold(
  db: Kysely<Tables>,
  way: Way['name'],
  gone: readonly Told[],
): Promise<void> {
  for (const { what, id } of gone) {
    await db
      .deleteFrom('warning')
      .where('way', '=', way)
      .where('what', '=', what)
      .where('id', '=', id)
      .execute();
  }
}
