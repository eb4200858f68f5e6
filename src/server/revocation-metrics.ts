import type { RevocationQuestionTable } from '../store/revocation-tables.ts';
import type { FetchingContext } from './revocation-round.ts';

type Row = RevocationQuestionTable;

/** What hosts owe, by the rows that were seen last: the same on every node. */
export function watchRevocation({ clock, metrics }: Pick<FetchingContext, 'clock' | 'metrics'>): {
  readonly see: (asked: ReadonlyMap<string, Row>) => void;
} {
  let rows: readonly Row[] = [];
  metrics.gauges(
    'mezhved_revocation_fetch_failed',
    'Lists and OCSP answers that the host did not give when it was last asked',
    'host',
    () => byHost(rows, (all) => all.filter(({ failures }) => failures > 0).length),
  );
  metrics.gauges(
    'mezhved_revocation_fetch_age_seconds',
    'Since the host last gave a list or an OCSP answer that was taken',
    'host',
    () => byHost(rows, (all) => (clock.now() - lastAnswerOf(all)) / 1000),
  );
  return {
    see: (asked) => {
      rows = [...asked.values()];
    },
  };
}

/** ms UTC; NaN where there was none. */
function lastAnswerOf(rows: readonly Row[]): number {
  const times = rows.flatMap(({ answered_at }) => (answered_at === null ? [] : [answered_at]));
  return times.length === 0 ? Number.NaN : Math.max(...times);
}

/** A value for each host; a host without one is left out. */
function byHost(
  rows: readonly Row[],
  read: (rows: readonly Row[]) => number,
): (readonly [string, number])[] {
  const hosts = [...new Set(rows.map(({ host }) => host))];
  return hosts
    .map((host) => [host, read(rows.filter((row) => row.host === host))] as const)
    .filter(([, value]) => !Number.isNaN(value));
}
