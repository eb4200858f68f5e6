import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));
const main = join(checkout, 'dist', 'main.js');
const oneThread = join(checkout, 'test', 'harness', 'one-thread.yaml');

/** A node in a process of its own, as an operator starts it. */
export interface NodeProcess {
  readonly pid: number | undefined;
  readonly url: string;
  readonly adminUrl: string;
  /** Of the file store, where MEZHVED_FTP_LISTEN opens it. */
  readonly storeUrl: string;
  readonly data: string;
  readonly env: NodeJS.ProcessEnv;
  readonly output: () => string;
  /** kill -9: nothing is handed back. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'mezhved-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Starts `serve` on free ports, or `worker`, which has no `url`, and resolves when it says that it is
 * ready.
 *
 * @param script another main.js than that of the checkout
 */
export async function startNode(
  data: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = ['serve'],
  script = main,
): Promise<NodeProcess> {
  const environment = {
    ...withoutMezhved(process.env),
    MEZHVED_DATA: data,
    MEZHVED_LISTEN: '127.0.0.1:0',
    MEZHVED_ADMIN_LISTEN: '127.0.0.1:0',
    MEZHVED_CONFIG: oneThread,
    ...env,
  };
  const child = spawn(process.execPath, [script, ...args], {
    cwd: checkout,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<{ url: string; adminUrl: string }>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const takesNone = args.includes('worker') ? '' : undefined;
      const url = /SOAP\s+(https?:\/\/\S+)/.exec(output)?.[1] ?? takesNone;
      const adminUrl = /admin\s+(https?:\/\/\S+)/i.exec(output)?.[1];
      if (url !== undefined && adminUrl !== undefined) resolve({ url, adminUrl });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the node ended with ${code}:\n${output}`)));
  });
  const { url, adminUrl } = await ready;
  return {
    pid: child.pid,
    url,
    adminUrl,
    storeUrl: /ftp:\/\/\S+/.exec(output)?.[0] ?? '',
    data,
    env: environment,
    output: () => output,
    kill: () => end(child, exited, 'SIGKILL').then(() => undefined),
    stop: () => end(child, exited, 'SIGTERM'),
  };
}

function end(
  child: ChildProcess,
  exited: Promise<number | null>,
  signal: NodeJS.Signals,
): Promise<number | null> {
  child.kill(signal);
  return exited;
}

/** Runs a command of the CLI and resolves with what it printed and its exit code. */
export function mezhved(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd = checkout,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: { ...withoutMezhved(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function withoutMezhved(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MEZHVED_')));
}
