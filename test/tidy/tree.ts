import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../harness/node.ts';

/** A text file of the checkout. */
export interface SourceFile {
  /** From the root of the checkout, with '/'. */
  readonly path: string;
  readonly text: string;
}

/** The files of folders whose names end so. */
export function readTree(folders: readonly string[], ...endings: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .filter((name) => !name.split('/').includes('node_modules'))
      .sort()
      .map((name) => readSource(`${folder}/${name}`)),
  );
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(checkout, path), 'utf8') };
}

/** One module that a file imports. */
export interface Import {
  /** A path in the checkout for the project's own, else the package or node: module. */
  readonly target: string;
  readonly own: boolean;
  readonly typeOnly: boolean;
}

const statement =
  /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** What a file imports, statically or not. */
export function importsOf({ path, text }: SourceFile): Import[] {
  return [...withoutComments(text).matchAll(statement)].map(([, type, from, dynamic]) => {
    const name = from ?? dynamic ?? '';
    const own = name.startsWith('.');
    return {
      target: own ? join(path, '..', name) : packageOf(name),
      own,
      typeOnly: type !== undefined,
    };
  });
}

function packageOf(name: string): string {
  if (name.startsWith('node:')) return name;
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

/** The text with comments blanked out and its lines kept. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[\s;{(,])\/\/[^\n]*/g, '$1');
}

/** The room of a file in src: its folder there, or its own name at the top. */
export function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}
