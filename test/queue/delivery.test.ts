import { expect } from 'chai';
import fc from 'fast-check';
import {
  addDelivery,
  backoffMs,
  claimDelivery,
  findDue,
  finishDelivery,
  killDelivery,
  killDeliveryOf,
  postponeDelivery,
} from '../../src/queue/delivery.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

describe('the wait before the next attempt', () => {
  const rules = { backoffMs: 100, backoffMaxMs: 10_000 };

  it('doubles from the first to the longest', () => {
    const longest = [1, 2, 3, 4, 8, 9, 5000].map((n) => backoffMs(n, rules, 0.999_999));
    expect(longest).to.deep.equal([100, 200, 400, 800, 10_000, 10_000, 10_000]);
  });

  it('lies in the upper half of it, as chance has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempts, random) => {
          const wait = backoffMs(attempts, rules, random);
          const most = backoffMs(attempts, rules, 1);
          expect(wait).to.be.within(most / 2, most);
          expect(Number.isInteger(wait)).to.equal(true);
        },
      ),
    );
  });
});

forEachDatabase((_, open) => {
  describe('a delivery', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });
    const attemptMs = 100;
    const add = (id: string, lane = 'a', now = 0) => addDelivery(database.kysely, id, lane, now);
    const claim = (id: string, now: number) =>
      claimDelivery(database.kysely, id, { now, attemptMs });
    const row = (id: string) =>
      database.kysely
        .selectFrom('delivery')
        .selectAll()
        .where('exchange_id', '=', id)
        .executeTakeFirstOrThrow();
    const due = async (now: number, perLane = 10) =>
      (await findDue(database.kysely, now, perLane)).map(({ exchange_id }) => exchange_id);

    it('is claimed when it is due, by one', async () => {
      await add('x', 'a', 10);
      expect(await claim('x', 9)).to.equal(undefined);
      expect(await claim('x', 10)).to.include({ attempts: 1, running_until: 110, lane: 'a' });
      expect(await claim('x', 11)).to.equal(undefined);
      expect(await claim('unknown', 11)).to.equal(undefined);
    });

    it('is claimed by one of many', async () => {
      await add('x');
      const claims = await Promise.all(Array.from({ length: 12 }, () => claim('x', 1)));
      expect(claims.filter((one) => one !== undefined).length).to.equal(1);
    });

    it('is claimed again when its attempt is given up; the late attempt writes nothing', async () => {
      await add('x');
      const first = await claim('x', 0);
      if (first === undefined) throw new Error('not claimed');
      expect(await claim('x', attemptMs - 1)).to.equal(undefined);
      const second = await claim('x', attemptMs);
      if (second === undefined) throw new Error('not claimed');
      expect(second.attempts).to.equal(2);
      expect(await finishDelivery(database.kysely, first)).to.equal(false);
      expect(await postponeDelivery(database.kysely, first, 500, null)).to.equal(false);
      expect(await killDelivery(database.kysely, first, '{}')).to.equal(false);
      expect(await finishDelivery(database.kysely, second)).to.equal(true);
      expect(await row('x')).to.include({ state: 'done', running_until: null, attempts: 2 });
    });

    it('is done, postponed or dead after its attempt, and then not claimed before its time', async () => {
      for (const id of ['done', 'later', 'dead']) await add(id);
      const claims = await Promise.all(['done', 'later', 'dead'].map((id) => claim(id, 0)));
      const [done, later, dead] = claims;
      if (!done || !later || !dead) throw new Error('not claimed');
      await finishDelivery(database.kysely, done);
      await postponeDelivery(database.kysely, later, 900, '{"code":"X"}');
      await killDelivery(database.kysely, dead, '{"code":"Y"}');
      expect(await row('later')).to.include({ state: 'due', due_at: 900, cause: '{"code":"X"}' });
      expect(await row('dead')).to.include({ state: 'dead', cause: '{"code":"Y"}' });
      for (const id of ['done', 'later', 'dead']) expect(await claim(id, 899)).to.equal(undefined);
      expect(await claim('later', 900)).to.include({ attempts: 2 });
      expect(await claim('done', 9999)).to.equal(undefined);
      expect(await claim('dead', 9999)).to.equal(undefined);
    });

    it('ends with its exchange, whoever holds it, and keeps its cause', async () => {
      for (const id of ['due', 'held', 'failed', 'done']) await add(id);
      const held = await claim('held', 0);
      const failed = await claim('failed', 0);
      const done = await claim('done', 0);
      if (!held || !failed || !done) throw new Error('not claimed');
      await postponeDelivery(database.kysely, failed, 900, '{"code":"X"}');
      await finishDelivery(database.kysely, done);
      for (const id of ['due', 'held', 'failed', 'done']) await killDeliveryOf(database.kysely, id);
      expect(await row('due')).to.include({ state: 'dead', cause: '{"code":"EXCHANGE_ENDED"}' });
      expect(await row('failed')).to.include({ state: 'dead', cause: '{"code":"X"}' });
      expect(await row('done')).to.include({ state: 'done', cause: null });
      expect(await finishDelivery(database.kysely, held)).to.equal(false);
      expect(await killDelivery(database.kysely, held, '{"code":"Z"}'), 'names its cause').to.equal(
        true,
      );
    });

    it('is found when it is due or given up, the eldest of each lane first', async () => {
      await add('a1', 'a', 1);
      await add('a2', 'a', 2);
      await add('a3', 'a', 3);
      await add('b1', 'b', 4);
      await add('c1', 'c', 500);
      expect(await due(4)).to.deep.equal(['a1', 'a2', 'a3', 'b1']);
      expect(await due(4, 1)).to.deep.equal(['a1', 'b1']);
      await claim('a1', 4);
      expect(await due(4)).to.deep.equal(['a2', 'a3', 'b1']);
      expect(await due(104)).to.deep.equal(['a1', 'a2', 'a3', 'b1']);
    });
  });
});
