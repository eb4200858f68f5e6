import { randomBytes } from 'node:crypto';
import { type Cluster, makeCluster, type Postgres, postgresBinaries } from './postgres-cluster.ts';

export { postgresBinaries };

// A private PostgreSQL that lives as long as this test run.

let running: Promise<Cluster> | undefined;

/**
 * The cluster of this run, made at the first call.
 *
 * @throws Error where the server does not start, with its log
 */
export function startPostgres(): Promise<Postgres> {
  running ??= makeCluster();
  return running;
}

/** A database of its own on the private server: its URL, and its end. */
export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/**
 * A new database, empty or copied from a template; undefined where PostgreSQL is not installed. The
 * server ends with this process at the latest.
 */
export async function freshPostgres(template = 'template1'): Promise<FreshDatabase | undefined> {
  if (postgresBinaries() === undefined) return undefined;
  const server = await startPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await server.command(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: server.url(name),
    drop: () => server.command(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** Stops the cluster if it was started, and removes its folder. */
export async function stopPostgres(): Promise<void> {
  const started = await running?.catch(() => undefined);
  running = undefined;
  await started?.server.end();
}
