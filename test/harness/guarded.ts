import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A server with a folder of its own; both are gone with this process, however it dies. */
export interface Guarded {
  /** Starts the server; it may be started again after kill. */
  start(): Promise<void>;
  /** kill -9 of the server and of its children at once, as a crash of the machine does. */
  kill(): Promise<void>;
  /** Ends the server in good order and removes the folder. */
  end(): Promise<void>;
  running(): boolean;
  /** The last of what the server wrote. */
  log(): string;
}

/** Who runs a server that refuses to run as root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

// The shell waits for the end of its input, which comes with the end of this process however it
// dies, and then stops the server and removes the folder. It leads a session of its own, so that
// Ctrl-C reaches the test run first.
const guard = `
  folder=$1; signal=$2; shift 2; server=
  while read -r word; do
    case $word in
      start) "$@" </dev/null >&2 & server=$!; echo "started $server" ;;
      kill)
        kill -STOP "$server"
        kill -KILL "$server" $(pgrep -P "$server")
        wait "$server" 2>/dev/null; server=; echo killed ;;
    esac
  done
  if [ -n "$server" ]; then kill "-$signal" "$server"; wait "$server"; fi
  rm -rf "$folder"
`;

/**
 * @param command the server and its arguments; it must stay in the foreground
 * @param signal what ends it in good order
 */
export function guarded(
  folder: string,
  command: readonly string[],
  { user, signal = 'TERM' }: { readonly user?: User | undefined; readonly signal?: string } = {},
): Guarded {
  const shell = spawn('sh', ['-c', guard, 'sh', folder, signal, ...command], {
    ...user,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log = logOf(shell);
  let running = false;
  // A shell that is gone is told of by its exit.
  shell.stdin.on('error', () => undefined);
  // Neither the server nor its log keeps a finished test run alive.
  shell.unref();
  for (const stream of [shell.stdin, shell.stdout, shell.stderr]) socketOf(stream).unref();
  return {
    log,
    running: () => running,
    start: async () => {
      await told(shell, 'start');
      running = true;
    },
    kill: async () => {
      if (running) await told(shell, 'kill');
      running = false;
    },
    end: async () => {
      if (shell.exitCode === null) {
        const exited = new Promise((resolve) => shell.once('exit', resolve));
        shell.ref();
        shell.stdin.end();
        await exited;
      }
      running = false;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Shell = ChildProcessByStdio<Writable, Readable, Readable>;

function logOf(shell: Shell): () => string {
  let text = '';
  shell.stderr.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-20_000);
  });
  return () => text;
}

/** Gives the shell a word, and resolves with its one line of answer. */
async function told(shell: Shell, word: string): Promise<string> {
  const out = socketOf(shell.stdout);
  out.ref();
  try {
    return await new Promise((resolve, reject) => {
      const fail = () => reject(new Error('the shell that guards the server is gone'));
      shell.once('exit', fail);
      shell.stdout.once('data', (line: Buffer) => {
        shell.off('exit', fail);
        resolve(line.toString());
      });
      shell.stdin.write(`${word}\n`);
    });
  } finally {
    out.unref();
  }
}

/** What a pipe of a child process is underneath. */
function socketOf(stream: Readable | Writable): { ref(): void; unref(): void } {
  return stream as unknown as { ref(): void; unref(): void };
}

/** The path of a program on the PATH; undefined where it is not installed. */
export function programOnPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Some servers refuse to run as root: as root, they run as somebody else. */
export function unprivilegedUser(): User | undefined {
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
  throw new Error('root needs a user `postgres` or `nobody` to run a server as');
}

/**
 * A free port of 127.0.0.1 that stays free while its server is down: below those that outgoing
 * connections are given, so that none of them takes it, not even one to itself.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    if (reserve(port) && (await isFree(port))) return port;
  }
}

const reserved = new Set<string>();

/** Other runs of the tests at the same time leave this port alone as long as this process lives. */
function reserve(port: number): boolean {
  const file = join(tmpdir(), `mezhved-port-${port}`);
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    if (isHeld(file)) return false;
    writeFileSync(file, String(process.pid));
  }
  if (reserved.size === 0) process.once('exit', () => reserved.forEach(forget));
  reserved.add(file);
  return true;
}

function isHeld(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

function forget(file: string): void {
  rmSync(file, { force: true });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Asks until the server answers.
 *
 * @throws Error with its log where it does not within 30 s
 */
export async function untilAnswers(
  name: string,
  server: Guarded,
  ask: () => Promise<unknown>,
): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > end) throw new Error(`${name}: ${String(error)}\n${server.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
