// Compiles the AssemblyScript of src/*/assembly into dist/wasm. What did not change since is left.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { curveModules, curveSource } from './curve-source.mjs';

const root = resolve(import.meta.dirname ?? '.', '..');
const compiler = join(root, 'node_modules', 'assemblyscript');
const target = join(root, 'dist', 'wasm');
const generated = join(root, '.build', 'assembly');

// No runtime, no checks of the compiler's own: a module is arithmetic over memory that its TypeScript
// side lays out, and everything below memoryBase belongs to that layout.
const common = ['-O3', '--runtime', 'stub', '--noAssert', '--enable', 'simd'];

/** Modules that people wrote, with the octets below memoryBase that they address literally. */
const written = [
  { name: 'streebog', room: 'gost', memoryBase: 131072, initialPages: 3 },
  { name: 'smev-transform', room: 'signature', memoryBase: 65536, initialPages: 16 },
];

/**
 * Compiles what changed, as many modules at once as there are cores.
 *
 * @param say gets a line when there is something to compile
 * @returns whether every module compiled; the compiler's words go to standard error
 */
export async function buildWasm(say) {
  for (const folder of [target, generated]) mkdirSync(folder, { recursive: true });
  const modules = [...written.map(fromSource), ...curveModules.map(fromGenerator)];
  const waiting = modules.filter(({ name, key, keyFile }) => {
    return !existsSync(join(target, `${name}.wasm`)) || readText(keyFile) !== key;
  });
  if (waiting.length === 0) return true;
  say('Собираю WebAssembly, до минуты / compiling WebAssembly, up to a minute');
  const lines = Array.from({ length: availableParallelism() }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!(await compile(next))) return false;
    }
    return true;
  });
  return (await Promise.all(lines)).every(Boolean);
}

function fromSource({ name, room, ...rest }) {
  const source = sourceOf(room, name);
  const folder = dirname(source);
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  return module({ name, source, text: texts.join(), ...rest });
}

/** The curves' arithmetic is written by a program: nobody reads 300 products of limbs. */
function fromGenerator(curve) {
  const part = (name) => readFileSync(sourceOf('gost', name), 'utf8');
  const { source: text, memoryEnd } = curveSource(curve, part);
  const source = join(generated, `${curve.name}.ts`);
  writeFileSync(source, text);
  const initialPages = Math.ceil(memoryEnd / 65536) + 1;
  return module({ name: curve.name, source, text, memoryBase: memoryEnd, initialPages });
}

function module({ name, source, text, memoryBase, initialPages }) {
  const { version } = JSON.parse(readFileSync(join(compiler, 'package.json'), 'utf8'));
  const memory = ['--memoryBase', String(memoryBase), '--initialMemory', String(initialPages)];
  const options = [...memory, ...common];
  const key = createHash('sha256').update([version, options.join(), text].join()).digest('hex');
  return { name, source, options, key, keyFile: join(generated, `${name}.sha256`) };
}

function sourceOf(room, name) {
  return join(root, 'src', room, 'assembly', `${name}.ts`);
}

async function compile({ name, source, options, key, keyFile }) {
  rmSync(keyFile, { force: true });
  const words = [source, '--outFile', join(target, `${name}.wasm`), ...options];
  const status = await new Promise((done) => {
    spawn(process.execPath, [join(compiler, 'bin', 'asc.js'), ...words], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    }).on('close', done);
  });
  if (status === 0) writeFileSync(keyFile, key);
  return status === 0;
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = (await buildWasm((line) => process.stdout.write(`${line}\n`))) ? 0 : 1;
}
