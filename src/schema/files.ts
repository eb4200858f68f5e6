import { readFileSync } from 'node:fs';
import { checkout } from '../checkout.ts';
import type { Version } from '../smev/namespaces.ts';
import { compileSmevSchemas, type SmevSchemas, type SmevSet, schemaFileNames } from './smev.ts';

function readSchema(set: SmevSet, name: string): Buffer {
  return readFileSync(new URL(`schemas/smev/${set}/${name}`, checkout));
}

/** Reads and compiles the envelope's schemas of all versions; takes about 0.1 s. */
export function loadSmevSchemas(): SmevSchemas {
  return compileSmevSchemas(readSchema);
}

/** The WSDL of a version as it stands in wsdl/. */
export function publishedWsdl(version: Version): string {
  return readFileSync(new URL(`wsdl/smev-${version}.wsdl`, checkout), 'utf8');
}

/** A schema file of a version as it stands in schemas/, or undefined if the version has none such. */
export function publishedXsd(version: Version, name: string): string | undefined {
  if (!schemaFileNames(version).includes(name)) return undefined;
  return readSchema(version, name).toString('utf8');
}
