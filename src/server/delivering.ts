import { statfs } from 'node:fs/promises';
import type { Config } from '../config/table.ts';
import { collectAnswers } from '../exchange/collect.ts';
import { countDead } from '../exchange/dead.ts';
import { deliverExchange } from '../exchange/deliver.ts';
import { answerForgotten, expireExchanges } from '../exchange/expire.ts';
import { countWaiting } from '../exchange/waiting.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';

const expireEveryMs = 1000;
const collectLookMs = 500;

/** Begins to carry requests to agencies; `stop` finishes what has begun, or hands it back. */
export async function startDelivering(context: Composed, config: Config): Promise<Repeating> {
  const { delivery } = config;
  const { connectors, log, queue, registry } = context;
  const connectorOf = (messageType: string) => connectors.of(registry(), messageType);
  await queue.start((claimed, signal) =>
    deliverExchange(context, connectorOf, delivery, claimed, signal),
  );
  const stopping = new AbortController();
  const collecting = new Map<string, Promise<void>>();
  const collect = startRepeating(
    'collecting',
    collectLookMs,
    async () => {
      for (const { id, route } of registry().messageTypes) {
        const { collecting: how } = route.kind === 'queue' ? {} : connectorOf(id);
        if (how === undefined || collecting.has(id)) continue;
        const work = collectAnswers(context, id, how, stopping.signal)
          .catch((error: unknown) =>
            log.warn({ messageType: id, why: String(error) }, 'collecting'),
          )
          .finally(() => collecting.delete(id));
        collecting.set(id, work);
      }
    },
    log,
  );
  return {
    stop: async () => {
      await collect.stop();
      stopping.abort();
      await Promise.all([queue.stop(delivery.stopWithinMs), ...collecting.values()]);
    },
  };
}

/** Ends what nobody answered in time: at the end of life, and where no operator decided. */
export function startExpiring(context: Composed, { delivery }: Config): Repeating {
  const work = async () => {
    await expireExchanges(context);
    await answerForgotten(context, delivery.decideWithinMs);
  };
  return startRepeating('expiry', expireEveryMs, work, context.log);
}

// To look costs the database at most a twentieth of its time.
const lookPause = (tookMs: number) => Math.max(1000, tookMs * 20);

/** Looks again and again at what waits and at the disk. */
export function startLooking(context: Composed, { database, data }: Config): Repeating {
  let dead = 0;
  const { metrics, pressure } = context;
  metrics.gauge('mezhved_waiting', 'Requests that wait for a receiver', () => pressure.waiting);
  metrics.gauge('mezhved_dead_letters', 'Deliveries that wait for an operator', () => dead);
  const look = async () => {
    const { kysely } = context.database;
    const held = await countWaiting(kysely);
    dead = await countDead(kysely);
    const embedded = database.url.startsWith('sqlite:');
    const disk = embedded ? await statfs(data) : undefined;
    pressure.see({ held, diskFree: disk && disk.bavail * disk.bsize });
  };
  return startRepeating('looking at what waits', lookPause, look, context.log);
}
