import type { Finding } from '../fault/fault.ts';
import { admitSchemas } from '../schema/admission/admission.ts';
import { declaresElement } from '../schema/roots.ts';
import type { Loaded, LoadedVersion } from './documents.ts';

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
    for (const version of each.versions) {
      const findings = await admitVersion(version);
      if (findings.length > 0) throw new SchemasRefused(each.id, version.namespace, findings);
    }
  }
}

async function admitVersion(version: LoadedVersion): Promise<readonly Finding[]> {
  const { namespace, requestRoot, responseRoot, schemas } = version;
  const main = schemas[0]?.name ?? '';
  const findings = await admitSchemas(schemas, main);
  if (findings.length > 0) return findings;
  return [...new Set([requestRoot, responseRoot])]
    .filter((local) => !declaresElement(schemas, { namespace, local }))
    .map((local) => ({
      path: main,
      line: 0,
      rule: 'cvc-elt.1',
      text: `Схемы не объявляют корневой элемент «${local}» в ${namespace}.`,
    }));
}
