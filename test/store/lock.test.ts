import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LockHeld, lockDataFolder, lockNodeName, type NodeLock } from '../../src/store/lock.ts';
import { type Child, startChild } from '../harness/child.ts';
import { forEachDatabase } from '../harness/databases.ts';

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

    it('refuses a second process of a node name, and is free after kill -9', async () => {
      const { url } = await open();
      const first = await holder('name', url, 'node-1');
      try {
        expect(await failureOf(lockNodeName(url, 'node-1'))).to.be.instanceOf(LockHeld);
        await (await lockNodeName(url, 'node-2')).release();
      } finally {
        await first.kill();
      }
      await (await patient(() => lockNodeName(url, 'node-1'))).release();
    });
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
async function patient(take: () => Promise<NodeLock>): Promise<NodeLock> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await take();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
