import { existsSync } from 'node:fs';
import { ConfigInvalid, loadConfig } from '../config/load.ts';
import type { Config } from '../config/table.ts';
import type { TrustSettings } from '../participants/registry.ts';
import { exampleFingerprints } from '../pki/examples.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { migrate, schemaAge } from '../store/migrations.ts';
import { UnreachableError, UsageError } from './run.ts';

/** The node's database, for a command that reads it or works on it. */
export interface Opened {
  readonly database: Database;
  readonly nodeId: string;
  /** What the configuration says of trust. */
  readonly trusting: TrustSettings;
  /** Where the node may fetch lists of revoked certificates and OCSP answers from. */
  readonly fetchHosts: readonly string[];
  /** Files of the signing keys that it names. */
  readonly keys: Config['node']['keys'];
  readonly config: Config;
}

/**
 * Opens the database that the configuration names. Never makes one, and never changes its schema.
 *
 * @throws UsageError for a configuration that is invalid; UnreachableError where there is no database,
 * it does not answer, or another version of the program made it
 */
export async function openForCli(): Promise<Opened> {
  const config = readConfiguration();
  const { url } = config.database;
  const file = fileOf(url);
  if (file !== undefined && !existsSync(file)) {
    throw new UnreachableError(`нет базы данных ${file} / there is no database ${file}`);
  }
  const database = await connect(url);
  const age = await ageOf(database);
  if (age === 'current') {
    const { id, keys } = config.node;
    return {
      database,
      nodeId: id,
      trusting: trustingOf(config),
      fetchHosts: config.trust.fetch.hosts,
      keys,
      config,
    };
  }
  await database.close();
  throw new UnreachableError(ages[age]);
}

/** What the configuration says of trust, as a node would have it. */
export function trustingOf({ profile, trust }: Config): TrustSettings {
  const distrusted = profile === 'sandbox' ? undefined : exampleFingerprints();
  return { distrusted, ...trust };
}

/**
 * Opens the database for a command that changes what operators declare; makes it where there is none,
 * so that a node finds everything declared when it first starts.
 *
 * @param options plan: make nothing
 *
 * @throws UsageError, UnreachableError as openForCli
 */
export async function openForChange({
  plan,
}: {
  readonly plan: boolean;
}): Promise<{ database: Database; config: Config }> {
  const config = readConfiguration();
  const { url } = config.database;
  const nowhere = fileOf(url) !== undefined && !existsSync(fileOf(url) ?? '');
  if (plan && nowhere) return { database: await openNew(), config };
  const database = await connect(url);
  const age = await ageOf(database);
  if (plan && (age === 'none' || (age === 'current' && (await isEmpty(database))))) {
    await database.close();
    return { database: await openNew(), config };
  }
  if (age === 'none') await migrate(database);
  if (age === 'none' || age === 'current') return { database, config };
  await database.close();
  throw new UnreachableError(ages[age]);
}

/** A plan makes nothing: where nothing is yet, it is told over a new database in memory. */
async function openNew(): Promise<Database> {
  const database = await connect('sqlite::memory:');
  await migrate(database);
  return database;
}

/** Nothing was ever declared in it: a sandbox would begin with its seed. */
async function isEmpty({ kysely }: Database): Promise<boolean> {
  const { revision } = await kysely
    .selectFrom('revision')
    .select('revision')
    .executeTakeFirstOrThrow();
  return revision === 0;
}

const ages = {
  none: 'в этой базе данных нет таблиц узла / this database holds no tables of a node',
  older:
    'базу данных создала более старая версия: сначала запустите узел этой версии / ' +
    'the database is of an older version: start the node of this version first',
  newer: 'базу данных создала более новая версия узла / the database was made by a newer version',
} as const;

function fileOf(url: string): string | undefined {
  return url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : undefined;
}

/** @throws UsageError for a configuration that is invalid */
export function readConfiguration(): Config {
  try {
    return loadConfig(process.env, process.cwd());
  } catch (error) {
    if (error instanceof ConfigInvalid) throw new UsageError(error.message);
    throw error;
  }
}

async function connect(url: string): Promise<Database> {
  try {
    return openDatabase(url);
  } catch (error) {
    throw unreachable(error);
  }
}

async function ageOf(database: Database) {
  try {
    return await schemaAge(database);
  } catch (error) {
    await database.close();
    throw unreachable(error);
  }
}

function unreachable(error: unknown): UnreachableError {
  const { message = '', code = '' } = error as { message?: string; code?: string };
  const why = message === '' ? code : message;
  return new UnreachableError(`база данных недоступна / the database does not answer: ${why}`);
}
