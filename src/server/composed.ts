import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { Digester } from '../attachments/digester.ts';
import type { Uploads } from '../attachments/uploads.ts';
import { systemClock } from '../clock.ts';
import { OpinionPool } from '../compute/opinion-pool.ts';
import { ComputePool, type Snapshot } from '../compute/pool.ts';
import type { Config } from '../config/table.ts';
import { Connectors } from '../connectors/connectors.ts';
import type { ExchangeContext } from '../exchange/context.ts';
import { entry } from '../exchange/entries.ts';
import { Pressure } from '../exchange/pressure.ts';
import { VersionTally } from '../exchange/version-tally.ts';
import { JournalWriter } from '../journal/writer.ts';
import { createLog } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { type Registry, readRegistry, watchRegistry } from '../participants/registry.ts';
import { growSandbox, seedSandbox } from '../participants/seed.ts';
import { schemasOf } from '../participants/type-versions.ts';
import { exampleFingerprints } from '../pki/examples.ts';
import type { SigningKey } from '../pki/signing-key.ts';
import type { DeliveryQueue } from '../queue/queue.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { checkDurability } from '../store/durability.ts';
import { migrate } from '../store/migrations.ts';
import type { TokenKeeper } from '../token/keeper.ts';
import { signEnd } from './checkpointing.ts';
import { chooseEngine } from './engine.ts';
import { deskOf, fileCheckOf, openFiles, uploadsOf } from './kept-files.ts';
import { SigningKeys } from './signing-keys.ts';
import { openToken } from './token.ts';

/** What every process of a node is made of, with the parts whose lifetime it holds. */
export interface Composed extends ExchangeContext {
  readonly compute: ComputePool;
  readonly opinions: OpinionPool;
  readonly connectors: Connectors;
  readonly queue: DeliveryQueue;
  readonly uploads: Uploads;
  /** Where keys of the node are in a token. */
  readonly token: TokenKeeper | undefined;
  /** Fingerprints of the certificates that the node signs with, now or in a while. */
  readonly ownCertificates: ReadonlySet<string>;
  /** What was seen a moment ago of what needs an operator. */
  readonly watched: { deadLetters: number; agenciesDown: number; tlsRefused: number };
  /** Ends everything that is not a face, in order. */
  close(): Promise<void>;
}

const taskMaxMs = 60_000;

/**
 * Composes a process of its rooms: store, registry, threads, connectors, engine. Nothing is delivered
 * and no face is open yet.
 *
 * @throws Error with a plain sentence
 */
export async function compose(config: Config): Promise<Composed> {
  const { limits, node } = config;
  const log = createLog(config.log);
  const metrics = createMetrics();
  const { files, close: closeFiles } = await openFiles(config, log);
  const database = openDatabase(config.database.url);
  await checkDurability(database);
  await migrate(database);
  const journal = new JournalWriter(database, node.id);
  const readDeclared = await declaredReader(config, database, journal);
  let registry = await readDeclared();
  const token = await openToken(config, log, metrics);
  const signing = await SigningKeys.open(config, database, token);
  let keys = await signing.read();
  const snapshotOf = snapshotsFor(config, token);
  const compute = new ComputePool(threadsOf(config), snapshotOf(registry, keys));
  await compute.ready();
  const opinions = new OpinionPool(config.secondOpinion, log);
  const queue = await chooseEngine(config, { database, log, registry: () => registry });
  const digester = new Digester();
  const connectors = new Connectors(config.publicUrl, deskOf(config, files, digester));
  const uploads = uploadsOf(config, digester);
  const context: ExchangeContext = {
    limits,
    attachments: config.attachments,
    files,
    uploads,
    digester,
    checkFile: fileCheckOf(config),
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
    versionTally: new VersionTally(),
    pressure: new Pressure(limits),
    log,
    metrics,
  };
  const takeUp = async (): Promise<Registry> => {
    const next = await readDeclared();
    const reading = signing.read();
    keys = await reading.catch(() => keys);
    await compute.replace(snapshotOf(next, keys));
    registry = next;
    // A key that cannot be opened is told and tried again; all else is in force by now.
    await reading;
    log.info({ revision: next.revision }, 'configuration taken up');
    return next;
  };
  await journal.commit(async (scope) => scope.journal(entry(context, 'start')));
  const watch = watchRegistry(database, registry.revision, takeUp, (error) =>
    log.error({ why: String(error) }, 'configuration could not be taken up'),
  );
  measureWaiting(metrics, { compute, opinions, journal });
  const close = async () => {
    await watch.stop();
    await connectors.close();
    await endJournal({ ...context, compute });
    await compute.close();
    await token?.close();
    await opinions.close();
    await digester.close();
    await closeFiles();
    await database.close();
  };
  const watched = { deadLetters: 0, agenciesDown: 0, tlsRefused: 0 };
  const held = { compute, opinions, connectors, queue, uploads, token, watched, close };
  return { ...context, ...held, ownCertificates: signing.fingerprints };
}

/** The last entry, and a checkpoint over it: nothing of the chain is left unsigned. */
async function endJournal(context: ExchangeContext & Pick<Composed, 'compute'>): Promise<void> {
  const { journal, log } = context;
  await journal.commit(async (scope) => scope.journal(entry(context, 'stop')));
  await journal.drain();
  await signEnd(context).catch((error) => log.error({ why: String(error) }, 'checkpoint'));
}

type Waited = Pick<Composed, 'compute' | 'opinions' | 'journal'>;

function measureWaiting(metrics: Metrics, { compute, opinions, journal }: Waited): void {
  const threads = 'Tasks that wait for a thread';
  const seconds = 'Messages that wait for a second opinion';
  const commits = 'Works that wait for a transaction';
  metrics.gauge('mezhved_compute_waiting', threads, () => compute.waiting);
  metrics.gauge('mezhved_second_opinions_waiting', seconds, () => opinions.waiting);
  metrics.gauge('mezhved_commit_waiting', commits, () => journal.waiting);
}

/** Declares what a sandbox begins with. @returns who reads what is declared */
async function declaredReader(
  { profile, trust }: Config,
  database: Database,
  journal: JournalWriter,
): Promise<() => Promise<Registry>> {
  const isSandbox = profile === 'sandbox';
  if (isSandbox) {
    const who = userInfo().username;
    const declaring = { database, journal, who, now: systemClock.now, random: randomBytes };
    await seedSandbox(declaring);
    await growSandbox(declaring);
  }
  const distrusted = isSandbox ? new Set<string>() : exampleFingerprints();
  return () => readRegistry(database, { distrusted, ...trust });
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

function threadsOf({ compute, limits }: Config) {
  return {
    threads: compute.threads,
    waitingMax: limits.requestsInFlightMax,
    taskMs: taskMaxMs,
  };
}

function snapshotsFor({ signatures }: Config, token: TokenKeeper | undefined) {
  return ({ messageTypes }: Registry, keys: readonly SigningKey[]): Snapshot => ({
    // Without windows: what begins or ends starts no threads.
    messageTypes: schemasOf(messageTypes, systemClock.now()),
    keys,
    profiles: signatures.profiles,
    ...(token && { mailbox: token.mailbox }),
  });
}
