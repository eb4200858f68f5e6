// Compiles the AssemblyScript of src/*/assembly into dist/wasm, one module a row of the table.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { curveModules, curveSource } from './curve-source.mjs';

const root = resolve(import.meta.dirname ?? '.', '..');

// No runtime, no checks of the compiler's own: a module is arithmetic over memory that its TypeScript
// side lays out, and everything below memoryBase belongs to that layout.
const common = ['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd'];

/** Where each module comes from, and the octets below memoryBase that it addresses literally. */
const modules = [
  { name: 'streebog', room: 'gost', memoryBase: 131072, initialPages: 3 },
  { name: 'smev-transform', room: 'signature', memoryBase: 65536, initialPages: 16 },
];

/** @returns whether every module compiled; the compiler's words go to standard error */
export function buildWasm() {
  mkdirSync(join(root, 'dist', 'wasm'), { recursive: true });
  const written = modules.filter(({ name, room }) => existsSync(sourceOf(room, name)));
  return [...written.map(fromSource), ...curveModules.map(fromGenerator)].every(compile);
}

function fromSource({ name, room, ...rest }) {
  return { name, source: sourceOf(room, name), ...rest };
}

/**
 * The curves' arithmetic is written by a program: nobody reads 300 products of limbs. It takes the
 * compiler long, and is not compiled again while it stays the same.
 */
function fromGenerator(module) {
  const part = (name) => readFileSync(sourceOf('gost', name), 'utf8');
  const { source, memoryEnd } = curveSource(module, part);
  const folder = join(root, '.build', 'assembly');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${module.name}.ts`);
  const key = createHash('sha256').update(source).update(common.join()).digest('hex');
  const keyFile = join(folder, `${module.name}.sha256`);
  writeFileSync(file, source);
  const initialPages = Math.ceil(memoryEnd / 65536) + 1;
  return { name: module.name, source: file, memoryBase: memoryEnd, initialPages, key, keyFile };
}

function sourceOf(room, name) {
  return join(root, 'src', room, 'assembly', `${name}.ts`);
}

function compile({ name, source, memoryBase, initialPages, key, keyFile }) {
  const target = join(root, 'dist', 'wasm', `${name}.wasm`);
  if (key !== undefined && existsSync(target) && readText(keyFile) === key) return true;
  const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const { status } = spawnSync(
    process.execPath,
    [
      asc,
      source,
      ...['--outFile', target],
      ...['--memoryBase', String(memoryBase), '--initialMemory', String(initialPages)],
      ...common,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status === 0 && key !== undefined) writeFileSync(keyFile, key);
  return status === 0;
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

if (process.argv[1] === import.meta.filename) process.exitCode = buildWasm() ? 0 : 1;
