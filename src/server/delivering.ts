import { statfs } from 'node:fs/promises';
import type { Config } from '../config/table.ts';
import type { Connector } from '../connectors/connector.ts';
import { collectAnswers } from '../exchange/collect.ts';
import { countDead } from '../exchange/dead.ts';
import { deliverExchange } from '../exchange/deliver.ts';
import { answerForgotten, expireExchanges } from '../exchange/expire.ts';
import { type Probed, probeAgencies } from '../exchange/probe.ts';
import { removeOrphans, wipeFiles } from '../exchange/sweep-files.ts';
import { countWaiting } from '../exchange/waiting.ts';
import type { Registry } from '../participants/registry.ts';
import { laneOf } from '../participants/routes.ts';
import { takeDuty } from '../queue/duty.ts';
import { findDown } from '../queue/lanes.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';

const expireEveryMs = 1000;
const collectLookMs = 500;
const probeLookMs = 1000;

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
  const probe = startRepeating(
    'probing',
    probeLookMs,
    () =>
      probeAgencies(context, probedOf(registry(), connectorOf), delivery.breaker, stopping.signal),
    log,
  );
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([collect.stop(), probe.stop()]);
      await Promise.all([queue.stop(delivery.stopWithinMs), ...collecting.values()]);
    },
  };
}

/** Each lane with the connector of the first message type in it. */
function probedOf(registry: Registry, connectorOf: (id: string) => Connector): Probed[] {
  const lanes = new Map<string, Probed>();
  for (const { id, route } of registry.messageTypes) {
    if (route.kind === 'queue') continue;
    const lane = laneOf(id, route);
    if (!lanes.has(lane)) lanes.set(lane, { lane, connector: connectorOf(id) });
  }
  return [...lanes.values()];
}

/** Ends what nobody answered in time: at the end of life, and where no operator decided. */
export function startExpiring(context: Composed, { delivery }: Config): Repeating {
  const work = async () => {
    await expireExchanges(context);
    await answerForgotten(context, delivery.decideWithinMs);
  };
  return startRepeating('expiry', expireEveryMs, work, context.log);
}

const wipeEveryMs = 2000;
const orphansEveryMs = 600_000;

/** Removes files that nobody needs any more; of all processes one at a time. */
export function startKeeping(context: Composed, { attachments }: Config): Repeating {
  const { clock, database, uploads } = context;
  const mayDo = (what: string, everyMs: number) =>
    takeDuty(database.kysely, what, clock.now(), everyMs);
  const work = async () => {
    if (await mayDo('wiping', wipeEveryMs)) await wipeFiles(context);
    if (!(await mayDo('orphans', orphansEveryMs))) return;
    await removeOrphans(context);
    await uploads.removeAbandoned(clock.now() - attachments.unfinishedKeptMs);
  };
  return startRepeating('keeping files', wipeEveryMs, work, context.log);
}

// To look costs the database at most a twentieth of its time.
const lookPause = (tookMs: number) => Math.max(1000, tookMs * 20);

/** Looks again and again at what waits and at the disk. */
export function startLooking(context: Composed, { database, data, delivery }: Config): Repeating {
  const { metrics, pressure, watched } = context;
  metrics.gauge('mezhved_waiting', 'Requests that wait for a receiver', () => pressure.waiting);
  metrics.gauge(
    'mezhved_dead_letters',
    'Deliveries that wait for an operator',
    () => watched.deadLetters,
  );
  metrics.gauge('mezhved_agencies_down', 'Lanes that are cut off', () => watched.agenciesDown);
  const look = async () => {
    const { kysely } = context.database;
    const held = await countWaiting(kysely);
    watched.deadLetters = await countDead(kysely);
    const down = await findDown(kysely, context.clock.now(), delivery.breaker);
    watched.agenciesDown = down.length;
    const embedded = database.url.startsWith('sqlite:');
    const disk = embedded ? await statfs(data) : undefined;
    pressure.see({ held, diskFree: disk && disk.bavail * disk.bsize });
  };
  return startRepeating('looking at what waits', lookPause, look, context.log);
}
