import { Migrator } from 'kysely';
import type { Database } from './database.ts';
import { first } from './migrations/0001-first.ts';

// Numbered and append-only: a migration that was released never changes.
const migrations = { '0001-first': first };

/**
 * Brings the schema to this version of the code; what is there already stays.
 *
 * @throws Error when the database was made by a newer version
 */
export async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({
    db: database.kysely,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, up]) => [name, { up: up(database.kind) }]),
        ),
    },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const text = error instanceof Error ? error.message : String(error);
  if (failed === undefined && /missing|corrupted/.test(text)) {
    throw new Error(`the database was made by a newer version of Mezhved (${text})`);
  }
  throw new Error(`migration ${failed ?? ''} failed: ${text}`);
}
