import { flatSchemas } from '../schema/bundle/flat.ts';
import { zipOf } from '../schema/bundle/zip.ts';
import { exampleOf } from '../schema/example/example.ts';
import type { MessageTypeSchemas, VersionSchemas } from '../schema/registry.ts';
import type { SchemaFile } from '../schema/set.ts';
import { XsdUnread } from '../schema/xsd-components.ts';

/** Names a version of a message type. */
export interface VersionName {
  readonly messageType: string;
  readonly version: string;
}

/** What a partner needs to write messages of a version. */
export interface VersionFiles {
  /** In one folder, the main file first. */
  readonly schemas: readonly SchemaFile[];
  /** The same as ZIP. */
  readonly archive: Uint8Array;
  /** Examples by the root elements; only such as the schemas take. */
  readonly request: string | undefined;
  readonly response: string | undefined;
}

/** Lays the schemas of a version flat and writes examples by them; undefined where there is none. */
export function versionFiles(
  types: readonly MessageTypeSchemas[],
  { messageType, version }: VersionName,
): VersionFiles | undefined {
  const found = types
    .find(({ id }) => id === messageType)
    ?.versions.find((each) => each.version === version);
  if (found === undefined) return undefined;
  const schemas = flatSchemas(found.schemas);
  return {
    schemas: schemas.map(({ name, bytes }) => ({ name, bytes: new Uint8Array(bytes) })),
    archive: zipOf(schemas),
    request: exampleFor(found, found.requestRoot),
    response: exampleFor(found, found.responseRoot),
  };
}

function exampleFor({ namespace, schemas }: VersionSchemas, local: string): string | undefined {
  try {
    const example = exampleOf(schemas, { namespace, local });
    return example?.valid ? example.xml : undefined;
  } catch (error) {
    if (error instanceof XsdUnread) return undefined;
    throw error;
  }
}
