import { execFile, spawnSync } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, without blocking this process, which may be its server. */
export function runProgram(command: string, args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { timeout: 60_000, maxBuffer: 1 << 26 },
      (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code) || 1, out, err }),
    );
    child.stdin?.end(input);
  });
}

/** Whether the command runs and exits 0. */
export function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
