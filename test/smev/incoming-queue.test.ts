import { expect } from 'chai';
import fc from 'fast-check';
import {
  acknowledge,
  addNotice,
  findHeld,
  statistics,
  type Take,
  take,
  takeNotice,
} from '../../src/smev/incoming-queue.ts';
import { isFull, type NewQueueItem, put } from '../../src/smev/queue-item.ts';
import { openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const leaseMs = 15 * 60_000;
const seeds = { seed: 20_261_123 };

forEachDatabase((name, open) => {
  describe('an incoming queue', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });

    const add = (messageId: string, change: Partial<NewQueueItem> = {}) =>
      put(database.kysely, {
        queue: 'request',
        system: 'B',
        nodeId: '',
        messageType: 'note',
        messageId,
        exchangeId: `e-${messageId}`,
        now: 0,
        ...change,
      });
    const takeAt = async (now: number, change: Partial<Take> = {}) =>
      (
        await take(database.kysely, {
          queue: 'request',
          system: 'B',
          nodeId: '',
          now,
          leaseMs,
          ...change,
        })
      )?.message_id;
    const ackAt = async (now: number, messageId: string, system = 'B', accepted = true) =>
      (await acknowledge(database.kysely, { system, messageId, accepted, now })).outcome;

    it('gives its items in their order, several at once, and then nothing', async () => {
      for (const id of ['1', '2', '3']) await add(id);
      expect([await takeAt(1), await takeAt(1), await takeAt(1)]).to.deep.equal(['1', '2', '3']);
      expect(await takeAt(1)).to.equal(undefined);
    });

    it('gives an item back to its head when the lease has run out, and counts the leases', async () => {
      for (const id of ['1', '2']) await add(id);
      expect(await takeAt(0)).to.equal('1');
      expect(await takeAt(leaseMs - 1)).to.equal('2');
      expect(await takeAt(leaseMs - 1)).to.equal(undefined);
      const again = await take(database.kysely, {
        queue: 'request',
        system: 'B',
        nodeId: '',
        now: leaseMs,
        leaseMs,
      });
      expect(again).to.include({ message_id: '1', leases: 2, lease_until: 2 * leaseMs });
    });

    it('puts an item whose lease ran out before those that wait', async () => {
      for (const id of ['1', '2', '3']) await add(id);
      await takeAt(0);
      expect([await takeAt(leaseMs), await takeAt(leaseMs)]).to.deep.equal(['1', '2']);
    });

    it('selects by message type; no types at all select nothing', async () => {
      await add('1', { messageType: 'note' });
      await add('2', { messageType: 'fine' });
      await add('3', { messageType: 'debt' });
      expect(await takeAt(0, { messageTypes: [] })).to.equal(undefined);
      expect(await takeAt(0, { messageTypes: ['absent'] })).to.equal(undefined);
      expect(await takeAt(0, { messageTypes: ['debt', 'fine'] })).to.equal('2');
      expect(await takeAt(0)).to.equal('1');
      expect(await takeAt(leaseMs, { messageTypes: ['fine'] })).to.equal('2');
    });

    it('is one queue of answers for each NodeID, and one of requests for all', async () => {
      await add('1', { queue: 'response', nodeId: 'a' });
      await add('2', { queue: 'response', nodeId: '' });
      await add('3');
      expect(await takeAt(0, { queue: 'response', nodeId: 'b' })).to.equal(undefined);
      expect(await takeAt(0, { queue: 'response', nodeId: 'a' })).to.equal('1');
      expect(await takeAt(0, { queue: 'response', nodeId: 'a' })).to.equal(undefined);
      expect(await takeAt(0, { queue: 'response', nodeId: '' })).to.equal('2');
      expect(await takeAt(0, { queue: 'request', nodeId: 'a' })).to.equal('3');
    });

    it('belongs to one system', async () => {
      await add('1');
      expect(await takeAt(0, { system: 'A' })).to.equal(undefined);
      expect(await takeAt(0)).to.equal('1');
    });

    it('ends an item at its acknowledgement, once', async () => {
      await add('1');
      await takeAt(0);
      expect(await ackAt(1, '1')).to.equal('done');
      expect(await ackAt(2, '1')).to.equal('not-found');
      expect(await takeAt(leaseMs * 2)).to.equal(undefined);
    });

    it('tells of the item that ended, whether it was accepted or not', async () => {
      await add('1');
      await takeAt(0);
      const refused = { system: 'B', messageId: '1', accepted: false, now: 1 };
      const done = await acknowledge(database.kysely, refused);
      if (done.outcome !== 'done') throw new Error(done.outcome);
      expect(done.item).to.include({ message_id: '1', exchange_id: 'e-1', state: 'dropped' });
      expect(await takeAt(leaseMs * 2)).to.equal(undefined);
    });

    it("takes no acknowledgement of what is not held: waiting, another's, expired, unknown", async () => {
      await add('1');
      expect(await ackAt(0, '1'), 'waiting').to.equal('not-found');
      await takeAt(0);
      expect(await ackAt(1, '1', 'A'), "another's").to.equal('not-found');
      expect(await ackAt(leaseMs, '1'), 'expired').to.equal('not-found');
      expect(await ackAt(1, '9'), 'unknown').to.equal('not-found');
      await takeAt(leaseMs);
      expect(await ackAt(leaseMs + 1, '1'), 'taken again').to.equal('done');
    });

    it('takes the acknowledgement of an answer without its NodeID', async () => {
      await add('1', { queue: 'response', nodeId: 'a', system: 'A' });
      await takeAt(0, { queue: 'response', nodeId: 'a', system: 'A' });
      expect(await ackAt(1, '1', 'A')).to.equal('done');
    });

    it('shows what is held', async () => {
      await add('1');
      expect(await findHeld(database.kysely, 'B', '1')).to.equal(undefined);
      await takeAt(0);
      expect(await findHeld(database.kysely, 'B', '1')).to.include({ message_id: '1' });
      expect(await findHeld(database.kysely, 'A', '1')).to.equal(undefined);
    });

    it('is full when as many as allowed are unacknowledged, held ones too', async () => {
      const address = { queue: 'request', system: 'B', nodeId: '' } as const;
      const full = () => isFull(database.kysely, address, 3);
      expect(await full()).to.equal(false);
      for (const id of ['1', '2', '3']) {
        expect(await full()).to.equal(false);
        // Items of others in between: numbers are not places.
        await add(`other ${id}`, { system: 'C' });
        await add(id);
      }
      expect(await full()).to.equal(true);
      await takeAt(0);
      expect(await full()).to.equal(true);
      await ackAt(1, '1');
      expect(await full()).to.equal(false);
      await add('4');
      expect(await full()).to.equal(true);
    });

    it('is full exactly when a count says so', async function () {
      this.timeout(60_000);
      const step = fc.constantFrom('put', 'other', 'take', 'ack', 'expire');
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(6), async (steps, max) => {
          round += 1;
          const system = `s${round}`;
          let now = 0;
          let open = 0;
          const held: string[] = [];
          for (const [n, what] of steps.entries()) {
            now += 1;
            if (what === 'put') {
              await add(`${system}-${n}`, { system });
              open += 1;
            } else if (what === 'other') await add(`${system}-${n}`, { system: 'other' });
            else if (what === 'take') {
              const id = await takeAt(now, { system });
              if (id !== undefined) held.push(id);
            } else if (what === 'ack') {
              const id = held.shift();
              if (id !== undefined && (await ackAt(now, id, system)) === 'done') open -= 1;
            } else now += leaseMs;
            const full = await isFull(
              database.kysely,
              { queue: 'request', system, nodeId: '' },
              max,
            );
            expect(full).to.equal(open >= max);
          }
        }),
        { ...seeds, numRuns: 25 },
      );
    });

    it('counts what nobody acknowledged, by queue', async () => {
      expect(await statistics(database.kysely, 'B')).to.deep.equal([
        { queueName: 'B.request', pending: 0 },
        { queueName: 'B.response', pending: 0 },
        { queueName: 'B.status', pending: 0 },
      ]);
      for (const id of ['1', '2', '3']) await add(id);
      await add('4', { queue: 'response', nodeId: 'x' });
      await add('5', { queue: 'response', nodeId: 'y' });
      await add('6', { system: 'A' });
      await takeAt(0);
      await takeAt(0);
      await ackAt(1, '1');
      expect(await statistics(database.kysely, 'B')).to.deep.equal([
        { queueName: 'B.request', pending: 2 },
        { queueName: 'B.response', pending: 0 },
        { queueName: 'B.response.x', pending: 1 },
        { queueName: 'B.response.y', pending: 1 },
        { queueName: 'B.status', pending: 0 },
      ]);
      const one = await statistics(database.kysely, 'B', 'y');
      expect(one.map(({ queueName }) => queueName)).to.deep.equal([
        'B.request',
        'B.response',
        'B.response.y',
        'B.status',
      ]);
    });

    it('shows at most a hundred NodeIDs', async () => {
      for (let n = 0; n < 130; n += 1) await add(`${n}`, { queue: 'response', nodeId: `n${n}` });
      expect((await statistics(database.kysely, 'B')).length).to.be.within(100, 110);
    });

    it('gives each item to one of many readers and loses none', async function () {
      this.timeout(60_000);
      const items = 120;
      for (let n = 0; n < items; n += 1) await add(`${n}`);
      const connections =
        name === 'postgres'
          ? [database, openDatabase(database.url), openDatabase(database.url)]
          : [database];
      try {
        const readers = Array.from({ length: 24 }, (_, n) => {
          const { kysely } = connections[n % connections.length] ?? database;
          return readAll(kysely);
        });
        const seen = (await Promise.all(readers)).flat();
        expect(seen.length).to.equal(items);
        expect(new Set(seen).size).to.equal(items);
      } finally {
        for (const connection of connections.slice(1)) await connection.close();
      }
    });

    async function readAll(kysely: TestDatabase['kysely']): Promise<string[]> {
      const seen: string[] = [];
      for (;;) {
        const item = await kysely
          .transaction()
          .execute((tx) =>
            take(tx, { queue: 'request', system: 'B', nodeId: '', now: 1, leaseMs }),
          );
        if (item === undefined) return seen;
        seen.push(item.message_id);
      }
    }

    it('keeps its promises in any order of what readers do', async function () {
      this.timeout(120_000);
      let round = 0;
      const deed = fc.oneof(
        { weight: 3, arbitrary: fc.constant({ kind: 'take' as const }) },
        {
          weight: 2,
          arbitrary: fc.record({ kind: fc.constant('ack' as const), which: fc.nat(5) }),
        },
        { weight: 1, arbitrary: fc.constant({ kind: 'wait' as const }) },
        { weight: 2, arbitrary: fc.constant({ kind: 'put' as const }) },
        // A reader that dies before its transaction commits.
        { weight: 1, arbitrary: fc.constant({ kind: 'die' as const }) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(deed, { maxLength: 12 }), { minLength: 2, maxLength: 4 }),
          async (readers) => {
            round += 1;
            const system = `r${round}`;
            // Between two waits nobody's lease runs out: an item held twice then is held at once.
            let now = 0;
            const heldFrom = new Map<string, number[]>();
            const put = new Set<string>();
            const done = new Set<string>();
            let number = 0;
            let asking = 0;
            await Promise.all(
              readers.map(async (deeds) => {
                for (const one of deeds) {
                  if (one.kind === 'put') {
                    number += 1;
                    const id = `${system}-${number}`;
                    put.add(id);
                    await add(id, { system });
                  } else if (one.kind === 'wait') {
                    // No reader takes a quarter of an hour to ask: that would be another clock's time.
                    while (asking > 0) await new Promise(setImmediate);
                    now += leaseMs;
                  } else if (one.kind === 'ack') {
                    const id = [...heldFrom.keys()][one.which];
                    if (id === undefined) continue;
                    const at = now;
                    const outcome = await ackAt(at, id, system);
                    if (outcome === 'not-found') continue;
                    expect(done.has(id), 'acknowledged once').to.equal(false);
                    done.add(id);
                  } else {
                    const at = now;
                    const order = {
                      queue: 'request',
                      system,
                      nodeId: '',
                      now: at,
                      leaseMs,
                    } as const;
                    asking += 1;
                    const taken = await database.kysely
                      .transaction()
                      .execute(async (tx) => {
                        const item = await take(tx, order);
                        if (one.kind === 'die') throw new Error('died');
                        return item?.message_id;
                      })
                      .catch(() => undefined)
                      .finally(() => {
                        asking -= 1;
                      });
                    if (taken === undefined) continue;
                    // Answers of two connections may be heard in another order than the database
                    // gave them; the times of the leases tell whether two overlapped.
                    const leases = heldFrom.get(taken) ?? [];
                    const overlaps = leases.some((from) => Math.abs(from - at) < leaseMs);
                    expect(overlaps, 'held by one').to.equal(false);
                    heldFrom.set(taken, [...leases, at]);
                  }
                }
              }),
            );
            now += 2 * leaseMs;
            const left = new Set<string>();
            for (
              let id = await takeAt(now, { system });
              id !== undefined;
              id = await takeAt(now, { system })
            ) {
              expect(left.has(id)).to.equal(false);
              left.add(id);
            }
            expect([...left, ...done].sort()).to.deep.equal([...put].sort());
          },
        ),
        { ...seeds, numRuns: 40 },
      );
    });
  });

  describe('notices', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
    });
    const tell = (n: number, max = 3, system = 'A') =>
      addNotice(database.kysely, {
        system,
        exchangeId: 'e',
        messageId: 'm',
        messageType: 'note',
        notice: JSON.stringify({ n }),
        now: n,
        max,
      });
    const read = async (system = 'A') => (await takeNotice(database.kysely, system, 9))?.notice;

    it('are read once, in their order, by their system', async () => {
      await tell(1);
      await tell(2);
      await tell(3, 3, 'B');
      expect([await read(), await read(), await read()]).to.deep.equal([
        '{"n":1}',
        '{"n":2}',
        undefined,
      ]);
      expect(await read('B')).to.equal('{"n":3}');
    });

    it('are bounded: the oldest go', async () => {
      await tell(0, 3, 'B');
      for (let n = 1; n <= 7; n += 1) await tell(n);
      expect([await read(), await read(), await read(), await read()]).to.deep.equal([
        '{"n":5}',
        '{"n":6}',
        '{"n":7}',
        undefined,
      ]);
      expect(await read('B')).to.equal('{"n":0}');
    });

    it('are no messages: nobody takes or acknowledges them as such', async () => {
      await tell(1);
      const taken = await acknowledge(database.kysely, {
        system: 'A',
        messageId: 'm',
        accepted: true,
        now: 1,
      });
      expect(taken.outcome).to.equal('not-found');
    });
  });
});
