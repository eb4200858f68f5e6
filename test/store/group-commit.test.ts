import { expect } from 'chai';
import type { Transaction } from 'kysely';
import { Fault } from '../../src/fault/fault.ts';
import type { Database } from '../../src/store/database.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';
import type { Tables } from '../../src/store/tables.ts';
import { forEachDatabase } from '../harness/databases.ts';

interface Scope {
  readonly tx: Transaction<Tables>;
  /** Which transaction this is. */
  readonly batch: number;
}

describe('group commit', () => {
  forEachDatabase((_name, open) => {
    it('runs works in the order they came, many in one transaction', async () => {
      const database = await open();
      const group = grouped(database);
      const seen: number[] = [];
      const batches = await Promise.all(
        numbers(100).map((n) =>
          group.run(async ({ tx, batch }) => {
            seen.push(n);
            await enter(tx, n);
            return batch;
          }),
        ),
      );
      expect(seen).to.deep.equal(numbers(100));
      expect(new Set(batches).size).to.equal(Math.ceil(100 / 64));
      expect(await entered(database)).to.deep.equal(numbers(100));
    });

    it('keeps what did not throw, and rejects the thrower alone', async () => {
      const database = await open();
      const group = grouped(database);
      const results = await Promise.allSettled(
        numbers(50).map((n) =>
          group.run(async ({ tx }) => {
            await enter(tx, n);
            if (n % 7 === 3) throw new Error(`no ${n}`);
            return n;
          }),
        ),
      );
      results.forEach((result, n) => {
        if (n % 7 === 3) expect(result).to.have.nested.property('reason.message', `no ${n}`);
        else expect(result).to.deep.equal({ status: 'fulfilled', value: n });
      });
      expect(await entered(database)).to.deep.equal(numbers(50).filter((n) => n % 7 !== 3));
    });

    it('rejects the work alone whose statement the database refuses', async () => {
      const database = await open();
      const group = grouped(database);
      const results = await Promise.allSettled(
        [1, 2, 2, 3].map((n) => group.run(({ tx }) => enter(tx, n))),
      );
      expect(results.map(({ status }) => status)).to.deep.equal([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(await entered(database)).to.deep.equal([1, 2, 3]);
    });

    it('resolves only when another connection sees what was written', async () => {
      const database = await open();
      const group = grouped(database);
      await Promise.all(
        numbers(200).map(async (n) => {
          await group.run(({ tx }) => enter(tx, n));
          expect(await entered(database)).to.include(n);
        }),
      );
    });

    it('refuses what no longer fits into the waiting line as BUSY', async () => {
      const group = grouped(await open(), { batchMax: 4, waitingMax: 10, patienceMs: 60_000 });
      const results = await Promise.allSettled(
        numbers(25).map((n) => group.run(({ tx }) => enter(tx, n))),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).to.have.lengthOf(15);
      for (const { reason } of refused) {
        expect(reason).to.be.instanceOf(Fault).with.property('code', 'BUSY');
      }
    });

    it('drains: what waits is written, and new work is taken afterwards', async () => {
      const database = await open();
      const group = grouped(database, { batchMax: 3, waitingMax: 100, patienceMs: 60_000 });
      const works = numbers(20).map((n) => group.run(({ tx }) => enter(tx, n)));
      await group.drain();
      expect(group.waiting).to.equal(0);
      expect(await entered(database)).to.deep.equal(numbers(20));
      await Promise.all(works);
      await group.run(({ tx }) => enter(tx, 20));
      expect(await entered(database)).to.have.lengthOf(21);
    });
  });

  it('rejects the whole batch when COMMIT itself fails, and runs nothing again', async () => {
    const { database, runs } = withoutCommit();
    const group = grouped(database);
    const results = await Promise.allSettled(
      numbers(5).map(() => group.run(async () => runs.push(1))),
    );
    for (const result of results) {
      expect(result).to.have.nested.property('reason.message', 'the disk is full');
    }
    expect(runs).to.have.lengthOf(5);
  });
});

function grouped(
  database: Database,
  limits = { batchMax: 64, waitingMax: 1000, patienceMs: 60_000 },
) {
  let batch = 0;
  const open = (tx: Transaction<Tables>): Scope => ({ tx, batch: batch++ });
  return new GroupCommit<Scope>(database, { open, close: async () => undefined }, limits);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function key(n: number): string {
  return String(n).padStart(4, '0');
}

async function enter(tx: Transaction<Tables>, n: number): Promise<void> {
  await tx
    .insertInto('participant')
    .values({ id: key(n), name: '' })
    .execute();
}

async function entered({ kysely }: Database): Promise<number[]> {
  const rows = await kysely.selectFrom('participant').select('id').orderBy('id').execute();
  return rows.map(({ id }) => Number(id));
}

/** A database that does all but the last step. */
function withoutCommit() {
  const runs: number[] = [];
  const kysely = {
    transaction: () => ({
      execute: async (work: (tx: unknown) => Promise<unknown>) => {
        await work({});
        throw new Error('the disk is full');
      },
    }),
  };
  return { runs, database: { kysely } as unknown as Database };
}
