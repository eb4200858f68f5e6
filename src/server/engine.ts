import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import type { Log } from '../log.ts';
import type { Registry } from '../participants/registry.ts';
import { laneOf } from '../participants/routes.ts';
import { InProcessQueue } from '../queue/in-process.ts';
import type { DeliveryQueue, LaneRules } from '../queue/queue.ts';
import type { Database } from '../store/database.ts';

interface Parts {
  readonly database: Database;
  readonly log: Log;
  readonly registry: () => Registry;
}

/**
 * The engine of delivery: BullMQ where there is a Redis, else the one inside the process.
 *
 * @throws RedisUnfit
 */
export async function chooseEngine(
  { redisUrl, delivery }: Config,
  { database, log, registry }: Parts,
): Promise<DeliveryQueue> {
  const failed = (error: unknown, exchange?: string) =>
    log.error({ exchange, why: String(error) }, 'delivery');
  const standard: LaneRules = { concurrency: delivery.laneConcurrency, rate: undefined };
  const lanes = () => lanesOf(registry(), standard);
  const rulesOf = (lane: string) => lanes().get(lane) ?? standard;
  if (redisUrl === undefined) {
    return new InProcessQueue(database, systemClock, delivery, rulesOf, failed);
  }
  // It takes long to load, and the embedded default has no use for it.
  const { BullmqQueue } = await import('../queue/bullmq.ts');
  return BullmqQueue.connect({
    url: redisUrl,
    database,
    clock: systemClock,
    settings: delivery,
    lanes,
    rulesOf,
    failed,
    told: (state) => log.warn({ redis: state }, 'Redis'),
  });
}

const known = new WeakMap<Registry, ReadonlyMap<string, LaneRules>>();

/** The lanes of all routes through connectors; of those that share one, the first that says rules. */
function lanesOf(registry: Registry, standard: LaneRules): ReadonlyMap<string, LaneRules> {
  const before = known.get(registry);
  if (before !== undefined) return before;
  const lanes = new Map<string, LaneRules>();
  for (const { id, route } of registry.messageTypes) {
    if (route.kind === 'queue') continue;
    const lane = laneOf(id, route);
    const said = lanes.get(lane);
    lanes.set(lane, {
      concurrency: said?.concurrency ?? route.concurrency ?? standard.concurrency,
      rate: said?.rate ?? route.rate,
    });
  }
  known.set(registry, lanes);
  return lanes;
}
