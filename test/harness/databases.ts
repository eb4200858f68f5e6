import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { type FreshDatabase, freshPostgres, postgresBinaries, startPostgres } from './postgres.ts';

/** A migrated database of one test; the harness closes and drops it. */
export interface TestDatabase extends Database {
  /** For a second connection, or a second process. */
  readonly url: string;
}

export type OpenTestDatabase = () => Promise<TestDatabase>;

/**
 * Registers the same tests for SQLite and for PostgreSQL. Each `open()`, called in a test or in a
 * beforeEach, makes a database of its own; it is gone after the test.
 */
export function forEachDatabase(
  register: (name: Database['kind'], open: OpenTestDatabase) => void,
): void {
  describe('on sqlite', () => {
    register('sqlite', opener(makeSqlite));
  });
  describe('on postgres', function () {
    this.timeout(60_000);
    before(async function () {
      if (postgresBinaries() === undefined) {
        skipPostgres();
        this.skip();
      }
      await startPostgres();
    });
    register('postgres', opener(makePostgres));
  });
}

function opener(make: () => Promise<FreshDatabase>): OpenTestDatabase {
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of opened.splice(0)) await end();
  });
  return async () => {
    const { url, drop } = await make();
    const database = openDatabase(url);
    opened.push(async () => {
      await database.close();
      await drop();
    });
    await migrate(database);
    return { ...database, url };
  };
}

async function makeSqlite(): Promise<FreshDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-'));
  return {
    url: `sqlite:${join(folder, 'mezhved.db')}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

let template: Promise<string> | undefined;

/** A copy of a migrated template: much quicker than migrating each. */
async function makePostgres(): Promise<FreshDatabase> {
  template ??= makeTemplate();
  const made = await freshPostgres(await template);
  if (made === undefined) throw new Error('PostgreSQL is not installed');
  return made;
}

async function makeTemplate(): Promise<string> {
  const server = await startPostgres();
  const name = 'mezhved_template';
  await server.command(`CREATE DATABASE ${name}`);
  const database = openDatabase(server.url(name));
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
  return name;
}

let told = false;

function skipPostgres(): void {
  if (!told) process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
  told = true;
}
