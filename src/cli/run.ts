import { readFileSync } from 'node:fs';
import { Fault } from '../fault/fault.ts';

/** 0 yes, 1 a negative verdict or a fault, 2 usage or unreadable input, 3 unreachable. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The words of the call are off, or a file it names cannot be read: exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A server that the command needs does not answer: exit 3. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Runs one command: prints what went wrong in one line, without a stack, and sets the exit code. */
export async function run(work: () => Promise<ExitCode> | ExitCode): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (error) {
    process.exitCode = fail(error);
  }
}

/** Says in one line what went wrong, without a stack, and gives the exit code for it. */
export function fail(error: unknown): ExitCode {
  process.stderr.write(`mezhved: ${explain(error)}\n`);
  return exitCodeOf(error);
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return 2;
  if (error instanceof UnreachableError) return 3;
  return 1;
}

function explain(error: unknown): string {
  if (error instanceof Fault) {
    const { ru, en } = error.row;
    const detail = error.detail.public ?? error.detail.private;
    return [`${error.code}: ${ru[0]} / ${en[0]}`, ...(detail === undefined ? [] : [detail])].join(
      '\n  ',
    );
  }
  return error instanceof Error ? error.message : String(error);
}

/** Prints a result: JSON on one line with --json, else the text. */
export function print(json: boolean | undefined, value: unknown, text: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(value) : text()}\n`);
}

/** The octets of a file that the words of the call name. @throws UsageError */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : error}`);
  }
}
