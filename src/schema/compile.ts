import type { Finding } from '../fault/fault.ts';
import { compileXsd, XsdRefused, type XsdSchema } from '../xml/xsd.ts';
import { schemaFindingOf } from './finding.ts';
import { reachable, type SchemaFile } from './set.ts';

/** Schemas in the memory of libxml2, ready to judge elements; dispose what you compile. */
export type CompiledSchema = XsdSchema;

/** A set of schemas that does not compile, and why: file, line, rule. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    const first = findings[0];
    super(first === undefined ? 'схема не принята' : `${first.path}:${first.line}: ${first.text}`);
    this.findings = findings;
  }
}

/**
 * Compiles the schema `main` with all that it imports and includes. Locations are resolved inside
 * the set alone, never on disk or over the network; a location outside of it is a finding.
 *
 * @throws SchemaRefused
 */
export function compileSchemas(files: readonly SchemaFile[], main: string): CompiledSchema {
  const { set, findings } = reachable(files, main);
  if (findings.length > 0) throw new SchemaRefused(findings);
  try {
    return compileXsd(main, set);
  } catch (error) {
    if (!(error instanceof XsdRefused)) throw error;
    throw new SchemaRefused(error.problems.map((problem) => schemaFindingOf(problem, main)));
  }
}
