import { expect } from 'chai';
import { mayBegin, noteDown, noteUp, pause, readLane } from '../../src/queue/lanes.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const rules = { failures: 2, openMs: 100, openMaxMs: 1000 };

forEachDatabase((_, open) => {
  describe('the breakers of the lanes', () => {
    let database: TestDatabase;
    let second: Database;
    beforeEach(async () => {
      database = await open();
      // Another process.
      second = openDatabase(database.url);
    });
    afterEach(() => second.close());
    const may = (lane: string, now: number, at: Database = database) =>
      mayBegin(at.kysely, lane, now, rules);
    const down = (lane: string, now: number) => noteDown(database.kysely, lane, now, rules);

    it('let attempts begin until the agency was found down so often', async () => {
      expect(await may('a', 0)).to.equal(true);
      expect(await down('a', 0)).to.equal(0);
      expect(await may('a', 0)).to.equal(true);
      expect(await down('a', 10), 'until when').to.equal(110);
      expect(await may('a', 109)).to.equal(false);
      expect(await may('a', 109, second), 'all processes see it').to.equal(false);
      expect(await may('b', 109), 'another lane').to.equal(true);
    });

    it('give the try to one caller; where it dies, to the next one later', async () => {
      for (let n = 0; n < 2; n += 1) await down('a', 0);
      const callers = Array.from({ length: 10 }, (_, n) =>
        may('a', 100, n % 2 === 0 ? database : second),
      );
      expect((await Promise.all(callers)).filter(Boolean)).to.have.lengthOf(1);
      expect(await may('a', 199)).to.equal(false);
      expect(await may('a', 200)).to.equal(true);
      expect(await may('a', 200)).to.equal(false);
    });

    it('shut for longer each time the try fails, and open when it does not', async () => {
      for (let n = 0; n < 2; n += 1) await down('a', 0);
      expect(await may('a', 100)).to.equal(true);
      expect(await down('a', 120)).to.equal(320);
      expect(await may('a', 319)).to.equal(false);
      expect(await may('a', 320)).to.equal(true);
      await noteUp(database.kysely, 'a');
      expect(await readLane(second.kysely, 'a')).to.deep.equal({ failures: 0, open_until: 0 });
      for (let n = 0; n < 3; n += 1) expect(await may('a', 321)).to.equal(true);
      expect(await down('a', 400), 'the count begins anew').to.equal(0);
    });

    it('leave an agency alone as long as it asks', async () => {
      await pause(database.kysely, 'a', 500);
      expect(await may('a', 499)).to.equal(false);
      for (let n = 0; n < 3; n += 1) expect(await may('a', 500)).to.equal(true);
      await down('a', 500);
      await pause(database.kysely, 'a', 900);
      expect(await readLane(database.kysely, 'a')).to.deep.equal({ failures: 1, open_until: 900 });
    });

    it('count each of many failures that come at one instant', async () => {
      const all = Array.from({ length: 10 }, (_, n) =>
        noteDown((n % 2 === 0 ? database : second).kysely, 'a', 0, rules),
      );
      await Promise.all(all);
      expect((await readLane(database.kysely, 'a')).failures).to.equal(10);
    });

    it('open after the clock was set back by an hour', async () => {
      const hour = 3_600_000;
      for (let n = 0; n < 2; n += 1) await down('a', hour);
      await pause(database.kysely, 'b', hour + 1000);
      expect(await may('a', hour + 50)).to.equal(false);
      expect(await may('a', 50), 'one tries').to.equal(true);
      expect(await may('a', 51)).to.equal(false);
      expect(await may('b', 50)).to.equal(true);
    });
  });
});
