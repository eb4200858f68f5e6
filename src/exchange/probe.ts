import type { Connector } from '../connectors/connector.ts';
import type { BreakerRules } from '../queue/breaker.ts';
import { takeDuty } from '../queue/duty.ts';
import { findDown, tryAgain } from '../queue/lanes.ts';
import type { ExchangeContext } from './context.ts';

/** A lane with the connector that reaches its agency. */
export interface Probed {
  readonly lane: string;
  readonly connector: Connector;
}

const probeMaxMs = 5000;

/**
 * Asks the agencies that are cut off whether they are up again. Whoever answers gets the next request at
 * once; nothing of a message is spent on those that do not.
 */
export async function probeAgencies(
  context: Pick<ExchangeContext, 'clock' | 'database' | 'log'>,
  all: readonly Probed[],
  rules: BreakerRules,
  signal: AbortSignal,
): Promise<void> {
  const { clock, database, log } = context;
  const down = new Set(await findDown(database.kysely, clock.now(), rules));
  const probe = async ({ lane, connector }: Probed) => {
    const duty = `probe ${lane}`;
    if (!(await takeDuty(database.kysely, duty, clock.now(), rules.openMs))) return;
    const over = AbortSignal.any([signal, AbortSignal.timeout(probeMaxMs)]);
    try {
      await connector.probe(over);
    } catch {
      return;
    }
    await tryAgain(database.kysely, lane);
    log.info({ lane }, 'the agency answers again');
  };
  await Promise.all(all.filter(({ lane }) => down.has(lane)).map(probe));
}
