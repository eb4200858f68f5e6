import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

/** Held as long as the process lives; the system frees it when the process dies. */
export interface NodeLock {
  release(): Promise<void>;
}

/** Another node has the place. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
}

/**
 * One node a data folder: two would lease one message twice. An exclusive transaction on a file of
 * its own is a lock that the operating system frees after kill -9 too.
 *
 * @throws LockHeld naming the folder and the process that holds it
 */
export function lockDataFolder(folder: string): NodeLock {
  mkdirSync(folder, { recursive: true });
  const file = new Sqlite(join(folder, 'node.lock'), { timeout: 0 });
  const holder = join(folder, 'node.pid');
  try {
    file.pragma('locking_mode = EXCLUSIVE');
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    const pid = pidIn(holder);
    throw new LockHeld(
      `папка данных ${folder} занята другим узлом (процесс ${pid}) / ` +
        `the data folder ${folder} is in use by another node (process ${pid})`,
    );
  }
  writeFileSync(holder, `${process.pid}\n`);
  return {
    release: async () => {
      file.close();
    },
  };
}

function pidIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '?';
  }
}

/**
 * One process a node name on a shared PostgreSQL, by an advisory lock on a connection of its own.
 *
 * @throws LockHeld
 */
export async function lockNodeName(url: string, nodeId: string): Promise<NodeLock> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query(
    "SELECT pg_try_advisory_lock(hashtext('mezhved node'), hashtext($1)) AS held",
    [nodeId],
  );
  if (rows[0]?.held !== true) {
    await client.end();
    throw new LockHeld(
      `узел с именем ${nodeId} уже работает с этой базой / a node named ${nodeId} works on this database already`,
    );
  }
  return { release: () => client.end() };
}
