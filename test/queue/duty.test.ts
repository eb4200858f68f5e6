import { expect } from 'chai';
import { freeDuties, leaveDuty, takeDuty } from '../../src/queue/duty.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const forMs = 100;

forEachDatabase((_, open) => {
  describe('a duty', () => {
    let database: TestDatabase;
    let second: Database;
    beforeEach(async () => {
      database = await open();
      second = openDatabase(database.url);
    });
    afterEach(() => second.close());
    const take = (name: string, now: number, at: Database = database) =>
      takeDuty(at.kysely, name, now, forMs);

    it('is had by one of many that ask at one instant, again and again', async () => {
      for (let round = 0; round < 5; round += 1) {
        const now = round * forMs;
        const asked = Array.from({ length: 10 }, (_, n) =>
          take('sweep', now, n % 2 === 0 ? database : second),
        );
        expect((await Promise.all(asked)).filter(Boolean), `round ${round}`).to.have.lengthOf(1);
      }
    });

    it('is free again after its time, and not before', async () => {
      expect(await take('sweep', 0)).to.equal(true);
      expect(await take('sweep', 99, second)).to.equal(false);
      expect(await take('other', 99, second), 'another duty').to.equal(true);
      expect(await take('sweep', 100, second)).to.equal(true);
      expect(await take('sweep', 101)).to.equal(false);
    });

    it('is free when whoever has it lets go, from the time that they say', async () => {
      await take('sweep', 0);
      await leaveDuty(database.kysely, 'sweep', 30);
      expect(await take('sweep', 29, second)).to.equal(false);
      expect(await take('sweep', 30, second)).to.equal(true);
    });

    it('is free when a process that is alone frees what a dead one had', async () => {
      await take('sweep', 0);
      await freeDuties(database.kysely);
      expect(await take('sweep', 1, second)).to.equal(true);
    });

    it('is not held for an hour after the clock was set back by one', async () => {
      const hour = 3_600_000;
      await take('sweep', hour);
      expect(await take('sweep', 7, second)).to.equal(true);
      expect(await take('sweep', 8), 'held by the time of now').to.equal(false);
    });

    it("is one process's also where clocks differ a little", async () => {
      await take('sweep', 5000);
      expect(await take('sweep', 0, second)).to.equal(false);
    });
  });
});
