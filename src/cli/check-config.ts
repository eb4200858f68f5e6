import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { isTokenUri } from '../config/key.ts';
import { ConfigInvalid, loadConfig } from '../config/load.ts';
import type { Config } from '../config/table.ts';
import { exampleKeyProblem } from '../pki/examples.ts';
import { readNodePassphrase, readSealedPair } from '../pki/keystore.ts';
import { parseRedisUrl } from '../queue/redis-url.ts';
import { tlsProblems } from '../server/tls-keeping.ts';
import { signerFrom } from '../signature/signer.ts';
import { wayProblems } from '../warnings/ways.ts';
import { tokenProblems } from './check-token.ts';
import { columns } from './columns.ts';
import { print, run } from './run.ts';

/** What `check-config --json` prints. */
export interface Checked {
  readonly valid: boolean;
  readonly problems: readonly string[];
  /** What is accepted and has no effect. */
  readonly notes: readonly string[];
  /** As it takes effect, without passwords; absent where it is invalid. */
  readonly config?: Config;
}

export function register(program: Command): void {
  program
    .command('check-config')
    .description(
      'проверить настройку целиком / read the whole configuration and say all that is wrong',
    )
    .option('--json', 'print JSON')
    .action((options: { readonly json?: true }) =>
      run(async () => {
        const checked = await check(process.env, process.cwd());
        print(options.json, checked, () => report(checked));
        return checked.valid ? 0 : 1;
      }),
    );
}

async function check(env: NodeJS.ProcessEnv, cwd: string): Promise<Checked> {
  try {
    const config = loadConfig(env, cwd);
    const problems = [
      ...(await keyProblems(config)),
      ...(await tokenProblems(config)),
      ...redisProblems(config),
      ...(await tlsProblems(config, systemClock.now())),
      ...(await uplinkProblems(config)),
      ...(await wayProblems(config)),
    ];
    const notes = notesOf(config);
    return { valid: problems.length === 0, problems, notes, config: withoutPasswords(config) };
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    return { valid: false, problems: error.problems, notes: [] };
  }
}

const embeddedNote =
  'redisUrl: база данных встроенная, одна на один процесс; доставка через Redis имеет смысл с PostgreSQL / ' +
  'the database is embedded, of one process alone; delivery over Redis makes sense with PostgreSQL';

const plainUrlNote =
  'publicUrl: http://, а сервисы SOAP под TLS; верно только за прокси / ' +
  'is http://, and the SOAP services are under TLS; right behind a proxy alone';

const unaskedNote =
  'trust.fetch.hosts: при trust.revocation: off никого не спрашивают / ' +
  'nobody is asked where trust.revocation is off';

function notesOf({ redisUrl, database, delivery, tls, publicUrl, trust }: Config): string[] {
  const embedded = database.url.startsWith('sqlite:');
  return [
    ...(redisUrl !== undefined && embedded ? [embeddedNote] : []),
    ...(tls !== undefined && publicUrl?.startsWith('http:') ? [plainUrlNote] : []),
    ...(trust.revocation === 'off' && trust.fetch.hosts.length > 0 ? [unaskedNote] : []),
    ...(redisUrl === undefined && !delivery.serve
      ? [
          'delivery.serve: без redisUrl доставляет сам serve / without redisUrl serve delivers itself',
        ]
      : []),
  ];
}

type Pair = Config['node']['keys'][number];

async function uplinkProblems({ profile, uplinks }: Config): Promise<string[]> {
  const problems: string[] = [];
  for (const { id, key, certificate, localKey, localCertificate } of uplinks) {
    for (const pair of [
      { key, certificate },
      { key: localKey, certificate: localCertificate },
    ]) {
      const found = await pairProblems(profile, pair, undefined);
      problems.push(...found.map((each) => `uplinks.${id}: ${each}`));
    }
  }
  return problems;
}

function redisProblems({ redisUrl }: Config): string[] {
  if (redisUrl === undefined) return [];
  try {
    parseRedisUrl(redisUrl);
    return [];
  } catch (error) {
    return [`redisUrl: ${messageOf(error)}`];
  }
}

async function keyProblems({ node, profile }: Config): Promise<string[]> {
  const { keys } = node;
  let passphrase: string | undefined;
  try {
    passphrase = readNodePassphrase(profile, node);
  } catch (error) {
    return [`node.passphraseFile: ${messageOf(error)}`];
  }
  const problems: string[] = [];
  for (const [index, pair] of keys.entries()) {
    const found = await pairProblems(profile, pair, passphrase);
    problems.push(...found.map((each) => `node.keys.${index}: ${each}`));
  }
  return problems;
}

async function pairProblems(
  profile: Config['profile'],
  files: Pair,
  passphrase: string | undefined,
): Promise<string[]> {
  try {
    const { key, certificate } = await readSealedPair(files, passphrase);
    // Of a key in a token the token says the rest.
    if (!isTokenUri(key)) signerFrom({ key, certificate });
    return [exampleKeyProblem(profile, certificate) ?? []].flat();
  } catch (error) {
    return [messageOf(error)];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function withoutPasswords(config: Config): Config {
  const { redisUrl, database } = config;
  return {
    ...config,
    database: { url: withoutPassword(database.url) },
    ...(redisUrl === undefined ? {} : { redisUrl: withoutPassword(redisUrl) }),
  };
}

/** A password stands before the last @ (RFC 3986 §3.2), or in the query. */
function withoutPassword(url: string): string {
  return url
    .replace(/^([a-z+]+:\/\/[^:@/]*):.*@/is, '$1:***@')
    .replace(/([?&]password=)[^&#]*/gi, '$1***');
}

function report({ valid, problems, notes, config }: Checked): string {
  const lines = valid
    ? ['Настройка верна / the configuration is valid']
    : ['Настройка неверна / the configuration is invalid:', ...problems.map((p) => `  ${p}`)];
  if (config !== undefined) lines.push('', columns(leaves(config)));
  return [...lines, ...notes.map((note) => `\n${note}`)].join('\n');
}

/** Path and value of every key. */
function leaves(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [[path.join('.'), JSON.stringify(value) ?? '']];
  }
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name]));
}
