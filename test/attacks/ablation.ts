import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';
import { checkout } from '../harness/node.ts';
import { importsOf, readTree } from '../tidy/tree.ts';
import type { Guard } from './guards.ts';

/** What the source reads beside itself. */
const beside = ['certs.example', 'config', 'dist', 'package.json', 'schemas', 'wsdl'];
const sources = readTree(['src'], '.ts');

/**
 * The source without some guards, under .build, where its packages resolve as in the checkout; there
 * is no switch in the source itself that could be left on. What a guard's absence reaches is copied;
 * the rest are links to the files themselves, so that they are loaded once for all.
 *
 * @param name of its folder
 * @returns the folder that holds its src
 */
export function ablate(name: string, removed: readonly Guard[]): string {
  const folder = join(checkout, '.build', 'ablated', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const each of beside) symlinkSync(join(checkout, each), join(folder, each));
  const reached = importersOf(removed.map(({ file }) => file));
  for (const { path, text } of sources) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (!reached.has(path)) symlinkSync(join(checkout, path), join(folder, path));
    else {
      const without = removed
        .filter(({ file }) => file === path)
        .reduce((left, { find, replace }) => left.replace(find, () => replace), text);
      writeFileSync(join(folder, path), without);
    }
  }
  return folder;
}

/**
 * The same of the program as it is built, to be run as a node.
 *
 * @returns the path of its main.js
 */
export async function ablateBuilt(name: string, removed: readonly Guard[]): Promise<string> {
  const folder = ablate(name, removed);
  const dist = join(folder, 'dist');
  rmSync(dist);
  mkdirSync(dist);
  symlinkSync(join(checkout, 'dist', 'wasm'), join(dist, 'wasm'));
  if (!(await bundle(folder))) throw new Error(`${name} cannot be built`);
  return join(dist, 'main.js');
}

/** The files with all that import them, by however many steps. */
function importersOf(files: readonly string[]): Set<string> {
  const reached = new Set(files);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const source of sources) {
      const imported = importsOf(source).filter(({ typeOnly }) => !typeOnly);
      if (imported.some(({ target }) => reached.has(target))) reached.add(source.path);
    }
    // The pool names the script of its threads by a path.
    if (reached.has('src/compute/worker.ts')) reached.add('src/compute/pool.ts');
  }
  return reached;
}
