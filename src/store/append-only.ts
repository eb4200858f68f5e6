import { type Kysely, sql } from 'kysely';
import type { Database } from './database.ts';

/** A mistake in code or at a prompt changes no evidence; a forger is met by the chain of hashes. */
export async function forbidChange(
  db: Kysely<unknown>,
  kind: Database['kind'],
  table: string,
): Promise<void> {
  const text = `${table} is append-only`;
  if (kind === 'sqlite') {
    for (const verb of ['UPDATE', 'DELETE']) {
      await sql`CREATE TRIGGER ${sql.ref(`${table}_no_${verb.toLowerCase()}`)} BEFORE ${sql.raw(verb)} ON ${sql.table(table)} BEGIN SELECT RAISE(ABORT, ${sql.lit(text)}); END`.execute(
        db,
      );
    }
    return;
  }
  await sql`CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$`.execute(
    db,
  );
  await sql`CREATE TRIGGER ${sql.ref(`${table}_append_only`)} BEFORE UPDATE OR DELETE OR TRUNCATE ON ${sql.table(table)} FOR EACH STATEMENT EXECUTE FUNCTION append_only()`.execute(
    db,
  );
}
