import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { LockHeld, lockDataFolder, lockNodeName, type NodeLock } from '../../src/store/lock.ts';
import { type Child, startChild } from '../harness/child.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

describe('the lock of a node', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mezhved-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('refuses a second process on a data folder, and is free after kill -9', async () => {
    const first = await holder('folder', folder);
    try {
      const second = startChild('store/holder.ts', 'folder', folder);
      await second.exited;
      expect(second.lines).to.deep.equal(['refused']);
      expect(() => lockDataFolder(folder)).to.throw(LockHeld, new RegExp(`${folder}.*[1-9]`));
    } finally {
      await first.kill();
    }
    await lockDataFolder(folder).release();
  });

  it('is free once released, and makes the folder', async () => {
    const path = join(folder, 'new');
    await lockDataFolder(path).release();
    const again = lockDataFolder(path);
    expect(() => lockDataFolder(path)).to.throw(LockHeld);
    await again.release();
  });

  it('says what is wrong with a folder that it cannot lock', async () => {
    await writeFile(join(folder, 'node.lock'), 'this is no lock of ours, it is longer than a page');
    expect(() => lockDataFolder(folder)).to.throw(/not a database/);
  });

  forEachDatabase((kind, open) => {
    if (kind === 'sqlite') return;

    const untold = (name: string) => {
      throw new Error(`told that ${name} is lost`);
    };
    const take = (url: string, ...names: string[]) => lockNodeName(url, names, untold);
    /** The backend that holds the only lock of this database. */
    const breakConnection = async ({ kysely }: TestDatabase) => {
      const { rows } = await sql<{ killed: boolean }>`
        SELECT pg_terminate_backend(pid) AS killed FROM pg_locks
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      `.execute(kysely);
      expect(rows).to.deep.equal([{ killed: true }]);
    };

    it('refuses a second process of a node name, and is free after kill -9', async () => {
      const { url } = await open();
      const first = await holder('name', url, 'node-1');
      try {
        const refused = await failureOf(take(url, 'node-1'));
        expect(refused).to.be.instanceOf(LockHeld);
        expect(String(refused)).to.include('node-1').and.to.include('MEZHVED_NODE_ID');
        await (await take(url, 'node-2')).release();
      } finally {
        await first.kill();
      }
      await (await patient(() => take(url, 'node-1'))).release();
    });

    it('takes the first name that is free, and none when all are taken', async () => {
      const { url } = await open();
      const names = ['w-1', 'w-2', 'w-3'];
      const held = [];
      for (const name of names) {
        const lock = await take(url, ...names);
        expect(lock.name).to.equal(name);
        held.push(lock);
      }
      expect(await failureOf(take(url, ...names))).to.be.instanceOf(LockHeld);
      await held[1]?.release();
      const again = await patient(() => take(url, ...names));
      expect(again.name).to.equal('w-2');
      for (const lock of [held[0], again, held[2]]) await lock?.release();
    });

    it('is taken again after its connection broke', async () => {
      const database = await open();
      const lock = await take(database.url, 'node-1');
      await breakConnection(database);
      // The next to ask finds it free for a moment, then held by the same process again.
      await taken(database.url, 'node-1');
      await lock.release();
      await (await patient(() => take(database.url, 'node-1'))).release();
    });

    it('is told when another process has the name by then', async () => {
      const database = await open();
      let tell: (name: string) => void = () => undefined;
      const lost = new Promise<string>((resolve) => {
        tell = resolve;
      });
      await lockNodeName(database.url, ['node-1'], (name) => tell(name));
      await breakConnection(database);
      const other = await patient(() => take(database.url, 'node-1'));
      expect(await lost).to.equal('node-1');
      await other.release();
    });

    /** Until somebody holds the name. Whoever looks lets go at once. */
    async function taken(url: string, name: string): Promise<void> {
      for (let tries = 0; tries < 100; tries += 1) {
        const lock = await take(url, name).catch((error: unknown) => error);
        if (lock instanceof LockHeld) return;
        await (lock as NodeLock).release();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`${name} was not taken`);
    }
  });
});

async function holder(...args: string[]): Promise<Child> {
  const child = startChild('store/holder.ts', ...args);
  await child.printed(1);
  expect(child.lines).to.deep.equal(['held']);
  return child;
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** The server learns of a dead client a moment later. */
async function patient<T extends NodeLock>(take: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await take();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
