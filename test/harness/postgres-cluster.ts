import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, chownSync, constants, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { type Guarded, guarded, lastingPort, unprivilegedUser, untilAnswers } from './guarded.ts';

/** A private PostgreSQL. */
export interface Postgres {
  /** URL of a database of the cluster, over 127.0.0.1. */
  url(database: string): string;
  /** Runs one statement as the superuser, in the database `postgres`. */
  command(sql: string): Promise<void>;
}

/** A cluster, and its server. */
export interface Cluster extends Postgres {
  readonly server: Guarded;
  readonly port: number;
  /** Starts the server and waits until it answers, which is after its recovery. */
  start(): Promise<void>;
}

let binaries: string | null | undefined;

/** The folder with initdb and postgres; undefined where none is installed. */
export function postgresBinaries(): string | undefined {
  binaries ??= candidateFolders().find(holdsServer) ?? null;
  return binaries ?? undefined;
}

/**
 * Makes a cluster and starts it.
 *
 * @throws Error where PostgreSQL is not installed or does not start, with its log
 */
export async function makeCluster(): Promise<Cluster> {
  const bin = postgresBinaries();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-pg-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  const user = unprivilegedUser();
  if (user !== undefined) {
    for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  }
  execFileSync(
    join(bin, 'initdb'),
    [
      ...['-D', join(folder, 'data'), '-U', 'mezhved', `--pwfile=${passwordFile}`],
      ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'],
    ],
    { ...user, cwd: folder, stdio: 'pipe' },
  );
  const port = await lastingPort();
  const settings = ['-c', 'max_connections=100', '-c', 'fsync=on'];
  const place = ['-D', join(folder, 'data'), '-k', folder, '-h', '127.0.0.1', '-p', String(port)];
  const command = [join(bin, 'postgres'), ...place, ...settings];
  const server = guarded(folder, command, { user, signal: 'INT' });
  const url = (database: string) => `postgres://mezhved:${password}@127.0.0.1:${port}/${database}`;
  const start = async () => {
    await server.start();
    await untilAnswers('PostgreSQL', server, () => run(url('postgres'), 'SELECT 1'));
  };
  await start();
  return { server, port, url, start, command: (sql) => run(url('postgres'), sql) };
}

function candidateFolders(): string[] {
  const debian = '/usr/lib/postgresql';
  return [
    ...listFolder(debian)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...folderOfPgConfig(),
  ];
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function folderOfPgConfig(): string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()];
  } catch {
    return [];
  }
}

function holdsServer(folder: string): boolean {
  try {
    for (const name of ['initdb', 'postgres']) accessSync(join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // A server that is killed in between is told by the query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
