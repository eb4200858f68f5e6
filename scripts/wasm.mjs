// Compiles the AssemblyScript of src/*/assembly into dist/wasm, one module a row of the table.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

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
  return modules.filter(({ name, room }) => existsSync(sourceOf(room, name))).every(compile);
}

function sourceOf(room, name) {
  return join(root, 'src', room, 'assembly', `${name}.ts`);
}

function compile({ name, room, memoryBase, initialPages }) {
  const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const { status } = spawnSync(
    process.execPath,
    [
      asc,
      sourceOf(room, name),
      ...['--outFile', join(root, 'dist', 'wasm', `${name}.wasm`)],
      ...['--memoryBase', String(memoryBase), '--initialMemory', String(initialPages)],
      ...common,
    ],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return status === 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = buildWasm() ? 0 : 1;
