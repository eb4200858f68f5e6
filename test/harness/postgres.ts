import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, chownSync, constants, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';

/** A private PostgreSQL that lives as long as this test run. */
export interface Postgres {
  /** URL of a database of the cluster, over 127.0.0.1. */
  url(database: string): string;
  /** Runs one statement as the superuser, in the database `postgres`. */
  command(sql: string): Promise<void>;
}

interface Running extends Postgres {
  stop(): Promise<void>;
}

let binaries: string | null | undefined;
let running: Promise<Running> | undefined;

/** The folder with initdb and postgres; undefined where none is installed. */
export function postgresBinaries(): string | undefined {
  binaries ??= candidateFolders().find(holdsServer) ?? null;
  return binaries ?? undefined;
}

/**
 * The cluster of this run, made at the first call.
 *
 * @throws Error where the server does not start, with its log
 */
export function startPostgres(): Promise<Postgres> {
  running ??= start();
  return running;
}

/** A database of its own on the private server: its URL, and its end. */
export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * A new database, empty or copied from a template; undefined where PostgreSQL is not installed. The
 * server ends with this process at the latest.
 */
export async function freshPostgres(template = 'template1'): Promise<FreshDatabase | undefined> {
  if (postgresBinaries() === undefined) return undefined;
  const server = await startPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await server.command(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: server.url(name),
    drop: () => server.command(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Stops the cluster if it was started, and removes its folder. */
export async function stopPostgres(): Promise<void> {
  const started = await running?.catch(() => undefined);
  running = undefined;
  await started?.stop();
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

async function start(): Promise<Running> {
  const bin = postgresBinaries();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-pg-'));
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  const user = unprivilegedUser();
  if (user !== undefined) for (const path of [folder, passwordFile]) chown(path, user);
  execFileSync(
    join(bin, 'initdb'),
    [
      ...['-D', join(folder, 'data'), '-U', 'mezhved', `--pwfile=${passwordFile}`],
      ...['-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'],
    ],
    { ...user, cwd: folder, stdio: 'pipe' },
  );
  const port = await freePort();
  const { child, log } = launch(bin, folder, port, user);
  const url = (database: string) => `postgres://mezhved:${password}@127.0.0.1:${port}/${database}`;
  await untilReady(url('postgres'), child, log);
  return {
    url,
    command: (sql) => command(url('postgres'), sql),
    stop: () => stop(child, folder),
  };
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root: as root, it runs as somebody else. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one, then.
    }
  }
  throw new Error('root needs a user `postgres` or `nobody` to run PostgreSQL as');
}

function chown(path: string, { uid, gid }: User): void {
  chownSync(path, uid, gid);
}

// The shell waits for the end of its input, which comes with the end of this process however it
// dies, and then stops the server and removes the folder. It leads a session of its own, so that
// Ctrl-C reaches the test run first.
const guarded = `
  "$1" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" -c max_connections=100 -c fsync=on </dev/null &
  server=$!
  cat >/dev/null
  kill -INT "$server"
  wait "$server"
  rm -rf "$2"
`;

function launch(bin: string, folder: string, port: number, user: User | undefined) {
  const child = spawn('sh', ['-c', guarded, 'sh', join(bin, 'postgres'), folder, String(port)], {
    ...user,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  });
  // Neither the server nor its log keeps a finished test run alive.
  child.unref();
  for (const stream of [child.stdin, child.stderr])
    (stream as unknown as { unref(): void }).unref();
  return { child, log: () => text };
}

async function untilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await command(url, 'SELECT 1');
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > end) {
        throw new Error(`PostgreSQL did not start: ${String(error)}\n${log()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.stdin?.end();
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
}
