import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Guarded, guarded, lastingPort, programOnPath, untilAnswers } from './guarded.ts';

/** Files in PEM. */
export interface RedisTls {
  readonly certificate: string;
  readonly key: string;
  /** Who issued the certificate, and that of a client where one is demanded. */
  readonly ca: string;
  /** Demands a certificate of the client. */
  readonly clientCertificate?: boolean;
}

export interface RedisSettings {
  readonly appendonly?: boolean;
  readonly policy?: 'noeviction' | 'allkeys-lru';
  readonly password?: string;
  readonly tls?: RedisTls;
  readonly port?: number;
  /** Lines of redis.conf besides. */
  readonly lines?: readonly string[];
}

/** A private redis-server on 127.0.0.1, gone with this process however it dies. */
export interface RedisServer {
  /** redis://, or rediss:// with TLS; the password is in it. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** kill -9 */
  kill(): Promise<void>;
  /** On the same port, with what was on disk or with nothing; kills it first where it runs. */
  restart(how?: { readonly loseData?: boolean }): Promise<void>;
  stop(): Promise<void>;
  /** One command over a connection of its own. */
  command(...words: readonly string[]): Promise<unknown>;
}

let told = false;

/** Path of redis-server; undefined where it is not installed, and then says so once. */
export function redisBinary(): string | undefined {
  const path = programOnPath('redis-server');
  if (path === undefined && !told) {
    process.stdout.write('SKIPPED: Redis: install the Debian package redis-server\n');
    told = true;
  }
  return path;
}

/** Undefined where Redis is not installed. */
export async function startRedis(settings: RedisSettings = {}): Promise<RedisServer | undefined> {
  const { appendonly = false, policy = 'noeviction', password, tls } = settings;
  const port = settings.port ?? (await lastingPort());
  const listens = tls === undefined ? [`port ${port}`] : ['port 0', `tls-port ${port}`];
  return await launch(port, tls, password, [
    ...listens,
    `appendonly ${appendonly ? 'yes' : 'no'}`,
    `maxmemory-policy ${policy}`,
    ...(password === undefined ? [] : [`requirepass ${password}`, `masterauth ${password}`]),
    ...(tls === undefined ? [] : tlsLines(tls)),
    ...(settings.lines ?? []),
  ]);
}

function tlsLines({ certificate, key, ca, clientCertificate = false }: RedisTls): string[] {
  return [
    `tls-cert-file ${certificate}`,
    `tls-key-file ${key}`,
    `tls-ca-cert-file ${ca}`,
    `tls-auth-clients ${clientCertificate ? 'yes' : 'no'}`,
  ];
}

/**
 * A sentinel that watches this master under the name `mymaster`; its answers lead to it.
 * Undefined where Redis is not installed.
 */
export async function startSentinel(
  master: Pick<RedisServer, 'port'>,
  password?: string,
): Promise<RedisServer | undefined> {
  const port = await lastingPort();
  return await launch(
    port,
    undefined,
    undefined,
    [
      `port ${port}`,
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 1000',
      'sentinel failover-timeout mymaster 5000',
      ...(password === undefined ? [] : [`sentinel auth-pass mymaster ${password}`]),
    ],
    ['--sentinel'],
  );
}

/** A cluster of one node that has every slot. Undefined where Redis is not installed. */
export async function startCluster(settings: RedisSettings = {}): Promise<RedisServer | undefined> {
  const port = settings.port ?? (await lastingPort());
  const lines = [
    'cluster-enabled yes',
    'cluster-config-file nodes.conf',
    // The bus port would be port + 10000 otherwise, which others may have.
    `cluster-port ${await lastingPort()}`,
    'cluster-announce-ip 127.0.0.1',
  ];
  const server = await startRedis({
    ...settings,
    port,
    lines: [...lines, ...(settings.lines ?? [])],
  });
  if (server === undefined) return undefined;
  const ready = async () => {
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383').catch(alreadyAssigned);
    for (;;) {
      if (String(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await ready();
  return {
    ...server,
    restart: async (how) => {
      await server.restart(how);
      await ready();
    },
  };
}

function alreadyAssigned(error: unknown): void {
  if (!/already busy/.test(String(error))) throw error;
}

const configuration = 'redis.conf';

async function launch(
  port: number,
  tls: RedisTls | undefined,
  password: string | undefined,
  lines: readonly string[],
  flags: readonly string[] = [],
): Promise<RedisServer | undefined> {
  const binary = redisBinary();
  if (binary === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-redis-'));
  const usual = ['bind 127.0.0.1', `dir ${folder}`, 'daemonize no', 'loglevel notice'];
  const saving = flags.includes('--sentinel') ? [] : ['save ""'];
  const file = join(folder, configuration);
  await writeFile(file, `${[...usual, ...saving, ...lines].join('\n')}\n`);
  const server = guarded(folder, [binary, file, ...flags]);
  const url = urlOf(port, tls !== undefined, password);
  const command = (...words: readonly string[]) => ask(url, tls, words);
  const start = () => startServer(server, command);
  await start().catch(async (error: unknown) => {
    await server.end();
    throw error;
  });
  return {
    url,
    port,
    folder,
    command,
    kill: () => server.kill(),
    restart: async ({ loseData = false } = {}) => {
      await server.kill();
      if (loseData) await empty(folder);
      await start();
    },
    stop: () => server.end(),
  };
}

async function startServer(
  server: Guarded,
  command: (...words: string[]) => Promise<unknown>,
): Promise<void> {
  await server.start();
  await untilAnswers('Redis', server, () => command('PING'));
}

function urlOf(port: number, tls: boolean, password: string | undefined): string {
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return `${tls ? 'rediss' : 'redis'}://${login}127.0.0.1:${port}`;
}

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== configuration) await rm(join(folder, name), { recursive: true });
  }
}

async function ask(
  url: string,
  tls: RedisTls | undefined,
  [name = '', ...words]: readonly string[],
): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    ...(tls === undefined ? {} : { tls: await tlsOf(tls) }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.call(name, ...words);
  } finally {
    client.disconnect();
  }
}

/** The certificate need not be of 127.0.0.1: this is the harness's own look. */
async function tlsOf(tls: RedisTls): Promise<object> {
  const [ca, cert, key] = await Promise.all(
    [tls.ca, tls.certificate, tls.key].map((path) => readFile(path)),
  );
  return { ca, cert, key, checkServerIdentity: () => undefined };
}
