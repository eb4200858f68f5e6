import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { lastingPort } from '../harness/guarded.ts';
import { type MortalPostgres, startMortalPostgres } from '../harness/mortal-postgres.ts';
import { checkout, mezhved, temporaryFolder } from '../harness/node.ts';
import { type Line, startProxy } from '../harness/proxy.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { MortalProcess } from './mortal-process.ts';

/** What is set up for a test of faults. */
export interface Plan {
  /** embedded: one process with SQLite; production: PostgreSQL, Redis, nodes and workers. */
  readonly kind: 'embedded' | 'production';
  /** How requests of payment-status are carried. */
  readonly route: object;
  readonly appendonly?: boolean;
  readonly config?: object;
  /** Besides the agency's: YAML documents. */
  readonly declarations?: readonly object[];
  readonly env?: NodeJS.ProcessEnv;
  /** The data folder of an embedded node; a temporary one where absent. */
  readonly data?: string;
}

/** The lines between processes and what they depend on. */
export interface Lines {
  readonly nodesToPostgres: Line;
  readonly nodesToRedis: Line;
  readonly workersToPostgres: Line;
  readonly workersToRedis: Line;
}

/** Short times, so that a test need not wait for what operators wait for. */
const quick = {
  log: { level: 'error' },
  compute: { threads: 1 },
  limits: { leaseMs: 10_000 },
  delivery: {
    attemptsMax: 100_000,
    backoffMs: 100,
    backoffMaxMs: 1500,
    attemptMaxMs: 6000,
    laneConcurrency: 16,
    sweepEveryMs: 1000,
    breaker: { failures: 5, openMs: 300, openMaxMs: 1000 },
  },
};

const sandbox = join(checkout, 'config', 'sandbox');

/** To an agency with a REST service; times as short as a test can bear. */
export function restRoute(url: string): object {
  return {
    kind: 'rest',
    url,
    timeoutMs: 3000,
    connectMs: 1000,
    remindMs: 5000,
    answerWithinMs: 3_600_000,
    askEveryMs: 1000,
  };
}

function paymentType(route: object): object {
  return {
    kind: 'messageType',
    id: 'payment-status',
    name: 'Сведения о платеже (испытание)',
    versions: [
      {
        namespace: 'urn://mezhved.example/payment-status/1.0.0',
        requestRoot: 'PaymentStatusRequest',
        responseRoot: 'PaymentStatusResponse',
        schemas: [join(sandbox, 'schemas', 'payment-status-1.0.0.xsd')],
      },
    ],
    senders: ['agency-a'],
    providers: ['agency-b'],
    route,
  };
}

/** Processes of one installation with the services below them, each of which may be taken down. */
export class Deployment {
  readonly nodes: readonly MortalProcess[];
  readonly urls: readonly string[];
  readonly workers: readonly MortalProcess[];
  readonly postgres: MortalPostgres | undefined;
  readonly redis: RedisServer | undefined;
  readonly lines: Lines | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly #end: (() => Promise<unknown>)[];

  private constructor(parts: Parts, end: (() => Promise<unknown>)[]) {
    this.nodes = parts.nodes;
    this.urls = parts.urls;
    this.workers = parts.workers;
    this.postgres = parts.postgres;
    this.redis = parts.redis;
    this.lines = parts.lines;
    this.env = parts.env;
    this.#end = end;
  }

  /** Undefined where a service is not installed; that was printed. */
  static async start(plan: Plan): Promise<Deployment | undefined> {
    const end: (() => Promise<unknown>)[] = [];
    try {
      const parts =
        plan.kind === 'embedded' ? await embedded(plan, end) : await production(plan, end);
      if (parts === undefined) return undefined;
      const processes = [...parts.nodes, ...parts.workers];
      end.push(() => Promise.all(processes.map((each) => each.kill())));
      await Promise.all(processes.map((each) => each.start()));
      return new Deployment(parts, end);
    } catch (error) {
      for (const each of end.reverse()) await each();
      throw error;
    }
  }

  /** Stops every process with SIGTERM; their exit codes. */
  stop(): Promise<(number | null)[]> {
    return Promise.all([...this.nodes, ...this.workers].map((each) => each.stop()));
  }

