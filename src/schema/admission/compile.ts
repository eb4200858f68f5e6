import { validateXML } from 'xmllint-wasm';
import type { Finding } from '../../fault/fault.ts';
import { compileSchemas, SchemaRefused } from '../compile.ts';
import { reachable, type SchemaFile, type SetLimits } from '../set.ts';

export interface CompileLimits extends SetLimits {
  /** Of WebAssembly memory for the check. */
  readonly memoryMiB: number;
}

/**
 * What stands against compiling a set: first xmllint compiles it within bounds of memory, in a thread
 * that it starts itself and that ends with the one around it; then this node's own compiler takes it.
 */
export async function compileBounded(
  files: readonly SchemaFile[],
  main: string,
  limits: CompileLimits,
): Promise<readonly Finding[]> {
  const { set, findings } = reachable(files, main, limits);
  if (findings.length > 0) return findings;
  const output = await xmllintOutput(set, main, limits);
  if (output !== undefined && !/error/i.test(output)) {
    return [{ path: main, line: 0, rule: 'set-limits', text: shorten(output) }];
  }
  // Our own compiler names rules, xmllint sentences alone.
  const own = ownFindings(files, main);
  return own.length > 0 || output === undefined ? own : xmllintFindings(output, main);
}

function ownFindings(files: readonly SchemaFile[], main: string): readonly Finding[] {
  try {
    compileSchemas(files, main).dispose();
    return [];
  } catch (error) {
    if (!(error instanceof SchemaRefused)) throw error;
    return error.findings;
  }
}

/** Undefined where it compiles. Any document will do: what is wanted is whether the schemas compile. */
async function xmllintOutput(
  set: ReadonlyMap<string, Uint8Array>,
  main: string,
  limits: CompileLimits,
): Promise<string | undefined> {
  const files = [...set].map(([fileName, contents]) => ({ fileName, contents }));
  try {
    await validateXML({
      xml: { fileName: '.any.xml', contents: '<any/>' },
      schema: files.filter(({ fileName }) => fileName === main),
      preload: files.filter(({ fileName }) => fileName !== main),
      initialMemoryPages: 256,
      maxMemoryPages: limits.memoryMiB * 16,
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const findingsMax = 20;

/** Lines such as `a.xsd:12: element type: Schemas parser error : …`. */
function xmllintFindings(output: string, main: string): Finding[] {
  const lines = output.split('\n').filter((line) => /error/i.test(line));
  return lines.slice(0, findingsMax).map((line) => {
    const [, path = main, number = '0', said = line] = /^(\S+?):(\d+): (.*)$/.exec(line) ?? [];
    return { path, line: Number(number), rule: 'schema-representation', text: shorten(said) };
  });
}

function shorten(said: string): string {
  return `Схема не собирается. ${said.slice(0, 500)}`;
}
