// The whole check of a checkout: form, types, tests. Its last line counts the tests.
//   --full   the counts of the issues instead of quick ones
// Other arguments go to mocha: files of tests, say; all of them where there are none, in three processes
// side by side: tests that start programs, tests that break things and wait, and tests that compute.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const args = process.argv.slice(2);
const full = args.includes('--full');
const chosen = args.filter((arg) => arg !== '--full');
const modules = join(root, 'node_modules');
const env = { ...process.env, ...(full ? { MEZHVED_FULL: '1' } : {}) };

/** Folders of tests that start nodes and clients, and of those that wait for services and what breaks. */
const starting = ['cli', 'e2e'];
const breaking = ['connectors', 'exchange', 'fault', 'ftp', 'queue'];

function check(name, ...command) {
  process.stdout.write(`${name}\n`);
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env });
  if (status === 0) return;
  process.stdout.write(`${name}: есть ошибки / failed\n`);
  process.exit(status ?? 1);
}

/** Runs mocha over these files; @returns its exit code and what the reporter counted */
async function mocha(name, files, write) {
  const result = join(root, '.build', `test-result-${name}.json`);
  rmSync(result, { force: true });
  const words = [
    join(modules, 'mocha', 'bin', 'mocha.js'),
    ...['--reporter', join('scripts', 'reporter.cjs'), '--reporter-option', `output=${result}`],
    ...(full ? ['--timeout', '1800000'] : []),
    ...files,
  ];
  const child = spawn(process.execPath, words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', write);
  const code = await new Promise((done) => child.on('close', (status) => done(status ?? 1)));
  try {
    return { code, ...JSON.parse(readFileSync(result, 'utf8')) };
  } catch {
    process.stdout.write('mocha не дошла до конца / mocha did not come to its end\n');
    const none = { passes: 0, failures: 0, pending: 0, unexplained: 0, failed: [] };
    return { code: code === 0 ? 1 : code, ...none };
  }
}

async function all() {
  const files = readdirSync(join(root, 'test'), { recursive: true });
  const tests = files.filter((file) => file.endsWith('.test.ts'));
  const folders = new Set(
    tests.map((file) => file.split('/')[0]).filter((name) => !/\./.test(name)),
  );
  const filesOf = (names) => names.map((name) => `test/${name}/**/*.test.ts`);
  const computing = [...folders].filter((name) => ![...starting, ...breaking].includes(name));
  const later = { breaking: [], computing: [] };
  const runs = await Promise.all([
    mocha('starting', filesOf(starting), (chunk) => process.stdout.write(chunk)),
    mocha('breaking', filesOf(breaking), (chunk) => later.breaking.push(chunk)),
    mocha('computing', ['test/*.test.ts', ...filesOf(computing)], (chunk) =>
      later.computing.push(chunk),
    ),
  ]);
  process.stdout.write(Buffer.concat([...later.breaking, ...later.computing]));
  return runs;
}

check('biome check', join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '.');
check('tsc', join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json');
const runs =
  chosen.length > 0
    ? [await mocha('chosen', chosen, (chunk) => process.stdout.write(chunk))]
    : await all();
const sum = (count) => runs.reduce((total, run) => total + run[count], 0);
const [passes, failures, pending] = [sum('passes'), sum('failures'), sum('pending')];
// Said again where a log that was cut still has it: the run prints thousands of lines.
for (const test of runs.flatMap((run) => run.failed)) process.stdout.write(`FAILED: ${test}\n`);
process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
const failed = failures > 0 || sum('unexplained') > 0 || runs.some((run) => run.passes === 0);
process.exitCode = runs.find(({ code }) => code !== 0)?.code ?? (failed ? 1 : 0);
