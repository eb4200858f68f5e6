import type { Finding } from '../fault/fault.ts';
import { admitSchemas } from '../schema/admission.ts';
import type { Loaded } from './documents.ts';

/** A schema set that may not judge messages, with what is wrong in which file. */
export class SchemasRefused extends Error {
  override readonly name = 'SchemasRefused';
  readonly findings: readonly Finding[];
  constructor(type: string, namespace: string, findings: readonly Finding[]) {
    const lines = findings.map(
      ({ path, line, rule, text }) => `  ${path}, ${line}, ${rule}: ${text}`,
    );
    super(
      `схемы вида сведений ${type} (${namespace}) не приняты / the schemas are not admitted:\n${lines.join('\n')}`,
    );
    this.findings = findings;
  }
}

/**
 * Checks the schemas of every message type among the declarations, apart from this process, before
 * any of them takes effect.
 *
 * @throws SchemasRefused
 */
export async function admitDeclarations(loaded: readonly Loaded[]): Promise<void> {
  for (const each of loaded) {
    if (each.kind !== 'messageType') continue;
    for (const { namespace, schemas } of each.versions) {
      const main = schemas[0]?.name ?? '';
      const findings = await admitSchemas(schemas, main);
      if (findings.length > 0) throw new SchemasRefused(each.id, namespace, findings);
    }
  }
}
