import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A script of the tests in a process of its own. */
export interface Child {
  /** The lines that it printed so far. */
  readonly lines: readonly string[];
  /** Resolves once it has printed that many lines; throws when it ends before. */
  printed(count: number): Promise<void>;
  /** kill -9, and resolves when it is dead and all its lines are read. */
  kill(): Promise<void>;
  /** Its exit code, once all its lines are read. */
  readonly exited: Promise<number | null>;
}

/**
 * Starts a script of test/.
 *
 * @param script path from the folder test/
 */
export function startChild(script: string, ...args: string[]): Child {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const errors = collect(child);
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return {
    lines,
    exited,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    printed: (count) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (lines.length >= count) resolve();
        };
        look();
        reader.on('line', look);
        void exited.then(() => reject(new Error(`${script} ended early:\n${errors()}`)));
      }),
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
