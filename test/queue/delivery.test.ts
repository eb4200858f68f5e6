import { expect } from 'chai';
import fc from 'fast-check';
import {
  addDelivery,
  awaitAnswer,
  backoffMs,
  type Claimed,
  claimDelivery,
  endDelivery,
  findDue,
  finishDelivery,
  killDelivery,
  postponeDelivery,
  reviveDelivery,
} from '../../src/queue/delivery.ts';
import { pause } from '../../src/queue/lanes.ts';
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

const waits = { attemptMaxMs: 100, backoffMaxMs: 1000, openMaxMs: 1000 };
const hour = 3_600_000;

forEachDatabase((_, open) => {
  describe('a delivery', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });
    const add = (exchangeId: string, { lane = 'a', sender = 'A', now = 0 } = {}) =>
      addDelivery(database.kysely, { exchangeId, lane, sender, now });
    const claim = (id: string, now: number) => claimDelivery(database.kysely, id, now, waits);
    const claimed = async (id: string, now = 0): Promise<Claimed> => {
      const held = await claim(id, now);
      if (held === undefined) throw new Error('not claimed');
      return held;
    };
    const finish = (held: Claimed, now = 0) => finishDelivery(database.kysely, held, now);
    const postpone = (held: Claimed, dueAt: number, cause: string | null = null, failures = 0) =>
      postponeDelivery(database.kysely, held, { dueAt, cause, failures });
    const kill = (held: Claimed, now = 0, cause = '{"code":"Y"}', failures = 1) =>
      killDelivery(database.kysely, held, { cause, failures, now });
    const row = (id: string) =>
      database.kysely
        .selectFrom('delivery')
        .selectAll()
        .where('exchange_id', '=', id)
        .executeTakeFirstOrThrow();
    const due = async (now: number, perLane = 10) =>
      (await findDue(database.kysely, now, perLane, waits)).map(({ exchange_id }) => exchange_id);

    it('is claimed when it is due, by one', async () => {
      await add('x', { now: 10 });
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
      const first = await claimed('x');
      expect(await claim('x', waits.attemptMaxMs - 1)).to.equal(undefined);
      const second = await claimed('x', waits.attemptMaxMs);
      expect(second.attempts).to.equal(2);
      expect(await finish(first)).to.equal(false);
      expect(await postpone(first, 500)).to.equal(false);
      expect(await kill(first)).to.equal(false);
      const later = { ticket: 't', askAt: 500 };
      expect(await awaitAnswer(database.kysely, first, later)).to.equal(false);
      expect(await row('x')).to.include({ state: 'running', attempts: 2, ticket: null });
      expect(await finish(second, 130)).to.equal(true);
      expect(await finish(second, 140), 'twice').to.equal(false);
      expect(await row('x')).to.include({ state: 'done', due_at: 130, running_until: null });
    });

    it('is done, postponed or dead after its attempt, and then not claimed before its time', async () => {
      for (const id of ['done', 'later', 'dead']) await add(id);
      await finish(await claimed('done'));
      await postpone(await claimed('later'), 900, '{"code":"X"}', 4);
      await kill(await claimed('dead'), 7, '{"code":"Y"}', 5);
      expect(await row('later')).to.include({ due_at: 900, cause: '{"code":"X"}', failures: 4 });
      expect(await row('dead')).to.include({ due_at: 7, cause: '{"code":"Y"}', failures: 5 });
      for (const id of ['done', 'later', 'dead']) expect(await claim(id, 899)).to.equal(undefined);
      expect(await claim('later', 900)).to.include({ attempts: 2 });
      expect(await claim('done', 9999)).to.equal(undefined);
      expect(await claim('dead', 9999)).to.equal(undefined);
    });

    it('waits for an answer with its ticket; what failed before counts no more', async () => {
      await add('x');
      await postpone(await claimed('x'), 10, '{"code":"X"}', 4);
      const held = await claimed('x', 10);
      expect(
        await awaitAnswer(database.kysely, held, { ticket: 'at /7', askAt: 5 * hour }),
      ).to.equal(true);
      expect(await row('x')).to.include({ state: 'due', due_at: 5 * hour, failures: 0 });
      expect(await claim('x', 5 * hour - 1)).to.equal(undefined);
      expect(await claim('x', 5 * hour)).to.include({ ticket: 'at /7', attempts: 3 });
    });

    it('ends with its exchange, whoever holds it, and keeps its cause', async () => {
      const ids = ['due', 'failed', 'done', 'held'];
      for (const id of ids) await add(id);
      const held = await claimed('held');
      await postpone(await claimed('failed'), 900, '{"code":"X"}');
      await finish(await claimed('done'));
      for (const id of ids) await endDelivery(database.kysely, id, 'dead', 50);
      expect(await row('due')).to.include({ state: 'dead', cause: '{"code":"EXCHANGE_ENDED"}' });
      expect(await row('failed')).to.include({ state: 'dead', cause: '{"code":"X"}', due_at: 50 });
      expect(await row('done')).to.include({ state: 'done', cause: null });
      expect(await finish(held)).to.equal(false);
      expect(await kill(held)).to.equal(false);
      await endDelivery(database.kysely, 'due', 'dead', 60, '{"code":"Z"}');
      expect(await row('due'), 'a dead letter dies once').to.include({ due_at: 50 });
    });

    it('ends as done by whichever way the answer came, a dead letter too', async () => {
      for (const id of ['due', 'held', 'dead']) await add(id);
      const held = await claimed('held');
      await kill(await claimed('dead'));
      for (const id of ['due', 'held', 'dead']) {
        expect(await endDelivery(database.kysely, id, 'done', 9), id).to.equal(true);
        expect(await endDelivery(database.kysely, id, 'done', 10), 'twice').to.equal(false);
        expect(await row(id)).to.include({ state: 'done', due_at: 9, running_until: null });
      }
      expect(await finish(held)).to.equal(false);
    });

    it('comes back from the dead from the beginning, as often as the operator says', async () => {
      await add('x');
      expect(await reviveDelivery(database.kysely, 'x', 5), 'not dead').to.equal(false);
      const later = { ticket: 'old', askAt: 3 };
      await awaitAnswer(database.kysely, await claimed('x'), later);
      await kill(await claimed('x', 3), 3, '{"code":"NO_ANSWER"}', 9);
      const revived = Array.from({ length: 5 }, () => reviveDelivery(database.kysely, 'x', 20));
      expect((await Promise.all(revived)).filter(Boolean), 'once').to.have.lengthOf(1);
      expect(await row('x')).to.include({ state: 'due', due_at: 20, failures: 0, ticket: null });
      expect(await claim('x', 20)).to.include({ attempts: 3 });
      await endDelivery(database.kysely, 'x', 'done', 30);
      expect(await reviveDelivery(database.kysely, 'x', 31), 'done').to.equal(false);
    });

    it('is no more than held where the clock of another process is a little behind', async () => {
      await add('held', { now: 5000 });
      await add('later', { now: 5000 });
      await claimed('held', 5000);
      await postpone(await claimed('later', 5000), 5000 + waits.backoffMaxMs);
      for (const behind of [4999, 4000, 5]) {
        expect(await claim('held', behind), `at ${behind}`).to.equal(undefined);
        expect(await claim('later', behind), `at ${behind}`).to.equal(undefined);
        expect(await due(behind)).to.deep.equal([]);
      }
    });

    it('is found when it is due or given up, those of each lane in their turn', async () => {
      for (const id of ['a1', 'a2', 'a3']) await add(id, { now: 1 });
      await add('b1', { lane: 'b', now: 4 });
      await add('c1', { lane: 'c', now: 500 });
      expect((await due(4)).sort()).to.deep.equal(['a1', 'a2', 'a3', 'b1']);
      expect((await due(4, 1)).sort()).to.deep.equal(['a1', 'b1']);
      expect(await due(4, 2)).to.include('a2');
      await claim('a1', 4);
      expect((await due(4)).sort()).to.deep.equal(['a2', 'a3', 'b1']);
      expect((await due(104)).sort()).to.deep.equal(['a1', 'a2', 'a3', 'b1']);
    });

    it('is not found while its lane is cut off', async () => {
      await add('a1');
      await add('b1', { lane: 'b' });
      await pause(database.kysely, 'a', 500);
      expect(await due(499)).to.deep.equal(['b1']);
      expect((await due(500)).sort()).to.deep.equal(['a1', 'b1']);
      await pause(database.kysely, 'a', hour);
      expect((await due(500)).sort(), 'the clock was set back').to.deep.equal(['a1', 'b1']);
    });

    it('is free after the clock was set back by an hour, but for an answer that is awaited', async () => {
      for (const id of ['held', 'later', 'ticket', 'asked', 'near']) await add(id, { now: hour });
      await claimed('held', hour);
      await postpone(await claimed('later', hour), hour + 900);
      const soon = { ticket: 't', askAt: hour + 900 };
      await awaitAnswer(database.kysely, await claimed('ticket', hour), soon);
      await awaitAnswer(database.kysely, await claimed('asked', hour), soon);
      expect(await claim('asked', hour + 900)).to.include({ ticket: 't' });
      await postpone(await claimed('near', hour), 900);
      expect((await due(10)).sort()).to.deep.equal(['asked', 'held', 'later']);
      expect(await claim('near', 10), 'a time that the node may have set').to.equal(undefined);
      expect(await claim('ticket', 10), 'an agency may take long').to.equal(undefined);
      expect(await claim('held', 10)).to.include({ attempts: 2, running_until: 110 });
      expect(await claim('later', 10)).to.include({ attempts: 2 });
      expect(await claim('asked', 10)).to.include({ attempts: 3 });
      expect(await due(11)).to.deep.equal([]);
    });
  });

  describe('the senders of a lane', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });
    const add = async (exchangeId: string, sender: string, lane = 'a') =>
      (await addDelivery(database.kysely, { exchangeId, lane, sender, now: 0 })).turn;
    const order = async () =>
      (await findDue(database.kysely, 0, 2000, waits)).map(({ exchange_id }) => exchange_id);

    it('take turns: one that comes late waits for no thousand of another', async () => {
      await database.kysely.transaction().execute(async (tx) => {
        for (let n = 0; n < 1000; n += 1) {
          const exchangeId = `a${String(n).padStart(4, '0')}`;
          await addDelivery(tx, { exchangeId, lane: 'a', sender: 'A', now: 0 });
        }
      });
      for (let n = 0; n < 10; n += 1) {
        await claimDelivery(database.kysely, `a000${n}`, 0, waits);
      }
      for (let n = 0; n < 3; n += 1) await add(`b${n}`, 'B');
      expect((await order()).slice(0, 7)).to.deep.equal([
        ...['a0010', 'b0', 'a0011', 'b1', 'a0012', 'b2', 'a0013'],
      ]);
    });

    it('gain nothing by having been away, and lose nothing', async () => {
      for (let n = 0; n < 4; n += 1) expect(await add(`a${n}`, 'A')).to.equal(n + 1);
      for (let n = 0; n < 3; n += 1) await claimDelivery(database.kysely, `a${n}`, 0, waits);
      expect(await add('b0', 'B'), 'the turn at which the lane is').to.equal(4);
      expect(await add('a4', 'A')).to.equal(5);
      expect(await add('c0', 'C', 'other'), 'a lane of its own').to.equal(1);
    });

    it('have turns that go round, however many they are', async () => {
      const arrivals = fc.array(fc.constantFrom('A', 'B', 'C', 'D'), {
        minLength: 1,
        maxLength: 12,
      });
      let lane = 0;
      await fc.assert(
        fc.asyncProperty(arrivals, async (senders) => {
          lane += 1;
          const name = `lane ${lane}`;
          for (const [n, sender] of senders.entries()) {
            const turn = await add(`${lane}-${n}`, sender, name);
            const before = senders.slice(0, n).filter((each) => each === sender).length;
            // Nothing was taken out: the n-th message of each is in the n-th round.
            expect(turn).to.equal(before + 1);
          }
        }),
        { seed: 20_261_124, numRuns: 15 },
      );
    });
  });
});
