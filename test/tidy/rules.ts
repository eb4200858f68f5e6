import { importsOf, roomOf, type SourceFile, withoutComments } from './tree.ts';

// The rules of the house as functions from files to what is wrong with them.

/** Rooms from the bottom up; a room imports its own floor and those below. */
export const floors: readonly (readonly string[])[] = [
  ['checkout'],
  ['config', 'fault', 'log', 'clock', 'metrics'],
  ['gost', 'store', 'token', 'xml'],
  ['pki', 'journal', 'queue', 'schema', 'soap', 'attachments'],
  ['signature', 'smev', 'participants'],
  ['compute', 'connectors'],
  ['exchange', 'warnings'],
  ['http', 'admin', 'ftp'],
  ['server'],
  ['cli'],
  ['main'],
];

/** Plain tables of names, open to every room. */
const openToAll = ['src/smev/namespaces.ts', 'src/smev/operations.ts'];

function floorOf(room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room));
}

/** Imports upwards, rooms without a floor, and rooms that import each other. */
export function floorProblems(files: readonly SourceFile[]): string[] {
  const edges = new Map<string, string>();
  const problems = files.flatMap((file) => {
    const room = roomOf(file.path);
    if (floorOf(room) < 0) return [`${file.path}: the room ${room} has no floor in test/tidy`];
    return importsOf(file).flatMap(({ target, own }) => {
      if (!own || openToAll.includes(target)) return [];
      const other = roomOf(target);
      if (!target.startsWith('src/')) return [`${file.path}: imports ${target}, outside src`];
      if (other !== room) edges.set(`${room} → ${other}`, file.path);
      return floorOf(other) > floorOf(room) ? [`${file.path}: imports upwards, ${target}`] : [];
    });
  });
  for (const [edge, path] of edges) {
    const [from, to] = edge.split(' → ');
    const back = `${from}` < `${to}` ? edges.get(`${to} → ${from}`) : undefined;
    if (back !== undefined)
      problems.push(`${path} and ${back}: ${from} and ${to} import each other`);
  }
  return problems;
}

/** Each package has one door. kysely's types and sql serve whatever room holds queries. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  aws4: ['attachments'],
  'basic-ftp': ['connectors'],
  'better-sqlite3': ['store'],
  bullmq: ['queue'],
  commander: ['cli', 'main'],
  express: ['http', 'admin'],
  'file-type': ['attachments'],

  'fast-xml-parser': ['connectors'],
  fflate: ['schema'],
  ioredis: ['queue'],
  kysely: ['store', 'journal', 'queue', 'smev', 'participants', 'exchange', 'warnings', 'cli'],
  'libxml2-wasm': ['xml'],
  'node-forge': ['pki'],
  nodemailer: ['warnings'],
  pg: ['store'],
  pino: ['log'],
  piscina: ['compute'],
  pkcs11js: ['token'],
  'prom-client': ['metrics'],
  soap: ['connectors'],
  // For threads of sources that were not built, in tests.
  undici: ['attachments', 'cli', 'connectors'],
  'xml-crypto': ['signature'],
  'xmllint-wasm': ['schema'],
  yaml: ['config', 'participants'],
  yauzl: ['schema'],
  zod: ['config', 'participants'],
};

/** Packages that come in by another door than theirs, or have none. */
export function doorProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ target, own }) => {
      if (own || target.startsWith('node:')) return [];
      const rooms = doors[target];
      if (rooms === undefined) return [`${file.path}: ${target} has no door in test/tidy`];
      if (rooms.includes(roomOf(file.path))) return [];
      return [`${file.path}: ${target} comes in by ${rooms.join(', ')} alone`];
    }),
  );
}

