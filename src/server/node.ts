import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import { freeDuties } from '../queue/duty.ts';
import { lockDataFolder, lockNodeName, type NodeLock } from '../store/lock.ts';
import { startCheckpointing } from './checkpointing.ts';
import { type Composed, compose } from './composed.ts';
import { startDelivering, startExpiring, startKeeping, startLooking } from './delivering.ts';
import { healthOf, openAdminFace, openSoapFace, workerHealth } from './faces.ts';
import { openFileFace } from './file-face.ts';
import { startFetching } from './revocation-fetching.ts';
import { startSchemaInbox } from './schema-inbox.ts';
import { readTls, startTlsKeeping } from './tls-keeping.ts';
import { startUplinks } from './uplinks.ts';
import { startVersionWatching } from './version-watching.ts';
import { startWarning } from './warning.ts';

/** A process that takes messages, delivers them, or both. */
export interface RunningNode {
  /** Such as http://127.0.0.1:8080, or with https; undefined for a process that only delivers. */
  readonly soapUrl: string | undefined;
  /** Such as ftp://127.0.0.1:2121; undefined where there is no file store. */
  readonly storeUrl: string | undefined;
  readonly adminUrl: string;
  /** The name of its chain in the journal. */
  readonly id: string;
  /** Finishes what is in flight, hands back the rest, closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts a node: it takes messages, and delivers them where the configuration leaves it to `serve`.
 *
 * @throws LockHeld when another node has the place; RedisUnfit; Error with a plain sentence otherwise
 */
export async function startNode(
  config: Config,
): Promise<RunningNode & { readonly soapUrl: string }> {
  const tls = await readTls(config, ['soap', 'admin', 'store'], systemClock.now());
  const { lock } = await takeLock(config, [config.node.id]);
  const context = await compose(config);
  // A node that was killed while it collected answers need not wait for itself.
  if (isEmbedded(config)) await freeDuties(context.database.kysely);
  const looking = startLooking(context, config);
  const expiring = startExpiring(context, config);
  const keeping = startKeeping(context, config);
  const fetching = startFetching(context, config);
  const checkpointing = startCheckpointing(context, config);
  const watching = startVersionWatching(context);
  const inbox = startSchemaInbox(context, config);
  const delivers = config.delivery.serve || config.redisUrl === undefined;
  const delivering = delivers ? await startDelivering(context, config) : undefined;
  const soap = await openSoapFace(config, context, tls.soap);
  const store = await openFileFace(config, context, tls.store);
  const admin = await openAdminFace(config, context, healthOf(context, config), tls.admin);
  const renewing = startTlsKeeping(tls, context);
  const warning = startWarning(context, config, tls);
  const uplinks = startUplinks(context, config);
  return {
    soapUrl: soap.url,
    storeUrl: store?.url,
    adminUrl: admin.url,
    id: config.node.id,
    stop: async () => {
      await Promise.all([soap.close(), uplinks.stop(), store?.close(), renewing.stop()]);
      await Promise.all([looking.stop(), expiring.stop(), keeping.stop(), warning.stop()]);
      await Promise.all([fetching.stop(), checkpointing.stop(), watching.stop()]);
      await inbox?.stop();
      await stopDelivering(context, delivering);
      await Promise.all([context.close(), admin.close()]);
      await lock.release();
    },
  };
}

// A worker without a name of its own takes the first that is free, so that chains of the journal are few.
const workersMax = 200;

/**
 * Starts a worker: it delivers and takes no messages. Any number may run beside each other.
 *
 * @throws LockHeld, RedisUnfit; Error with a plain sentence otherwise
 */
export async function startWorker(config: Config): Promise<RunningNode> {
  if (config.redisUrl === undefined || isEmbedded(config)) {
    throw new Error(
      'worker нужны общие PostgreSQL и Redis: MEZHVED_DATABASE_URL и MEZHVED_REDIS_URL; без них доставляет сам serve / ' +
        'worker needs a shared PostgreSQL and Redis: MEZHVED_DATABASE_URL and MEZHVED_REDIS_URL; without them serve delivers itself',
    );
  }
  const names = Array.from({ length: workersMax }, (_, n) => `${config.node.id}-worker-${n + 1}`);
  const tls = await readTls(config, ['admin'], systemClock.now());
  const { lock, name } = await takeLock(config, names);
  const named: Config = { ...config, node: { ...config.node, id: name } };
  const context = await compose(named);
  const looking = startLooking(context, named);
  const expiring = startExpiring(context, named);
  const keeping = startKeeping(context, named);
  const fetching = startFetching(context, named);
  const checkpointing = startCheckpointing(context, named);
  const delivering = await startDelivering(context, named);
  const admin = await openAdminFace(named, context, workerHealth(context), tls.admin);
  const renewing = startTlsKeeping(tls, context);
  const warning = startWarning(context, named, tls);
  return {
    soapUrl: undefined,
    storeUrl: undefined,
    adminUrl: admin.url,
    id: name,
    stop: async () => {
      await Promise.all([looking.stop(), expiring.stop(), keeping.stop(), renewing.stop()]);
      await Promise.all([fetching.stop(), warning.stop(), checkpointing.stop()]);
      await stopDelivering(context, delivering);
      await Promise.all([context.close(), admin.close()]);
      await lock.release();
    },
  };
}

async function stopDelivering(
  { queue }: Composed,
  delivering: Awaited<ReturnType<typeof startDelivering>> | undefined,
): Promise<void> {
  if (delivering === undefined) await queue.stop(0);
  else await delivering.stop();
}

async function takeLock(
  config: Config,
  names: readonly string[],
): Promise<{ readonly lock: NodeLock; readonly name: string }> {
  if (isEmbedded(config)) return { lock: lockDataFolder(config.data), name: names[0] ?? '' };
  const lock = await lockNodeName(config.database.url, names, (name) => {
    // Two processes of one name would write one chain and lease one message twice.
    process.stderr.write(`имя ${name} занял другой узел / another node took the name ${name}\n`);
    process.exit(1);
  });
  return { lock, name: lock.name };
}

/** Whether the process has its database to itself. */
function isEmbedded({ database }: Config): boolean {
  return database.url.startsWith('sqlite:');
}
