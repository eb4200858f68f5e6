import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkout } from '../harness/node.ts';

/** A process of Mezhved that dies and comes back with the same settings on the same ports. */
export class MortalProcess {
  readonly #command: 'serve' | 'worker';
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #exited: Promise<number | null> = Promise.resolve(null);
  #output = '';

  constructor(command: 'serve' | 'worker', env: NodeJS.ProcessEnv) {
    this.#command = command;
    this.#env = env;
  }

  /** What it printed last, for the message of a test that fails. */
  get output(): string {
    return this.#output.slice(-4000);
  }

  get runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && !this.#child.killed;
  }

  /** Resolves when it says that it is up. */
  async start(): Promise<void> {
    const words = [join(checkout, 'dist', 'main.js'), this.#command];
    const child = spawn(process.execPath, words, {
      cwd: checkout,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-20_000);
        if (/is up/.test(chunk.toString())) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) =>
        reject(new Error(`${this.#command} ended with ${code}:\n${this.output}`)),
      );
    });
  }

  /** kill -9: nothing is handed back. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number | null> {
    this.#child?.kill('SIGTERM');
    return this.#exited;
  }
}
