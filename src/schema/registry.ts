import type { Finding } from '../fault/fault.ts';
import type { XmlElement } from '../xml/document.ts';
import { type CompiledSchema, compileSchemas } from './compile.ts';
import type { SchemaFile } from './set.ts';
import { validateElement } from './validate.ts';

/** A message type with the schemas of its versions, as plain data that crosses threads. */
export interface MessageTypeSchemas {
  readonly id: string;
  readonly versions: readonly VersionSchemas[];
}

export interface VersionSchemas {
  /** Its name among the versions of the type. */
  readonly version: string;
  readonly namespace: string;
  /** Local names in the namespace; a type may ask and answer with the same one. */
  readonly requestRoot: string;
  readonly responseRoot: string;
  /** The main file first. */
  readonly schemas: readonly SchemaFile[];
}

/** Which side of a message type a root element is of. */
type ContentRole = 'request' | 'response' | 'both';

export interface JudgedContent {
  readonly messageType: string;
  readonly role: ContentRole;
  /** What each version that has the root says; which of them counts is not for schemas to know. */
  readonly versions: readonly JudgedVersion[];
}

export interface JudgedVersion {
  readonly version: string;
  /** None: it fits. */
  readonly findings: readonly Finding[];
}

interface Entry {
  readonly messageType: string;
  readonly role: ContentRole;
  readonly versions: {
    readonly version: string;
    /** Compiled at the first message, then kept. */
    schema(): CompiledSchema;
  }[];
}

/** Schemas of business content by the name of the root element. */
export interface ContentRegistry {
  find(namespace: string, root: string): Entry | undefined;
  /** Compiles what is not compiled yet, so that no message waits. @throws SchemaRefused */
  compileAll(): void;
  dispose(): void;
}

/** Of two types with the same root the first is found. Nothing is compiled before it is asked for. */
export function buildContentRegistry(types: readonly MessageTypeSchemas[]): ContentRegistry {
  const entries = new Map<string, Entry>();
  const compiled: CompiledSchema[] = [];
  for (const { id, versions } of types) {
    for (const version of versions) {
      const schema = once(() => {
        const made = compileVersion(version);
        compiled.push(made);
        return made;
      });
      for (const root of new Set([version.requestRoot, version.responseRoot])) {
        const key = keyOf(version.namespace, root);
        const entry = entries.get(key) ?? {
          ...{ messageType: id, role: roleOf(version, root), versions: [] },
        };
        if (entry.messageType !== id) continue;
        entry.versions.push({ version: version.version, schema });
        entries.set(key, entry);
      }
    }
  }
  return {
    find: (namespace, root) => entries.get(keyOf(namespace, root)),
    compileAll: () => {
      for (const { versions } of entries.values()) for (const each of versions) each.schema();
    },
    dispose: () => {
      for (const schema of compiled) schema.dispose();
    },
  };
}

/**
 * Judges the child of MessagePrimaryContent by the schemas of its message type, of each version that has
 * the root: mostly one, since a new version has a namespace of its own. Undefined where no type has it.
 *
 * @throws SchemaRefused where the type's own schemas do not compile
 */
export function judgeContent(
  registry: ContentRegistry,
  content: XmlElement,
): JudgedContent | undefined {
  const entry = registry.find(content.namespaceUri, content.name);
  if (entry === undefined) return undefined;
  const { messageType, role, versions } = entry;
  return {
    messageType,
    role,
    versions: versions.map(({ version, schema }) => ({
      version,
      findings: validateElement(schema(), content),
    })),
  };
}

function compileVersion({ schemas }: VersionSchemas): CompiledSchema {
  return compileSchemas(schemas, schemas[0]?.name ?? '');
}

function roleOf({ requestRoot, responseRoot }: VersionSchemas, root: string): ContentRole {
  if (requestRoot === responseRoot) return 'both';
  return root === requestRoot ? 'request' : 'response';
}

function keyOf(namespace: string, root: string): string {
  return `{${namespace}}${root}`;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
