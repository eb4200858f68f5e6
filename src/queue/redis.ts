import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { parseRedisUrl, type RedisAddress, RedisUnfit } from './redis-url.ts';

export type RedisConnection = Redis | Cluster;
type Options = Omit<RedisOptions, 'replyMapping'>;

const connectMs = 5000;

/**
 * A connection for telling of jobs: it fails at once where Redis is away, since the sweep tells again,
 * and an accepted message must not wait for Redis.
 *
 * @throws RedisUnfit for what is no address
 */
export function connectProducer(url: string, told: (state: string) => void): RedisConnection {
  return connect(parseRedisUrl(url), told, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: connectMs,
  });
}

/** A connection for working: it waits for a Redis that is away, as BullMQ demands of workers. */
export function connectWorker(url: string, told: (state: string) => void): RedisConnection {
  // A blocking read answers within ten seconds; a connection that is silent longer is cut off somewhere.
  return connect(parseRedisUrl(url), told, { maxRetriesPerRequest: null, socketTimeout: 30_000 });
}

function connect(
  address: RedisAddress,
  told: (state: string) => void,
  role: Options,
): RedisConnection {
  const { username, password } = address;
  const tls = tlsOf(address);
  const common: Options = {
    ...role,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    connectTimeout: connectMs,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(100 * times, 2000),
  };
  const connection = open(address, common);
  connection.on('error', (error: Error) => told(error.message || error.name));
  connection.on('ready', () => told('ready'));
  return connection;
}

function open(address: RedisAddress, common: Options): RedisConnection {
  const { hosts, master, password, db } = address;
  const [first] = hosts;
  if (address.kind === 'cluster') {
    const { enableOfflineQueue = true, retryStrategy: _, sentinels: __, ...redisOptions } = common;
    return new Cluster([...hosts], { redisOptions, enableOfflineQueue });
  }
  if (address.kind === 'single') return new Redis({ ...common, db, ...first });
  return new Redis({
    ...common,
    db,
    sentinels: [...hosts],
    ...(master === undefined ? {} : { name: master }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(common.tls === undefined
      ? {}
      : { sentinelTLS: common.tls, enableTLSForSentinelMode: true }),
  });
}

function tlsOf({ tls, ca, certificate, key }: RedisAddress): RedisOptions['tls'] {
  if (!tls) return undefined;
  const read = (file: string) => {
    try {
      return readFileSync(file);
    } catch {
      throw new RedisUnfit(`Redis: файл не читается / the file cannot be read: ${file}`);
    }
  };
  return {
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(certificate === undefined ? {} : { cert: read(certificate) }),
    ...(key === undefined ? {} : { key: read(key) }),
  };
}

const versionMin = [6, 2] as const;

/**
 * Makes sure that this Redis is fit for a queue: new enough, and that it never throws away what it was
 * given (maxmemory-policy noeviction, as BullMQ's guide to production demands).
 *
 * @returns whether it keeps an append-only file
 * @throws RedisUnfit naming the setting
 */
export async function checkRedis(connection: RedisConnection): Promise<{ readonly aof: boolean }> {
  const nodes = connection instanceof Cluster ? connection.nodes('master') : [connection];
  let aof = true;
  for (const node of nodes) {
    const info = parseInfo(await node.info());
    const [major = 0, minor = 0] = (info.get('redis_version') ?? '').split('.').map(Number);
    if (major < versionMin[0] || (major === versionMin[0] && minor < versionMin[1])) {
      throw new RedisUnfit(
        `Redis ${info.get('redis_version')}: нужен не старше / not older than ${versionMin.join('.')}`,
      );
    }
    const policy = info.get('maxmemory_policy');
    if (policy !== 'noeviction') {
      throw new RedisUnfit(
        `Redis: maxmemory-policy = ${policy}: Redis может выбросить задания; задайте noeviction / ` +
          'Redis may throw jobs away; set it to noeviction',
      );
    }
    aof &&= info.get('aof_enabled') === '1';
  }
  return { aof };
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}
