import { Worker } from 'node:worker_threads';
import { threadScript } from '../../checkout.ts';
import type { Finding } from '../../fault/fault.ts';
import { packageLimits } from '../package.ts';
import type { SchemaFile } from '../set.ts';
import type { CompileLimits } from './compile.ts';
import { found } from './findings.ts';
import { type Admission, type PackageOrder, refusal } from './judge.ts';
import type { ThreadOrder } from './thread.ts';

export interface AdmissionLimits extends CompileLimits {
  /** From the start of the check to the end of its thread. */
  readonly timeMs: number;
  /** How far the check stands behind other threads of the process: 0 to 19, on Linux. */
  readonly niceness: number;
}

export const admissionLimits: AdmissionLimits = {
  files: 200,
  bytes: 16 * 1024 * 1024,
  timeMs: 4000,
  memoryMiB: 192,
  niceness: 0,
};

/** In a process that takes messages they come first; not so far that a busy machine ends a good check. */
export const besideMessages: AdmissionLimits = { ...admissionLimits, niceness: 5 };

/**
 * Checks a partner's package in a thread of its own, within bounds of time and memory: that it can be
 * read, keeps the rules of ./table.ts, and compiles. Nothing is looked for outside of the package and of
 * the schemas known.
 */
export async function admitPackage(
  order: PackageOrder,
  limits: AdmissionLimits = admissionLimits,
): Promise<Admission> {
  // What is too large to be read is not even carried over.
  const size = sizeOf(order);
  if (size > packageLimits.unpacked) return refusal([found('package-size', '', 0, size)]);
  const outcome = await askApart<Admission>({ kind: 'package', order, limits }, limits);
  return 'over' in outcome ? refusal([found('set-limits', '', 0, outcome.over)]) : outcome.answer;
}

function sizeOf({ package: from }: PackageOrder): number {
  if ('zip' in from) return from.zip.length;
  return from.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/**
 * Checks a set of schemas that an operator declares before it may judge messages: every location
 * resolves inside the set, and it compiles, in a thread of its own within bounds of time and memory.
 * None found: the set is admitted.
 */
export async function admitSchemas(
  files: readonly SchemaFile[],
  main: string,
  limits: AdmissionLimits = admissionLimits,
): Promise<Finding[]> {
  const outcome = await askApart<Finding[]>({ kind: 'set', files, main, limits }, limits);
  if ('answer' in outcome) return outcome.answer;
  const text = `Схемы не собрались: ${outcome.over}`;
  return [{ path: main, line: 0, rule: 'set-limits', text }];
}

type Outcome<T> = { readonly answer: T } | { readonly over: string };

function askApart<T>(order: ThreadOrder, { timeMs }: AdmissionLimits): Promise<Outcome<T>> {
  const worker = new Worker(threadScript('schema/admission/thread'), {
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    workerData: order,
  });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Outcome<T>>((resolve) => {
    timer = setTimeout(() => resolve({ over: `> ${timeMs} ms` }), timeMs);
    worker.once('message', (answer: T) => resolve({ answer }));
    worker.once('error', (error) => resolve({ over: error.message }));
    worker.once('exit', () => resolve({ over: 'exit' }));
  }).finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}
