import { makeCluster, type Postgres, postgresBinaries } from './postgres-cluster.ts';

/** A PostgreSQL of one test that may crash; fsync is on. */
export interface MortalPostgres extends Postgres {
  readonly port: number;
  /** kill -9 of the postmaster and of every backend at once: what was not on disk is gone. */
  kill(): Promise<void>;
  /** The same folder on the same port; resolves when it has recovered and answers. */
  restart(): Promise<void>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/** A cluster beside the shared one; undefined where PostgreSQL is not installed. */
export async function startMortalPostgres(): Promise<MortalPostgres | undefined> {
  if (postgresBinaries() === undefined) {
    process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
    return undefined;
  }
  const { server, port, url, command, start } = await makeCluster();
  return {
    port,
    url,
    command,
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      await start();
    },
    stop: () => server.end(),
  };
}