const outside = [
  /^node:(?!crypto$|path$|url$|util$|buffer$)/,
  /^(basic-ftp|better-sqlite3|bullmq|ioredis|nodemailer|pg|express|piscina|pino|pkcs11js|prom-client|soap|undici|xmllint-wasm|commander)$/,
];
const world =
  /\b(?:Date\.now|Math\.random|process\.|performance\.now|setTimeout|setInterval|setImmediate|randomBytes|randomUUID|generateKeyPair\w*)\b|\bfetch\(|\bnew Date\(\)/;

const query = /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(/;

/** Whether a file does more than turn values into values. */
export function touchesWorld(file: SourceFile): boolean {
  return (
    importsOf(file).some(
      ({ target, own, typeOnly }) =>
        !own && !typeOnly && outside.some((pattern) => pattern.test(target)),
    ) ||
    world.test(withoutComments(file.text)) ||
    query.test(file.text)
  );
}

/** Files that touch the world and are not listed, and lines of the list that are out of date. */
export function purityProblems(files: readonly SourceFile[], listed: readonly string[]): string[] {
  const matches = (path: string, entry: string) =>
    entry.endsWith('/') ? path.startsWith(entry) : path === entry;
  const worldly = files.filter(touchesWorld).map(({ path }) => path);
  return [
    ...worldly
      .filter((path) => !listed.some((entry) => matches(path, entry)))
      .map(
        (path) => `${path}: touches the world; make it pure, or list it in test/tidy on purpose`,
      ),
    ...listed
      .filter((entry) => !worldly.some((path) => matches(path, entry)))
      .map((entry) => `${entry}: listed in test/tidy, and pure or gone; take it off the list`),
  ];
}

/** @param tables files that are one table, as long as it is */
export function lengthProblems(
  files: readonly SourceFile[],
  linesMax: number,
  tables: readonly string[],
): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > linesMax && !tables.includes(path)
      ? [`${path}: ${lines} lines, more than ${linesMax}`]
      : [];
  });
}

/** A call that is not made here, and what is called instead. */
export interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Path beginnings where it may stand. */
  readonly except: readonly string[];
}

const peerless = [
  'cli/',
  'config/',
  'gost/',
  'participants/',
  'pki/',
  'server/',
  'store/',
  'token/',
  'xml/',
];

export const bans: readonly Ban[] = [
  { pattern: /\bDate\.now\(|\bnew Date\(\)/, instead: 'a Clock', except: ['src/clock.ts'] },
  { pattern: /\bMath\.random\(/, instead: 'the random bytes handed in', except: [] },
  {
    pattern: /\bprocess\.env\b/,
    instead: 'config',
    except: ['src/config/', 'src/cli/', 'src/main.ts'],
  },
  { pattern: /\bconsole\.\w+\(/, instead: 'the Log, or print of src/cli/run.ts', except: [] },
  {
    pattern: /\bnew Error\(/,
    instead: 'a Fault with a code, since it may reach a peer',
    except: [...peerless.map((path) => `src/${path}`), 'src/signature/signer.ts'],
  },
  {
    pattern: /^export default\b/m,
    instead: 'a name',
    except: ['src/compute/opinion-worker.ts', 'src/compute/worker.ts'],
  },
  { pattern: /@ts-(?:ignore|expect-error|nocheck)/, instead: 'a type', except: [] },
];

/** Calls of the list, each with its line and what to call instead. */
export function banProblems(files: readonly SourceFile[], list: readonly Ban[] = bans): string[] {
  return files.flatMap(({ path, text }) =>
    list
      .filter(({ except }) => !except.some((start) => path.startsWith(start)))
      .flatMap(({ pattern, instead }) =>
        linesOf(pattern.source.startsWith('@') ? text : withoutComments(text))
          .filter(([, line]) => pattern.test(line))
          .map(([number, line]) => `${path}:${number}: ${line.trim()}; instead: ${instead}`),
      ),
  );
}

const leftover = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`,
);
const machine = new RegExp(`(?<![\\w.:/-])/(${['work', 'root', 'home', 'Users'].join('|')})/\\w`);
const onlyOne = /\b(?:describe|it)\.(?:only|skip)\(|\bx(?:it|describe)\(/;

/** What was left for later, paths of one machine, and tests that keep others from running. */
export function leftoverProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    linesOf(text).flatMap(([number, line]) => [
      ...(leftover.test(line) ? [`${path}:${number}: left for later: ${line.trim()}`] : []),
      ...(machine.test(line) ? [`${path}:${number}: a path of one machine: ${line.trim()}`] : []),
      ...(onlyOne.test(line) ? [`${path}:${number}: keeps other tests from running`] : []),
    ]),
  );
}

/** Files of tests that skip themselves without a printed reason. */
export function silentSkips(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ text }) => /\bthis\.skip\(\)/.test(text) && !/SKIPPED: |\bskip[A-Z]\w*\(/.test(text))
    .map(({ path }) => `${path}: skips without printing SKIPPED and the reason`);
}

function linesOf(text: string): [number, string][] {
  return text.split('\n').map((line, index) => [index + 1, line]);
}
