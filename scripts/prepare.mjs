// Makes a checkout ready to run: packages installed, sources compiled. Plain Node without
// dependencies, since it runs before there are any. Says nothing when there is nothing to do.
//   --test   also sees that the tests find a PostgreSQL server
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? '.', '..');
const at = (...path) => join(root, ...path);
const say = (text) => process.stdout.write(`${text}\n`);

checkNode();
installPackages();
linkCommand();
await build();
if (process.argv.includes('--test')) {
  providePostgres();
  provideRedis();
}

function fail(...lines) {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exit(2);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Нужен Node.js 20.19 или новее, а здесь ${process.versions.node}.`,
    `Node.js 20.19 or newer is needed; this is ${process.versions.node}.`,
  );
}

// ---- packages

function installPackages() {
  const stamp = at('node_modules', '.mezhved-stamp');
  // A native module fits one ABI of Node: another Node installs anew.
  const wanted = `${sha256(readFileSync(at('package-lock.json')))} ${process.versions.modules}`;
  if (readText(stamp) === wanted) return;
  if (!isInstalled() || !sqliteLoads()) {
    const missing = provideCompilers();
    say(
      'Устанавливаю пакеты npm, это займёт минуту-две / installing npm packages, a minute or two',
    );
    const code = npm('ci', '--include=dev', '--no-audit', '--no-fund');
    if (code !== 0) failInstall(code, missing);
    if (!sqliteLoads() && (npm('rebuild', 'better-sqlite3') !== 0 || !sqliteLoads())) {
      failInstall(1, missing);
    }
  }
  writeFileSync(stamp, wanted);
}

/** Every package of the lock is there in its version, but for optional ones of other platforms. */
function isInstalled() {
  const hidden = readText(at('node_modules', '.package-lock.json'));
  if (hidden === undefined) return false;
  const { packages } = JSON.parse(hidden);
  const lock = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  return Object.entries(lock.packages).every(
    ([path, { version, optional }]) =>
      path === '' || packages[path]?.version === version || (optional && !packages[path]),
  );
}

/** Apart from this process: a module for another ABI may end it. */
function sqliteLoads() {
  const probe = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', probe], { cwd: root, stdio: 'ignore' }).status === 0;
}

function npm(...args) {
  const own = process.env.npm_execpath;
  const [command, before] =
    own?.endsWith('.js') && existsSync(own) ? [process.execPath, [own]] : ['npm', []];
  const { status, error } = spawnSync(command, [...before, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error !== undefined) {
    fail('Не найдена команда npm / the command npm was not found: https://nodejs.org');
  }
  return status ?? 1;
}

function failInstall(code, missing) {
  fail(
    `Установка пакетов не удалась (npm: ${code}) / the packages could not be installed.`,
    ...(missing.length === 0
      ? ['Сообщение npm стоит выше / see what npm says above.']
      : [
          'Для сборки better-sqlite3 нужны компилятор и make. В Debian и Ubuntu выполните:',
          'better-sqlite3 needs a compiler and make. On Debian and Ubuntu run:',
          `  apt-get install ${missing.join(' ')}`,
        ]),
  );
}

/** better-sqlite3 is compiled where no prebuilt binary can be fetched. Returns what is missing. */
function provideCompilers() {
  const tools = ['python3', 'make', 'g++'];
  const missing = tools.filter((tool) => !isCommand(tool));
  if (missing.length === 0) return [];
  say(`Для сборки better-sqlite3 не хватает / missing to compile it: ${missing.join(' ')}`);
  aptInstall(missing);
  return tools.filter((tool) => !isCommand(tool));
}

/** Debian packages, where this user may install them without being asked. */
function aptInstall(packages) {
  if (!isCommand('apt-get')) return false;
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? [] : ['sudo', '-n'];
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return false;
  say(`Устанавливаю пакеты Debian / installing Debian packages: ${packages.join(' ')}`);
  const apt = (...args) => {
    const [command, ...rest] = [
      ...sudo,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      ...args,
    ];
    return spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  };
  const install = () => apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
  // The lists of a fresh machine are empty or old.
  return install() || (apt('update', '-qq') && install());
}

function isCommand(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `npx mezhved` in the checkout runs this checkout. */
function linkCommand() {
  const link = at('node_modules', '.bin', 'mezhved');
  try {
    lstatSync(link);
  } catch {
    mkdirSync(at('node_modules', '.bin'), { recursive: true });
    symlinkSync(join('..', '..', 'dist', 'main.js'), link);
  }
}

// ---- sources

async function build() {
  const stamp = at('dist', '.stamp');
  const sources = filesIn('src');
  const wanted = sha256(
    [...sources, 'tsconfig.json', 'package-lock.json', ...filesIn('scripts')]
      .map((file) => {
        const { size, mtimeMs } = statSync(at(file));
        return `${file} ${size} ${mtimeMs}`;
      })
      .join('\n'),
  );
  if (readText(stamp) === wanted) return;
  say('Собираю / compiling');
  // They load packages that have just been installed.
  const { buildWasm } = await import('./wasm.mjs');
  const { bundle } = await import('./bundle.mjs');
  if (!(await buildWasm(say)) || !(await bundle(root))) {
    fail('Сборка не удалась / the sources do not compile.');
  }
  chmodSync(at('dist', 'main.js'), 0o755);
  writeFileSync(stamp, wanted);
}

function filesIn(folder) {
  return readdirSync(at(folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesIn(path) : [path];
    })
    .sort();
}

// ---- for the tests

function providePostgres() {
  const installed = () => isCommand('postgres') || debianPostgres();
  if (installed()) return;
  if (aptInstall(['postgresql']) && installed()) return;
  say(
    'PostgreSQL не найден: его тесты будут пропущены (SKIPPED). В Debian: apt-get install postgresql',
  );
  say('PostgreSQL was not found: its tests will be SKIPPED. On Debian: apt-get install postgresql');
}

function provideRedis() {
  const installed = () => isCommand('redis-server');
  if (installed()) return;
  if (aptInstall(['redis-server']) && installed()) return;
  say(
    'Redis не найден: его тесты будут пропущены (SKIPPED). В Debian: apt-get install redis-server',
  );
  say('Redis was not found: its tests will be SKIPPED. On Debian: apt-get install redis-server');
}

function debianPostgres() {
  const folder = '/usr/lib/postgresql';
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((version) =>
    isExecutable(join(folder, version, 'bin', 'postgres')),
  );
}

// ---- words

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