  async journalVerdict(): Promise<{ ok: boolean; entries: number; problems: unknown[] }> {
    const { stdout, stderr } = await mezhved(['journal', 'verify', '--json'], this.env);
    if (stdout === '') throw new Error(`journal verify: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Ends whatever still runs and removes what it left. */
  async end(): Promise<void> {
    for (const each of this.#end.reverse()) await each();
  }
}

type Parts = Pick<
  Deployment,
  'nodes' | 'urls' | 'workers' | 'postgres' | 'redis' | 'lines' | 'env'
>;

async function folderWith(plan: Plan, config: object, end: (() => Promise<unknown>)[]) {
  const folder = await temporaryFolder();
  end.push(folder.remove);
  const file = join(folder.path, 'config.yaml');
  const asked = (plan.config ?? {}) as Record<string, object>;
  const merged = Object.fromEntries(
    [...new Set([...Object.keys(quick), ...Object.keys(asked), ...Object.keys(config)])].map(
      (name) => [
        name,
        {
          ...(quick as Record<string, object>)[name],
          ...(config as Record<string, object>)[name],
          ...asked[name],
        },
      ],
    ),
  );
  await writeFile(file, stringify(merged));
  const declared = join(folder.path, 'types.yaml');
  const documents = [paymentType(plan.route), ...(plan.declarations ?? [])];
  await writeFile(declared, documents.map((each) => stringify(each)).join('---\n'));
  return { folder: folder.path, config: file, declared };
}

async function apply(declared: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { code, stderr } = await mezhved(['apply', declared], env);
  if (code !== 0) throw new Error(`apply: ${stderr}`);
}

async function addresses(): Promise<{ url: string; env: NodeJS.ProcessEnv }> {
  const [port, adminPort] = [await lastingPort(), await lastingPort()];
  return {
    url: `http://127.0.0.1:${port}`,
    env: {
      MEZHVED_LISTEN: `127.0.0.1:${port}`,
      MEZHVED_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    },
  };
}

async function embedded(plan: Plan, end: (() => Promise<unknown>)[]): Promise<Parts> {
  const { folder, config, declared } = await folderWith(plan, {}, end);
  const { url, env: listen } = await addresses();
  const data = plan.data ?? folder;
  const env = {
    ...bare(),
    MEZHVED_CONFIG: config,
    MEZHVED_DATA: data,
    MEZHVED_PUBLIC_URL: url,
    ...listen,
    ...plan.env,
  };
  await apply(declared, env);
  return {
    nodes: [new MortalProcess('serve', env)],
    urls: [url],
    workers: [],
    postgres: undefined,
    redis: undefined,
    lines: undefined,
    env,
  };
}

async function production(plan: Plan, end: (() => Promise<unknown>)[]): Promise<Parts | undefined> {
  const postgres = await startMortalPostgres();
  if (postgres === undefined) return undefined;
  end.push(() => postgres.stop());
  const redis = await startRedis({ appendonly: plan.appendonly ?? true });
  if (redis === undefined) return undefined;
  end.push(() => redis.stop());
  await postgres.command('CREATE DATABASE mezhved');
  const line = async (port: number) => {
    const proxy = await startProxy(port);
    end.push(() => proxy.stop());
    return proxy;
  };
  const lines = {
    nodesToPostgres: await line(postgres.port),
    nodesToRedis: await line(redis.port),
    workersToPostgres: await line(postgres.port),
    workersToRedis: await line(redis.port),
  };
  const { folder, config, declared } = await folderWith(plan, { delivery: { serve: false } }, end);
  const direct = postgres.url('mezhved');
  const through = (toPostgres: Line, toRedis: Line) => ({
    MEZHVED_DATABASE_URL: direct.replace(`:${postgres.port}/`, `:${toPostgres.port}/`),
    MEZHVED_REDIS_URL: redis.url.replace(`:${redis.port}`, `:${toRedis.port}`),
  });
  const first = await addresses();
  const second = await addresses();
  const common = {
    ...bare(),
    MEZHVED_CONFIG: config,
    MEZHVED_DATA: folder,
    MEZHVED_PUBLIC_URL: first.url,
    ...plan.env,
  };
  const env = { ...common, MEZHVED_DATABASE_URL: direct, MEZHVED_REDIS_URL: redis.url };
  await apply(declared, env);
  const node = (name: string, listen: NodeJS.ProcessEnv) =>
    new MortalProcess('serve', {
      ...common,
      ...through(lines.nodesToPostgres, lines.nodesToRedis),
      MEZHVED_NODE_ID: name,
      ...listen,
    });
  const worker = async () =>
    new MortalProcess('worker', {
      ...common,
      ...through(lines.workersToPostgres, lines.workersToRedis),
      ...(await addresses()).env,
    });
  return {
    nodes: [node('node-1', first.env), node('node-2', second.env)],
    urls: [first.url, second.url],
    workers: [await worker(), await worker()],
    postgres,
    redis,
    lines,
    env,
  };
}

/** Without what this process itself was told of Mezhved. */
function bare(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MEZHVED_')),
  );
}
