import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { adminApp } from './admin/app.ts';
import { systemClock } from './clock.ts';
import { OpinionPool } from './compute/opinion-pool.ts';
import { ComputePool, type Snapshot } from './compute/pool.ts';
import type { Config } from './config/table.ts';
import { connectorFor } from './connectors/connectors.ts';
import type { ExchangeContext } from './exchange/context.ts';
import { deliverExchange } from './exchange/deliver.ts';
import { entry } from './exchange/entries.ts';
import { expireExchanges } from './exchange/expire.ts';
import { receive } from './exchange/receive.ts';
import type { Health } from './http/health.ts';
import { createHttpServer, listen, stop } from './http/server.ts';
import { soapApp } from './http/soap.ts';
import { JournalWriter } from './journal/writer.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { type Registry, readRegistry, watchRegistry } from './participants/registry.ts';
import { growSandbox, seedSandbox } from './participants/seed.ts';
import { exampleFingerprints, exampleKeyProblem } from './pki/examples.ts';
import { type PemPair, readPemPair } from './pki/keystore.ts';
import { InProcessQueue } from './queue/in-process.ts';
import { publishedWsdl, publishedXsd } from './schema/files.ts';
import { publishWsdl, publishXsd } from './smev/publish.ts';
import { openDatabase } from './store/database.ts';
import { checkDurability } from './store/durability.ts';
import { lockDataFolder, lockNodeName, type NodeLock } from './store/lock.ts';
import { migrate } from './store/migrations.ts';

/** A node that takes messages. */
export interface RunningNode {
  /** Such as http://127.0.0.1:8080 */
  readonly soapUrl: string;
  readonly adminUrl: string;
  /** Finishes what is in flight, hands back the rest, closes everything. */
  stop(): Promise<void>;
}

const stopWithinMs = 10_000;
const expireEveryMs = 1000;
const taskMaxMs = 60_000;
const waitingOpinions = 'Messages that wait for a second opinion';

/**
 * Composes the node of its rooms and starts it: lock, store, registry, threads, delivery, HTTP. The
 * one place that sees everything.
 *
 * @throws LockHeld when another node has the place; Error with a plain sentence otherwise
 */
export async function startNode(config: Config): Promise<RunningNode> {
  const lock = await takeLock(config);
  const context = await compose(config);
  const { compute, database, journal, log, opinions, queue } = context;
  await journal.commit(async (scope) => scope.journal(entry(context, 'start')));
  const watch = watchRegistry(
    database,
    context.registry().revision,
    () => context.takeUp(),
    (error) => log.error({ why: String(error) }, 'configuration could not be taken up'),
  );
  await queue.start((claimed) =>
    deliverExchange(
      context,
      connectorFor(context.registry(), claimed.lane),
      config.delivery,
      claimed,
    ),
  );
  const expiry = setRepeating(expireEveryMs, () => expireExchanges(context), log);
  const faces = await openFaces(config, context);
  return {
    soapUrl: faces.soapUrl,
    adminUrl: faces.adminUrl,
    stop: async () => {
      await faces.close();
      await expiry.stop();
      await watch.stop();
      await queue.stop(stopWithinMs);
      await journal.commit(async (scope) => scope.journal(entry(context, 'stop')));
      await journal.drain();
      await compute.close();
      await opinions.close();
      await database.close();
      await lock.release();
    },
  };
}

const randomPoolBytes = 4096;

/** Random bytes drawn from the system many at a time: a message takes a few of them several times. */
function pooledRandom(): (bytes: number) => Buffer {
  let pool = Buffer.alloc(0);
  return (bytes) => {
    if (pool.byteLength < bytes) pool = randomBytes(Math.max(randomPoolBytes, bytes));
    const drawn = Buffer.from(pool.subarray(0, bytes));
    pool = pool.subarray(bytes);
    return drawn;
  };
}

function takeLock({ database, data, node }: Config): Promise<NodeLock> | NodeLock {
  return database.url.startsWith('sqlite:')
    ? lockDataFolder(data)
    : lockNodeName(database.url, node.id);
}

/** The context with the parts whose lifetime the node holds. */
interface Composed extends ExchangeContext {
  readonly compute: ComputePool;
  readonly opinions: OpinionPool;
  /** Reads the registry anew and works by it from then on. */
  takeUp(): Promise<Registry>;
}

