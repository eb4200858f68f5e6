import type { Config } from '../config/table.ts';
import { listNodeKeys } from '../participants/node-keys.ts';
import { type Ending, endingsOf, nearest } from '../warnings/ending.ts';
import { logLines } from '../warnings/log-lines.ts';
import { lookEveryMs, Teller } from '../warnings/teller.ts';
import { waysOf } from '../warnings/ways.ts';
import type { Composed } from './composed.ts';
import { ownEndings } from './own-endings.ts';
import { type Repeating, startRepeating } from './repeating.ts';
import type { TlsOfFaces } from './tls-keeping.ts';

const seriesMax = 200;
const expiryHelp = 'Time until what is in use ends; negative: it has';
const untoldHelp = 'Warnings that are due and could not be told by this process';
const failuresHelp = 'Times that warnings could not be told by this process';

/** Looks every minute at what ends, tells operators once of each threshold, and shows it in metrics. */
export function startWarning(context: Composed, config: Config, faces: TlsOfFaces): Repeating {
  const { clock, log, metrics, registry } = context;
  const { days } = config.warnings;
  const ways = [logLines(log), ...waysOf(config)];
  const names = ways.map(({ name }) => name);
  const failed = metrics.counter('mezhved_warning_failures_total', failuresHelp, 'way', names);
  const tellers = ways.map((way) => new Teller({ ...context, failed }, days, way));
  const stopping = new AbortController();
  let own: readonly Ending[] = [];
  const endings = () => [...endingsOf(registry(), clock.now()), ...own];
  metrics.series('mezhved_expires_seconds', expiryHelp, ['what', 'owner', 'id'], () => {
    const now = clock.now();
    const counted = endings().filter(({ replacedBy }) => replacedBy === undefined);
    return nearest(counted, now, seriesMax).map(({ what, owner, id, endsAt }) => ({
      labels: { what, owner, id: id.slice(0, 16) },
      value: (endsAt - now) / 1000,
    }));
  });
  metrics.gauges('mezhved_warnings_untold', untoldHelp, 'way', () =>
    tellers.map(({ way, untold }) => [way.name, untold]),
  );
  const look = async () => {
    own = await ownEndings(config, registry(), await sourcesOf(context, faces), clock.now());
    const all = endings();
    await Promise.all(tellers.map((teller) => teller.look(all, stopping.signal)));
  };
  // The first look is at once.
  const looking = startRepeating('warnings', () => lookEveryMs, look, log);
  return {
    stop: async () => {
      stopping.abort();
      await looking.stop();
    },
  };
}

/** Of the node's own what it works with now, whatever lies in files by this time. */
async function sourcesOf({ compute, database }: Composed, { soap, admin, store }: TlsOfFaces) {
  const kept = [soap, admin, store].filter((each) => each !== undefined);
  return {
    // Only a key of the database has a beginning.
    files: compute.keys
      .filter(({ window }) => window.from === null)
      .map(({ certificate }) => certificate),
    stored: await listNodeKeys(database.kysely),
    ports: kept.map(({ place, pair }) => [place.name, pair.certificate] as const),
  };
}
