import { Migrator, sql } from 'kysely';
import type { Database } from './database.ts';
import { first } from './migrations/0001-first.ts';
import { signatures } from './migrations/0002-signatures.ts';
import { delivery } from './migrations/0003-delivery.ts';
import { attachments } from './migrations/0004-attachments.ts';
import { certificates } from './migrations/0005-certificates.ts';
import { nodeKeys } from './migrations/0006-node-keys.ts';
import { ocsp } from './migrations/0007-ocsp.ts';
import { warnings } from './migrations/0008-warnings.ts';
import { messageTimes } from './migrations/0009-message-times.ts';
import { checkpoints } from './migrations/0010-checkpoints.ts';
import { schemaVersions } from './migrations/0011-schema-versions.ts';

// Numbered and append-only: a migration that was released never changes.
const migrations = {
  '0001-first': first,
  '0002-signatures': signatures,
  '0003-delivery': delivery,
  '0004-attachments': attachments,
  '0005-certificates': certificates,
  '0006-node-keys': nodeKeys,
  '0007-ocsp': ocsp,
  '0008-warnings': warnings,
  '0009-message-times': messageTimes,
  '0010-checkpoints': checkpoints,
  '0011-schema-versions': schemaVersions,
};

/**
 * Brings the schema to this version of the code; what is there already stays.
 *
 * @throws Error when the database was made by a newer version
 */
export async function migrate(database: Database): Promise<void> {
  const { error, results } = await migratorOf(database).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const text = error instanceof Error ? error.message : String(error);
  if (failed === undefined && (await schemaAge(database)) === 'newer') {
    throw new Error(
      'базу данных создала более новая версия узла / ' +
        `the database was made by a newer version of Mezhved (${text})`,
    );
  }
  throw new Error(`migration ${failed ?? ''} failed: ${text}`);
}

/** How the schema of a database stands to this version of the code; changes nothing. */
export async function schemaAge(
  database: Database,
): Promise<'none' | 'older' | 'current' | 'newer'> {
  const known = await migratorOf(database).getMigrations();
  const done = known.filter(({ executedAt }) => executedAt !== undefined).length;
  if (done === 0) return 'none';
  const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration`.execute(
    database.kysely,
  );
  if (rows.length > done) return 'newer';
  return done < known.length ? 'older' : 'current';
}

function migratorOf({ kysely, kind }: Database): Migrator {
  return new Migrator({
    db: kysely,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, up]) => [name, { up: up(kind) }]),
        ),
    },
  });
}
