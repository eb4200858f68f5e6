import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, relative, resolve, sep } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { readCertificate } from '../pki/certificate.ts';
import { always } from '../pki/window.ts';
import { type Declaration, declarationSchema } from './declarations.ts';
import { withAbsolutePaths } from './routes.ts';
import type { WindowedCertificate } from './windowed.ts';

/** A declaration with the files that it names read. */
export type Loaded =
  | {
      readonly kind: 'participant';
      readonly id: string;
      readonly name: string;
      readonly systems: readonly {
        readonly id: string;
        readonly certificates: readonly WindowedCertificate[];
        readonly uploadPassword: string | undefined;
      }[];
    }
  | (Omit<Extract<Declaration, { kind: 'messageType' }>, 'versions'> & {
      readonly versions: readonly LoadedVersion[];
    })
  | LoadedAuthority<'trustAnchor'>
  | LoadedAuthority<'intermediate'>;

interface LoadedAuthority<Kind> extends WindowedCertificate {
  readonly kind: Kind;
  readonly id: string;
}

export interface LoadedVersion {
  /** Its name where it was given one. */
  readonly version?: string | undefined;
  readonly namespace: string;
  readonly requestRoot: string;
  readonly responseRoot: string;
  readonly schemas: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** All that is wrong with the files, each with its place. */
export class DeclarationsInvalid extends Error {
  override readonly name = 'DeclarationsInvalid';
  constructor(problems: readonly string[]) {
    super(
      `описания неверны / the declarations are invalid:\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
  }
}

/**
 * Reads YAML files, or all *.yaml of folders, with the certificates and schemas that they name
 * relative to themselves.
 *
 * @throws DeclarationsInvalid naming everything that is wrong
 */
export function readDeclarations(paths: readonly string[]): Loaded[] {
  const problems: string[] = [];
  const loaded: Loaded[] = [];
  for (const file of paths.flatMap((path) => yamlFiles(path, problems))) {
    for (const [index, value] of documentsOf(file, problems).entries()) {
      const parsed = declarationSchema.safeParse(value);
      if (!parsed.success) {
        for (const issue of parsed.error.issues) {
          problems.push(`${file} (${index + 1}): ${issue.path.join('.')}: ${issue.message}`);
        }
        continue;
      }
      try {
        loaded.push(load(parsed.data, dirname(file)));
      } catch (error) {
        problems.push(`${file} (${index + 1}): ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  if (problems.length > 0) throw new DeclarationsInvalid(problems);
  return loaded;
}

function yamlFiles(path: string, problems: string[]): string[] {
  try {
    if (!statSync(path).isDirectory()) return [resolve(path)];
    return readdirSync(path)
      .filter((name) => ['.yaml', '.yml'].includes(extname(name)))
      .sort()
      .map((name) => resolve(path, name));
  } catch {
    problems.push(`${path}: не читается / cannot be read`);
    return [];
  }
}

function documentsOf(file: string, problems: string[]): unknown[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    problems.push(...document.errors.map((error) => `${file}: ${error.message}`));
    const value: unknown = document.toJS();
    return value === null ? [] : [value];
  });
}

function load(declaration: Declaration, folder: string): Loaded {
  switch (declaration.kind) {
    case 'participant':
      return {
        ...declaration,
        systems: declaration.systems.map(({ id, certificates, uploadPassword }) => ({
          id,
          uploadPassword,
          certificates: certificates.map((given) => windowed(folder, given)),
        })),
      };
    case 'trustAnchor':
    case 'intermediate': {
      const { kind, id, certificate, from, until } = declaration;
      return { kind, id, ...windowed(folder, { file: certificate, from, until }) };
    }
    case 'messageType':
      return {
        ...declaration,
        route: withAbsolutePaths(declaration.route, folder),
        versions: declaration.versions.map(({ schemas, ...version }) => ({
          ...version,
          schemas: schemasIn(folder, schemas),
        })),
      };
  }
}

interface NamedCertificate {
  readonly file: string;
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

function windowed(folder: string, given: string | NamedCertificate): WindowedCertificate {
  if (typeof given === 'string') return { der: certificateIn(folder, given), window: always };
  const { file, from = null, until = null } = given;
  if (from !== null && until !== null && until <= from) {
    throw new Error(`${file}: until не позже from / until is not after from`);
  }
  return { der: certificateIn(folder, file), window: { from, until } };
}

function certificateIn(folder: string, file: string): Uint8Array {
  const bytes = readFileSync(resolve(folder, file));
  try {
    return readCertificate(bytes[0] === 0x30 ? bytes : bytes.toString('latin1')).der;
  } catch {
    throw new Error(`${file}: не сертификат X.509 / not an X.509 certificate`);
  }
}

/**
 * Schema files are known by their path from the nearest folder that holds all of them, so that the
 * imports of one lead to another as they do on disk.
 */
function schemasIn(folder: string, files: readonly string[]): LoadedVersion['schemas'] {
  const paths = files.map((file) => resolve(folder, file));
  const base = commonFolder(paths);
  return paths.map((path) => ({
    name: relative(base, path).split(sep).join('/'),
    bytes: new Uint8Array(readFileSync(path)),
  }));
}

function commonFolder([first = '', ...others]: readonly string[]): string {
  let base = dirname(first);
  while (others.some((path) => !path.startsWith(base.endsWith(sep) ? base : base + sep))) {
    base = dirname(base);
  }
  return base;
}
