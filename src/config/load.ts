import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';
import { checkout } from '../checkout.ts';
import { isTokenUri } from './key.ts';
import { type Config, configTable } from './table.ts';
import { withAbsoluteFiles } from './uplinks.ts';

/** All that is wrong with the configuration, each with its path. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `настройка неверна / the configuration is invalid:\n${problems.map((p) => `  ${p}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
type Tree = { [name: string]: unknown };

const root = fileURLToPath(checkout);

/**
 * Reads config/default.yaml, the file that MEZHVED_CONFIG names, and the environment over them, and
 * checks the whole at once. Paths are relative to the file they stand in; in the environment, to the
 * working folder.
 *
 * @throws ConfigInvalid
 */
export function loadConfig(env: Environment, cwd: string): Config {
  const files = [join(root, 'config', 'default.yaml')];
  if (env['MEZHVED_CONFIG'] !== undefined) files.push(resolve(cwd, env['MEZHVED_CONFIG']));
  const trees = [...files.map(readTree), resolvePaths(fromEnvironment(env), cwd)];
  const parsed = configTable.safeParse(trees.reduce(merge, {}));
  if (!parsed.success) throw new ConfigInvalid(parsed.error.issues.flatMap(explain));
  const config = parsed.data;
  const data = absolute(config.data, root);
  const url = config.database.url ?? `sqlite:${join(data, 'mezhved.db')}`;
  const folder = absolute(config.attachments.folder ?? join(data, 'files'), root);
  const attachments = { ...config.attachments, folder };
  return { ...config, data, database: { url }, attachments };
}

const variables: Readonly<Record<string, readonly string[]>> = {
  MEZHVED_NODE_ID: ['node', 'id'],
  MEZHVED_DATA: ['data'],
  MEZHVED_DATABASE_URL: ['database', 'url'],
  MEZHVED_REDIS_URL: ['redisUrl'],
  MEZHVED_LISTEN: ['listen'],
  MEZHVED_ADMIN_LISTEN: ['adminListen'],
  MEZHVED_PUBLIC_URL: ['publicUrl'],
  MEZHVED_FTP_LISTEN: ['attachments', 'ftp', 'listen'],
};

/** Names of the environment variables that the configuration reads, MEZHVED_CONFIG beside them. */
export const variableNames: readonly string[] = ['MEZHVED_CONFIG', ...Object.keys(variables)];

function fromEnvironment(env: Environment): Tree {
  const tree: Tree = {};
  for (const [name, path] of Object.entries(variables)) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    const [first = '', ...below] = path;
    tree[first] = below.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
  }
  return tree;
}

function readTree(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ConfigInvalid([`${file}: файл не читается / the file cannot be read`]);
  }
  try {
    const tree: unknown = parse(text) ?? {};
    if (typeof tree !== 'object' || Array.isArray(tree)) throw new Error('not a mapping');
    return resolvePaths(tree as Tree, dirname(file));
  } catch (error) {
    throw new ConfigInvalid([`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** Makes the paths of one source absolute before the sources are laid over each other. */
function resolvePaths(tree: Tree, folder: string): Tree {
  const { data, database, attachments, node, uplinks, tls, adminTls, warnings, schemas } = tree as {
    data?: unknown;
    tls?: unknown;
    adminTls?: unknown;
    warnings?: unknown;
    schemas?: unknown;
    database?: Tree;
    attachments?: Tree;
    node?: Tree;
    uplinks?: unknown;
  };
  const url = database?.['url'];
  return {
    ...tree,
    ...(typeof data === 'string' ? { data: absolute(data, folder) } : {}),
    ...(typeof url === 'string'
      ? { database: { ...database, url: absoluteUrl(url, folder) } }
      : {}),
    ...(attachments === undefined ? {} : { attachments: absoluteFiles(attachments, folder) }),
    ...(isTree(tls) ? { tls: absoluteFiles(tls, folder) } : {}),
    ...(isTree(adminTls) ? { adminTls: absoluteFiles(adminTls, folder) } : {}),
    ...(isTree(schemas) ? { schemas: absoluteFiles(schemas, folder) } : {}),
    ...(isTree(warnings) ? { warnings: absoluteFiles(warnings, folder) } : {}),
    ...(node === undefined ? {} : { node: absoluteNode(node, folder) }),
    ...(Array.isArray(uplinks)
      ? {
          uplinks: uplinks.map((each) => withAbsoluteFiles(each, (path) => absolute(path, folder))),
        }
      : {}),
  };
}

function absoluteNode(node: Tree, folder: string): Tree {
  const { keys, pkcs11, passphraseFile } = node as Readonly<Record<string, unknown>>;
  return {
    ...node,
    ...(Array.isArray(keys) ? { keys: keys.map((pair) => absolutePair(pair, folder)) } : {}),
    ...(isTree(pkcs11) ? { pkcs11: absolutePair(pkcs11, folder) } : {}),
    ...(typeof passphraseFile === 'string'
      ? { passphraseFile: absolute(passphraseFile, folder) }
      : {}),
  };
}

/** The paths of the file store, of TLS on a port, of ways to warn, and of their secrets. */
function absoluteFiles(attachments: Tree, folder: string): Tree {
  const paths = new Set([
    ...['folder', 'inbox', 'key', 'certificate', 'passphraseFile', 'clientCa'],
    ...['accessKeyFile', 'secretKeyFile', 'ca', 'secretFile', 'userFile', 'passwordFile'],
  ]);
  return Object.fromEntries(
    Object.entries(attachments).map(([name, value]) => [
      name,
      isTree(value)
        ? absoluteFiles(value, folder)
        : paths.has(name) && typeof value === 'string'
          ? absolute(value, folder)
          : value,
    ]),
  );
}

function absoluteUrl(url: string, folder: string): string {
  return url.startsWith('sqlite:') ? `sqlite:${absolute(url.slice(7), folder)}` : url;
}

function absolutePair(pair: unknown, folder: string): unknown {
  if (typeof pair !== 'object' || pair === null) return pair;
  return Object.fromEntries(
    Object.entries(pair).map(([name, path]) => [
      name,
      typeof path === 'string' && !isTokenUri(path) ? absolute(path, folder) : path,
    ]),
  );
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}

function merge(below: Tree, above: Tree): Tree {
  const merged: Tree = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = merged[name];
    merged[name] = isTree(under) && isTree(value) ? merge(under, value) : value;
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function explain(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [`${path.join('.')}: ${issue.message}`];
  return issue.keys.map((name) => {
    const near = nearest(name, knownNames(path));
    const hint = near === undefined ? '' : `; возможно / perhaps: ${near}`;
    return `${[...path, name].join('.')}: неизвестный параметр / unknown key${hint}`;
  });
}

function knownNames(path: readonly string[]): string[] {
  let at: unknown = z.toJSONSchema(configTable, { io: 'input' });
  for (const name of path) at = (at as { properties?: Tree }).properties?.[name];
  return Object.keys((at as { properties?: Tree } | undefined)?.properties ?? {});
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(2, name.length / 3)
    ? best.candidate
    : undefined;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
