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

/** A node name that this process holds. */
export interface NameLock extends NodeLock {
  readonly name: string;
}

const againMs = 1000;

/**
 * One process a node name on a shared PostgreSQL, by an advisory lock on a connection of its own: the
 * first of the names that is free. Where the connection breaks, the name is taken again.
 *
 * @param lost told when another process has the name by then
 * @throws LockHeld when all are taken
 */
export async function lockNodeName(
  url: string,
  names: readonly string[],
  lost: (name: string) => void,
): Promise<NameLock> {
  const taken = await takeName(url, names);
  let { client } = taken;
  const { name } = taken;
  let released = false;
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    client.once('end', () => {
      if (!released) timer = setTimeout(retake, againMs);
    });
  };
  const retake = () => {
    takeName(url, [name]).then(
      (next) => {
        client = next.client;
        watch();
        if (released) void client.end();
      },
      (error: unknown) => {
        if (error instanceof LockHeld) lost(name);
        else if (!released) timer = setTimeout(retake, againMs);
      },
    );
  };
  watch();
  return {
    name,
    release: async () => {
      released = true;
      clearTimeout(timer);
      await client.end().catch(() => undefined);
    },
  };
}

async function takeName(url: string, names: readonly string[]) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  for (const name of names) {
    const { rows } = await client.query(
      "SELECT pg_try_advisory_lock(hashtext('mezhved node'), hashtext($1)) AS held",
      [name],
    );
    if (rows[0]?.held === true) return { client, name };
  }
  await client.end();
  throw new LockHeld(
    `узел с именем ${names[0]} уже работает с этой базой; задайте другое в MEZHVED_NODE_ID / ` +
      `a node named ${names[0]} works on this database already; set another name in MEZHVED_NODE_ID`,
  );
}
