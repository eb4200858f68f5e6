import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

/** The one store of a node: state, bytes and journal. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  readonly kind: 'sqlite' | 'postgres';
  close(): Promise<void>;
}

/**
 * Opens `sqlite:PATH` or `postgres://…`. SQLite: write-ahead log, every commit is synced to disk.
 *
 * @throws Error when the URL is neither
 */
export function openDatabase(url: string): Database {
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length));
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url);
  throw new Error(`a database URL is sqlite:PATH or postgres://…, not ${url.split(':')[0]}:…`);
}

function openSqlite(path: string): Database {
  mkdirSync(dirname(path), { recursive: true });
  const file = new Sqlite(path);
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  file.pragma('busy_timeout = 10000');
  // 64 MiB of pages in memory; the log is folded into the file every 16 MiB, since that blocks.
  file.pragma('cache_size = -65536');
  file.pragma('wal_autocheckpoint = 4096');
  file.pragma('foreign_keys = ON');
  const kysely = new Kysely<Tables>({ dialect: new SqliteDialect({ database: immediate(file) }) });
  return { kysely, kind: 'sqlite', close: () => kysely.destroy() };
}

// A transaction that reads first and writes later fails when another process wrote in between
// (SQLITE_BUSY_SNAPSHOT); one that is immediate waits for its turn instead.
function immediate(file: Sqlite.Database): Sqlite.Database {
  const statements = new Map<string, Sqlite.Statement>();
  const prepare = (source: string): Sqlite.Statement => {
    const text = wordsFor(source, file.inTransaction);
    const known = statements.get(text);
    if (known !== undefined) return known;
    const statement = file.prepare(text);
    if (statements.size < 500) statements.set(text, statement);
    return statement;
  };
  return { prepare, close: () => file.close() } as unknown as Sqlite.Database;
}

/** A full disk ends a transaction by itself: then there is nothing to roll back. */
function wordsFor(source: string, inTransaction: boolean): string {
  if (source === 'begin') return 'begin immediate';
  return source === 'rollback' && !inTransaction ? 'select 1' : source;
}

const { types } = pg;
const int8 = 20;

function openPostgres(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    statement_timeout: 30_000,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        id === int8 ? safeInteger : types.getTypeParser(id, format as 'text'),
    },
  });
  // An idle connection that breaks is replaced at its next use; the error of that use is told.
  pool.on('error', () => undefined);
  // So is one that breaks while a transaction holds it, between two statements: the next one tells.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { kysely, kind: 'postgres', close: () => kysely.destroy() };
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`an integer beyond 2^53 in the store: ${text}`);
  return value;
}
