import type { Kysely } from 'kysely';
import type { RevocationQuestionTable } from '../store/revocation-tables.ts';
import type { Tables } from '../store/tables.ts';

/** When the node last asked for each list and answer, by the id of the question. */
export async function readAsked(
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, RevocationQuestionTable>> {
  const rows = await db.selectFrom('revocation_question').selectAll().execute();
  return new Map(rows.map((row) => [row.id, row]));
}

const whyMax = 500;

/**
 * Notes that something was asked, and why it was not got; undefined where it was.
 *
 * @param before what was noted last
 * @param at ms UTC
 */
export async function noteAsked(
  db: Kysely<Tables>,
  { id, host }: Pick<RevocationQuestionTable, 'id' | 'host'>,
  before: RevocationQuestionTable | undefined,
  { at, why }: { readonly at: number; readonly why: string | undefined },
): Promise<void> {
  const row = {
    host,
    asked_at: at,
    answered_at: why === undefined ? at : (before?.answered_at ?? null),
    failures: why === undefined ? 0 : (before?.failures ?? 0) + 1,
    why: why?.slice(0, whyMax) ?? null,
  };
  await db
    .insertInto('revocation_question')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** Forgets what nobody asks any more. */
export async function forgetAsked(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  for (const id of ids) await db.deleteFrom('revocation_question').where('id', '=', id).execute();
}
