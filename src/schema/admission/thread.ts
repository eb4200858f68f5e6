import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Finding } from '../../fault/fault.ts';
import { generalText } from '../rules.ts';
import type { SchemaFile } from '../set.ts';
import { type CompileLimits, compileBounded } from './compile.ts';
import { type AdmissionFinding, found } from './findings.ts';
import { type Admission, judgePackage, type PackageOrder, refusal } from './judge.ts';
import { ruleNamed } from './table.ts';

/** What the thread is started for, once. */
export type ThreadOrder = { readonly limits: CompileLimits & { readonly niceness: number } } & (
  | { readonly kind: 'set'; readonly files: readonly SchemaFile[]; readonly main: string }
  | { readonly kind: 'package'; readonly order: PackageOrder }
);

async function admit(order: PackageOrder, limits: CompileLimits): Promise<Admission> {
  const judged = await judgePackage(order);
  const [main] = judged.schemas;
  if (main === undefined) return judged;
  const findings = await compileBounded(judged.schemas, main.name, limits);
  if (findings.length === 0) return judged;
  return refusal(findings.map(inWords), judged.ignored, judged.warnings);
}

/** In the words of the table; what the compiler itself said follows them. */
function inWords({ path, line, rule, text }: Finding): AdmissionFinding {
  return found(ruleNamed(rule), path, line, text.replace(generalText(rule), '').trim());
}

async function perform(asked: ThreadOrder): Promise<Admission | readonly Finding[]> {
  return asked.kind === 'set'
    ? compileBounded(asked.files, asked.main, asked.limits)
    : admit(asked.order, asked.limits);
}

const asked = workerData as ThreadOrder;
// On Linux a priority is of the thread that asks for it and of those that it starts; elsewhere it would be
// of the whole process.
if (process.platform === 'linux' && asked.limits.niceness > 0) {
  setPriority(0, asked.limits.niceness);
}

// Whatever is thrown ends the thread, and whoever started it is told.
const answer = await perform(asked);
parentPort?.postMessage(answer);
