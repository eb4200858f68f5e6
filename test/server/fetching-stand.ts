import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { type Config, configTable } from '../../src/config/table.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics, type Metrics } from '../../src/metrics.ts';
import { raiseRevision } from '../../src/participants/apply.ts';
import { type Registry, readRegistry, watchRegistry } from '../../src/participants/registry.ts';
import { readAsked } from '../../src/participants/revocation-questions.ts';
import type { Certificate } from '../../src/pki/certificate.ts';
import { bestPath, judgeCertificate } from '../../src/pki/trust.ts';
import { startFetching } from '../../src/server/revocation-fetching.ts';
import type { RevocationQuestionTable } from '../../src/store/revocation-tables.ts';
import type { TestDatabase } from '../harness/databases.ts';
import type { Made } from '../pki/path-stand.ts';

type Fetch = Config['trust']['fetch'];

/** Settings of trust, the rest as it comes. */
export function trustWith(
  fetch: Partial<Fetch>,
  revocation: Config['trust']['revocation'] = 'soft',
): Config['trust'] {
  const { trust } = configTable.parse({});
  return { ...trust, revocation, fetch: { ...trust.fetch, ...fetch } };
}

/** A process of the node, as far as fetching goes: it reads what is declared, and looks for changes. */
export interface FetchingNode {
  readonly metrics: Metrics;
  /** 'trusted', or the code of the fault that a message signed by it would get. */
  verdict(certificate: Certificate): string;
  /** Who told of its revocation: 'list', 'ocsp', or nobody. */
  source(certificate: Certificate): string | undefined;
  stop(): Promise<void>;
}

/** @param fetches false for one that takes up alone what others fetch */
export async function startFetchingNode(
  database: TestDatabase,
  trust: Config['trust'],
  fetches = true,
): Promise<FetchingNode> {
  const log = createLog({ level: 'error' }, { write: () => undefined });
  const metrics = createMetrics();
  let registry: Registry = await readRegistry(database, trust);
  const watch = watchRegistry(
    database,
    registry.revision,
    async () => {
      registry = await readRegistry(database, trust);
      return registry;
    },
    () => undefined,
  );
  const journal = new JournalWriter(database, 'node');
  const parts = { clock: systemClock, database, journal, log, metrics };
  const context = { ...parts, nodeId: 'node', random: randomBytes, registry: () => registry };
  const fetching = fetches ? startFetching(context, { trust }, 50) : undefined;
  const trustNow = () => registry.trustAt(Date.now());
  return {
    metrics,
    verdict: (certificate) =>
      judgeCertificate(certificate, trustNow(), Date.now())?.code ?? 'trusted',
    source: (certificate) =>
      bestPath(certificate, trustNow(), Date.now()).checks.find(({ standing }) => standing)
        ?.standing?.by,
    stop: async () => {
      await fetching?.stop();
      await watch.stop();
      await journal.drain();
    },
  };
}

/** Declares an anchor, intermediates, and systems that are known by the other certificates. */
export async function declare(
  { kysely }: TestDatabase,
  anchor: Made,
  intermediates: readonly Made[],
  systems: readonly Certificate[],
): Promise<void> {
  const always = { from_at: null, until_at: null };
  const row = (id: string, { certificate: { der } }: Made) => ({ id, der, ...always });
  await kysely.transaction().execute(async (tx) => {
    await tx.insertInto('trust_anchor').values(row('anchor', anchor)).execute();
    for (const [n, each] of intermediates.entries()) {
      await tx
        .insertInto('intermediate')
        .values(row(`i${n}`, each))
        .execute();
    }
    await tx.insertInto('participant').values({ id: 'p', name: 'П' }).execute();
    const system = { id: 's', participant: 'p', position: 0, upload_password: null };
    await tx.insertInto('information_system').values(system).execute();
    for (const { fingerprint, der } of systems) {
      const values = { fingerprint, system: 's', der, ...always };
      await tx.insertInto('certificate').values(values).execute();
    }
    await raiseRevision(tx);
  });
}

/** Waits until it is so; gives up in silence after some time, for the assertion that follows. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500 && !(await holds()); n += 1) await wait(20);
}

/** What was asked, once `count` questions were. */
export async function askedOf(
  { kysely }: TestDatabase,
  count: number,
  holds: (row: RevocationQuestionTable) => boolean = () => true,
): Promise<RevocationQuestionTable[]> {
  let rows: RevocationQuestionTable[] = [];
  await until(async () => {
    rows = [...(await readAsked(kysely)).values()];
    return rows.filter(holds).length >= count;
  });
  return rows;
}
