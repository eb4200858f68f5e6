import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Finding } from '../fault/fault.ts';
import { compileSchemas, SchemaRefused } from './compile.ts';
import { reachable, type SchemaFile, type SetLimits } from './set.ts';

export interface AdmissionLimits extends SetLimits {
  /** From the start of the check to the end of its thread. */
  readonly timeMs: number;
  /** Of WebAssembly memory for the check. */
  readonly memoryMiB: number;
}

export const admissionLimits: AdmissionLimits = {
  files: 200,
  bytes: 16 * 1024 * 1024,
  timeMs: 4000,
  memoryMiB: 192,
};

/**
 * Checks a partner's set of schemas before it may judge messages: every location resolves inside
 * the set, and xmllint compiles it in a thread of its own, within bounds of time and memory; after
 * that this node's own compiler takes it too. None found: the set is admitted.
 */
export async function admitSchemas(
  files: readonly SchemaFile[],
  main: string,
  limits: AdmissionLimits = admissionLimits,
): Promise<Finding[]> {
  const { set, findings } = reachable(files, main, limits);
  if (findings.length > 0) return findings;
  const outcome = await compileApart(set, main, limits);
  if (outcome.kind === 'over') return [refusal(main, 'set-limits', outcome.text)];
  if (outcome.kind === 'failed') return xmllintFindings(outcome.output, main);
  try {
    compileSchemas(files, main).dispose();
    return [];
  } catch (error) {
    if (!(error instanceof SchemaRefused)) throw error;
    return [...error.findings];
  }
}

type Outcome =
  | { readonly kind: 'compiled' }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'over'; readonly text: string };

// xmllint-wasm has no limit of time and starts its thread itself; it ends with the thread around it.
const apart = `
const { parentPort, workerData } = require('node:worker_threads');
require(workerData.xmllint).validateXML(workerData.options).then(
  () => parentPort.postMessage({ kind: 'compiled' }),
  (error) => parentPort.postMessage({ kind: 'failed', output: String(error.message ?? error) }),
);`;

function compileApart(
  set: ReadonlyMap<string, Uint8Array>,
  main: string,
  limits: AdmissionLimits,
): Promise<Outcome> {
  const worker = new Worker(apart, {
    eval: true,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    workerData: {
      xmllint: createRequire(import.meta.url).resolve('xmllint-wasm'),
      options: xmllintOptions(set, main, limits),
    },
  });
  return new Promise<Outcome>((resolve) => {
    const over = (text: string) => resolve({ kind: 'over', text });
    const timer = setTimeout(
      () => over(`Схемы не собрались за ${limits.timeMs} мс.`),
      limits.timeMs,
    );
    worker.once('message', (outcome: Outcome) => {
      clearTimeout(timer);
      resolve(outcome);
    });
    worker.once('error', (error) => {
      clearTimeout(timer);
      over(`Сборка схем прервалась: ${error.message}`);
    });
  }).finally(() => worker.terminate());
}

/** Any document will do: what is wanted is whether the schemas compile. */
function xmllintOptions(
  set: ReadonlyMap<string, Uint8Array>,
  main: string,
  limits: AdmissionLimits,
) {
  const files = [...set].map(([fileName, contents]) => ({ fileName, contents }));
  return {
    xml: { fileName: '.any.xml', contents: '<any/>' },
    schema: files.filter(({ fileName }) => fileName === main),
    preload: files.filter(({ fileName }) => fileName !== main),
    initialMemoryPages: 256,
    maxMemoryPages: limits.memoryMiB * 16,
  };
}

const findingsMax = 20;

/** Lines such as `a.xsd:12: element type: Schemas parser error : …`. */
function xmllintFindings(output: string, main: string): Finding[] {
  const lines = output.split('\n').filter((line) => /error/i.test(line));
  const findings = lines.slice(0, findingsMax).map((line) => {
    const [, path = main, number = '0', said = line] = /^(\S+?):(\d+): (.*)$/.exec(line) ?? [];
    return { path, line: Number(number), rule: 'schema-representation', text: shorten(said) };
  });
  return findings.length > 0 ? findings : [refusal(main, 'set-limits', shorten(output))];
}

function shorten(said: string): string {
  return `Схема не собирается. ${said.slice(0, 500)}`;
}

function refusal(path: string, rule: string, text: string): Finding {
  return { path, line: 0, rule, text };
}
