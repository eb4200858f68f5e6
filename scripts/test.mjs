// The whole check of a checkout: form, types, tests. Its last line counts the tests.
//   --full   the counts of the issues instead of quick ones
// Other arguments go to mocha: files of tests, say; all of them where there are none.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const result = join(root, '.build', 'test-result.json');
const args = process.argv.slice(2);
const full = args.includes('--full');
const chosen = args.filter((arg) => arg !== '--full');
const modules = join(root, 'node_modules');

function node(...command) {
  const env = { ...process.env, ...(full ? { MEZHVED_FULL: '1' } : {}) };
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env }).status ?? 1;
}

function check(name, ...command) {
  process.stdout.write(`${name}\n`);
  const code = node(...command);
  if (code === 0) return;
  process.stdout.write(`${name}: есть ошибки / failed\n`);
  process.exit(code);
}

check('biome check', join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '.');
check('tsc', join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json');
rmSync(result, { force: true });
const code = node(
  join(modules, 'mocha', 'bin', 'mocha.js'),
  ...['--reporter', join('scripts', 'reporter.cjs'), '--reporter-option', `output=${result}`],
  ...(full ? ['--timeout', '1800000'] : []),
  ...(chosen.length > 0 ? chosen : ['test/**/*.test.ts']),
);
let counts;
try {
  counts = JSON.parse(readFileSync(result, 'utf8'));
} catch {
  process.stdout.write('mocha не дошла до конца / mocha did not come to its end\n');
  process.exit(code === 0 ? 1 : code);
}
const { passes, failures, pending, unexplained } = counts;
process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
process.exitCode = code !== 0 ? code : failures > 0 || unexplained > 0 || passes === 0 ? 1 : 0;
