import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import aws4 from 'aws4';
import type { S3Place } from '../../src/attachments/s3-bucket.ts';
import { type Guarded, guarded, lastingPort, programOnPath, untilAnswers } from './guarded.ts';

/** Who may do what in the Swift of the tests. */
export const swiftUsers = {
  /** Everything. */
  owner: { accessKeyId: 'test:owner', secretAccessKey: 'owner-secret-31415' },
  /** Nothing, but it is known. */
  stranger: { accessKeyId: 'test:stranger', secretAccessKey: 'stranger-secret' },
} as const;

/**
 * OpenStack Swift with its S3 interface on 127.0.0.1: a proxy server and the three servers behind it, one
 * copy of everything. It is gone with this process however it dies.
 */
export interface SwiftServer {
  readonly port: number;
  /** A bucket that is there, under a prefix of its own. */
  place(change?: Partial<S3Place>): S3Place;
  /** kill -9 of all servers. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const bucket = 'attachments';
const kinds = ['account', 'container', 'object'] as const;
let told = false;
let prefixes = 0;

function missing(): string | undefined {
  for (const kind of [...kinds, 'proxy']) {
    if (programOnPath(`swift-${kind}-server`) === undefined) return `swift-${kind}`;
  }
  try {
    readFileSync('/etc/swift/swift.conf');
    return undefined;
  } catch {
    return 'swift, and the right to read /etc/swift/swift.conf';
  }
}

/** Undefined where Swift cannot run here; says why, once. */
export async function startSwift(): Promise<SwiftServer | undefined> {
  const without = missing();
  if (without !== undefined) {
    if (!told) process.stdout.write(`SKIPPED: S3: install the Debian package ${without}\n`);
    told = true;
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'mezhved-swift-'));
  const port = await lastingPort();
  try {
    await configure(folder, port);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const server = guarded(folder, ['sh', '-c', together, 'sh', folder]);
  const start = () => startServers(server, port);
  await start().catch(async (error: unknown) => {
    await server.end();
    throw error;
  });
  return {
    port,
    place: (change = {}) => {
      prefixes += 1;
      return {
        endpoint: `http://127.0.0.1:${port}`,
        region: 'us-east-1',
        bucket,
        prefix: `files/${prefixes}/`,
        pathStyle: true,
        ...{ connectMs: 5000, silentMs: 30_000, withinMs: 60_000 },
        ...change,
      };
    },
    kill: () => server.kill(),
    start,
    stop: () => server.end(),
  };
}

const together = `
  servers=
  for kind in account container object proxy; do
    swift-$kind-server "$1/$kind.conf" & servers="$servers $!"
  done
  trap 'kill $servers' TERM
  wait
`;

async function startServers(server: Guarded, port: number): Promise<void> {
  await server.start();
  await untilAnswers('Swift', server, async () => {
    const status = await makeBucket(port);
    if (status !== 200) throw new Error(`PUT bucket: HTTP ${status}`);
  });
}

async function makeBucket(port: number): Promise<number> {
  const host = `127.0.0.1:${port}`;
  const about = { service: 's3' as const, region: 'us-east-1', method: 'PUT', host };
  const { headers } = aws4.sign({ ...about, path: `/${bucket}`, headers: {} }, swiftUsers.owner);
  const answer = await fetch(`http://${host}/${bucket}`, { method: 'PUT', headers });
  const text = await answer.text();
  return text.includes('BucketAlreadyOwnedByYou') ? 200 : answer.status;
}

async function configure(folder: string, proxyPort: number): Promise<void> {
  mkdirSync(join(folder, 'devices', 'd1'), { recursive: true });
  const common = ['bind_ip = 127.0.0.1', 'workers = 0', `user = ${userInfo().username}`];
  const inFolder = [...common, `swift_dir = ${folder}`, 'log_level = ERROR'];
  for (const kind of kinds) {
    const port = await lastingPort();
    const ring = (...words: string[]) =>
      execFileSync('swift-ring-builder', [`${kind}.builder`, ...words], { cwd: folder });
    ring('create', '4', '1', '0');
    ring('add', `r1z1-127.0.0.1:${port}/d1`, '1');
    ring('rebalance');
    const own = [`devices = ${join(folder, 'devices')}`, 'mount_check = false'];
    const lines = [
      '[DEFAULT]',
      ...inFolder,
      ...own,
      `bind_port = ${port}`,
      'fallocate_reserve = 0',
    ];
    const app = [`[app:${kind}-server]`, `use = egg:swift#${kind}`];
    app.push('[pipeline:main]', `pipeline = ${kind}-server`);
    await writeFile(join(folder, `${kind}.conf`), `${[...lines, ...app].join('\n')}\n`);
  }
  const { owner, stranger } = swiftUsers;
  const filters = {
    catch_errors: [],
    // Of tokens alone, which signed requests have none of.
    cache: ['memcache_servers = 127.0.0.1:1'],
    listing_formats: [],
    s3api: ['location = us-east-1'],
    tempauth: [
      `user_test_owner = ${owner.secretAccessKey} .admin`,
      `user_test_stranger = ${stranger.secretAccessKey}`,
    ],
    slo: [],
    dlo: [],
  };
  const lines = ['[DEFAULT]', ...inFolder, `bind_port = ${proxyPort}`];
  lines.push('[pipeline:main]', `pipeline = ${Object.keys(filters).join(' ')} proxy-server`);
  lines.push('[app:proxy-server]', 'use = egg:swift#proxy', 'account_autocreate = true');
  // Servers that start with it, or were killed, are asked again at once.
  lines.push('error_suppression_limit = 1000000', 'error_suppression_interval = 1');
  for (const [name, own] of Object.entries(filters)) {
    const egg = name === 'cache' ? 'memcache' : name;
    lines.push(`[filter:${name}]`, `use = egg:swift#${egg}`, ...own);
  }
  await writeFile(join(folder, 'proxy.conf'), `${lines.join('\n')}\n`);
}