async function compose(config: Config): Promise<Composed> {
  const { limits, node, delivery } = config;
  const log = createLog(config.log);
  const metrics = createMetrics();
  const database = openDatabase(config.database.url);
  await checkDurability(database);
  await migrate(database);
  const journal = new JournalWriter(database, node.id);
  const declaring = {
    database,
    journal,
    who: userInfo().username,
    now: systemClock.now,
    random: randomBytes,
  };
  if (config.profile === 'sandbox') {
    await seedSandbox(declaring);
    await growSandbox(declaring);
  }
  const distrusted = config.profile === 'sandbox' ? new Set<string>() : exampleFingerprints();
  let registry = await readRegistry(database, distrusted);
  const threads = {
    threads: config.compute.threads,
    waitingMax: limits.requestsInFlightMax,
    taskMs: taskMaxMs,
  };
  const compute = new ComputePool(threads, snapshotOf(config, registry));
  await compute.ready();
  const opinions = new OpinionPool(config.secondOpinion, log);
  const queue = new InProcessQueue(database, systemClock, delivery, (error, exchange) =>
    log.error({ exchange, why: String(error) }, 'delivery'),
  );
  metrics.gauge('mezhved_compute_waiting', 'Tasks that wait for a thread', () => compute.waiting);
  metrics.gauge('mezhved_second_opinions_waiting', waitingOpinions, () => opinions.waiting);
  metrics.gauge(
    'mezhved_commit_waiting',
    'Works that wait for a transaction',
    () => journal.waiting,
  );
  return {
    limits,
    nodeId: node.id,
    self: { mnemonic: node.mnemonic, name: node.name },
    clock: systemClock,
    random: pooledRandom(),
    compute,
    opinions,
    database,
    journal,
    registry: () => registry,
    queue,
    log,
    metrics,
    takeUp: async () => {
      const next = await readRegistry(database, distrusted);
      await compute.replace(snapshotOf(config, next));
      registry = next;
      log.info({ revision: next.revision }, 'configuration taken up');
      return next;
    },
  };
}

function keysOf({ node, profile }: Config): PemPair[] {
  return node.keys.map((files) => {
    const pair = readPemPair(files);
    const problem = exampleKeyProblem(profile, pair.certificate);
    if (problem !== undefined) throw new Error(`${files.certificate}: ${problem}`);
    return pair;
  });
}

function snapshotOf(config: Config, { messageTypes }: Registry): Snapshot {
  return {
    messageTypes: messageTypes.map(({ id, versions }) => ({ id, versions })),
    keys: keysOf(config),
    profiles: config.signatures.profiles,
  };
}

async function openFaces(config: Config, context: Composed) {
  const { limits } = config;
  const health = healthOf(context);
  const at = splitAddress(config.listen);
  const adminAt = splitAddress(config.adminListen);
  const soap = createHttpServer(
    soapApp({
      limits: { bytesMax: limits.bodyBytesMax, timeoutMs: limits.bodyTimeoutMs },
      address: {
        publicUrl: config.publicUrl,
        trustedProxies: config.trustedProxies,
        fallback: urlHost(at),
      },
      health,
      answer: (call) => receive(context, call),
      publishWsdl: (version, url) => publishWsdl(publishedWsdl(version), url),
      publishXsd: (version, name, url) => {
        const text = publishedXsd(version, name);
        return text === undefined ? undefined : publishXsd(text, url);
      },
    }),
    serverLimits(limits),
  );
  const { metrics } = context;
  const admin = createHttpServer(
    adminApp({
      health,
      metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
    }),
    serverLimits(limits),
  );
  const soapPort = await listen(soap, at.host, at.port);
  const adminPort = await listen(admin, adminAt.host, adminAt.port);
  return {
    soapUrl: `http://${urlHost({ host: at.host, port: soapPort })}`,
    adminUrl: `http://${urlHost({ host: adminAt.host, port: adminPort })}`,
    close: async () => {
      await Promise.all([stop(soap, stopWithinMs), stop(admin, 1000)]);
    },
  };
}

interface HostPort {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

function splitAddress(address: string): HostPort {
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
  };
}

/** Host and port as a URL has them: an IPv6 address in brackets. */
function urlHost({ host, port }: HostPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function serverLimits({ connectionsMax, headersTimeoutMs, bodyTimeoutMs }: Config['limits']) {
  return { connectionsMax, headersTimeoutMs, requestTimeoutMs: headersTimeoutMs + bodyTimeoutMs };
}

function healthOf({ database, compute, limits }: Composed): Health {
  return {
    check: async () => ({
      database: await database.kysely
        .selectFrom('revision')
        .select('revision')
        .executeTakeFirst()
        .then((row) => row !== undefined)
        .catch(() => false),
      compute: compute.waiting < limits.requestsInFlightMax,
    }),
  };
}

/** Does the work again and again with a pause between; what it throws is told and changes nothing. */
function setRepeating(everyMs: number, work: () => Promise<unknown>, log: ExchangeContext['log']) {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let running: Promise<unknown> = Promise.resolve();
  const next = () => {
    timer = setTimeout(() => {
      running = work()
        .catch((error: unknown) => log.error({ why: String(error) }, 'expiry'))
        .then(() => {
          if (!stopped) next();
        });
    }, everyMs);
  };
  next();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
