import { expect } from 'chai';
import type { BullmqQueue } from '../../src/queue/bullmq.ts';
import { finishDelivery, postponeDelivery } from '../../src/queue/delivery.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';
import { addTo, connectBullmq, finishing, gate, never, pause, statesIn, until } from './engines.ts';

describe('BullMQ', function () {
  this.timeout(30_000);
  let redis: RedisServer;
  before(async function () {
    const started = await startRedis();
    // The harness prints SKIPPED: Redis where there is none.
    if (started === undefined) this.skip();
    redis = started;
  });
  after(() => redis?.stop());

  forEachDatabase((_, open) => {
    describe('as an engine', () => {
      let database: TestDatabase;
      let others: Database[];
      let engines: BullmqQueue[];
      let failures: unknown[];
      beforeEach(async () => {
        await redis.command('FLUSHALL');
        database = await open();
        others = [];
        engines = [];
        failures = [];
      });
      afterEach(async () => {
        await Promise.all(engines.map((engine) => engine.stop(1000)));
        for (const other of others) await other.close();
      });

      async function engineWith(
        how: Parameters<typeof connectBullmq>[2] = {},
        over: Database = database,
      ): Promise<BullmqQueue> {
        const engine = await connectBullmq(over, redis.url, { failures, ...how });
        engines.push(engine);
        return engine;
      }
      /** The engine of another process: connections of its own to Redis and to the database. */
      const another = (how?: Parameters<typeof connectBullmq>[2]) => {
        const over = openDatabase(database.url);
        others.push(over);
        return engineWith(how, over);
      };
      const add = (id: string, lane?: string) => addTo(database, id, { lane });
      const states = () => statesIn(database);
      const keys = async () => (await redis.command('KEYS', '*')) as string[];

      it('hands over what it is told of, once, however often it is told', async () => {
        const engine = await engineWith();
        const done: string[] = [];
        const due = [];
        for (let n = 0; n < 10; n += 1) due.push(await add(`x${n}`));
        for (let again = 0; again < 3; again += 1) for (const each of due) engine.enqueue(each);
        await engine.start(finishing(database, done));
        await until(() => done.length === 10);
        for (const each of due) engine.enqueue(each);
        await pause(100);
        expect(done).to.have.lengthOf(10);
        expect(await states()).to.include('x7 done 1');
        expect(failures).to.deep.equal([]);
        expect(await engine.isUp()).to.equal(true);
      });

      it('keeps nothing of a message but the id of its exchange, and nothing of what is done', async () => {
        const engine = await engineWith();
        const due = await add('x1');
        engine.enqueue({ ...due, cause: 'Иванов', sender: 'A', ticket: 'secret' } as typeof due);
        let job: string | undefined;
        for (let n = 0; n < 200 && job === undefined; n += 1) {
          await pause(10);
          job = (await keys()).find((key) => key.includes('x1'));
        }
        expect(job).to.equal('{mezhved.a}:a:x1.0');
        const hash = (await redis.command('HGETALL', job ?? '')) as string[];
        const fields = Object.fromEntries(
          hash.flatMap((name, n) => (n % 2 === 0 ? [[name, hash[n + 1]]] : [])),
        );
        expect(fields).to.include({ name: 'deliver', data: '{"exchangeId":"x1"}' });
        expect(JSON.stringify(fields)).not.to.match(/Иванов|secret|"A"/);
        const done: string[] = [];
        await engine.start(finishing(database, done));
        await until(() => done.length === 1);
        await engine.stop(1000);
        expect((await keys()).filter((key) => key.includes('x1'))).to.deep.equal([]);
      });

      it('shares the work with other processes and doubles none', async () => {
        const lanes = ['a', 'b', 'c'];
        const first = await engineWith({ lanes, change: { sweepEveryMs: 100 } });
        const second = await another({ lanes, change: { sweepEveryMs: 100 } });
        const attempts: [number, string][] = [];
        for (const [n, engine] of [first, second].entries()) {
          await engine.start(async (claimed) => {
            attempts.push([n, claimed.exchange_id]);
            await pause(10);
            await finishDelivery(database.kysely, claimed, Date.now());
          });
        }
        const workers = () => new Set(attempts.map(([n]) => n)).size;
        let added = 0;
        // One may be connected long before the other: there is work until both had some.
        while (added < 60 || (workers() < 2 && added < 1200)) {
          for (const enough = added + 60; added < enough; added += 1) {
            first.enqueue(await add(`x${added}`, lanes[added % 3]));
          }
          await until(() => attempts.length >= added);
        }
        await pause(200);
        expect(attempts).to.have.lengthOf(added);
        expect((await states()).every((state) => state.endsWith('done 1'))).to.equal(true);
        expect(workers(), 'both worked').to.equal(2);
      });

      it('runs no more attempts of a lane at once than it may, in all processes together', async () => {
        const running = { now: 0, most: 0 };
        let done = 0;
        for (const engine of [await engineWith(), await another()]) {
          await engine.start(async (claimed) => {
            running.now += 1;
            running.most = Math.max(running.most, running.now);
            await pause(40);
            running.now -= 1;
            await finishDelivery(database.kysely, claimed, Date.now());
            done += 1;
          });
        }
        for (let n = 0; n < 12; n += 1) engines[n % 2]?.enqueue(await add(`x${n}`));
        await until(() => done === 12);
        expect(running.most).to.equal(2);
      });

      it('begins no more attempts of a lane in a time than its rate says, in all processes', async () => {
        const rules = { concurrency: 10, rate: { max: 3, perMs: 400 } };
        const at: number[] = [];
        for (let n = 0; n < 9; n += 1) await add(`x${n}`);
        const began = performance.now();
        for (const engine of [await engineWith({ rules }), await another({ rules })]) {
          await engine.start(async (claimed) => {
            at.push(performance.now());
            await finishDelivery(database.kysely, claimed, Date.now());
          });
        }
        await until(() => at.length === 9);
        // From one moment before them all: a busy machine may note an attempt late, and none early.
        for (const [n, noted] of at.entries()) {
          expect(noted - began, `attempt ${n}`).to.be.at.least(Math.floor(n / 3) * 400 - 2);
        }
      });

      it('lets the senders of a lane take turns', async () => {
        const rules = { concurrency: 1, rate: undefined };
        const engine = await engineWith({ rules });
        const first = gate();
        const done: string[] = [];
        await engine.start(async (claimed) => {
          if (claimed.exchange_id === 'first') await first.opened;
          await finishing(database, done)(claimed, never());
        });
        engine.enqueue(await addTo(database, 'first', { sender: 'A' }));
        for (let n = 0; n < 30; n += 1) {
          engine.enqueue(await addTo(database, `a${n}`, { sender: 'A' }));
        }
        for (let n = 0; n < 5; n += 1) {
          engine.enqueue(await addTo(database, `b${n}`, { sender: 'B' }));
        }
        await pause(100);
        first.open();
        await until(() => done.length === 36);
        const placesOfB = done.flatMap((id, place) => (id.startsWith('b') ? [place] : []));
        expect(Math.max(...placesOfB)).to.be.at.most(12);
      });

      it('holds up no lane by another whose attempts hang', async () => {
        const engine = await engineWith({ lanes: ['hangs', 'quick'] });
        const hung = gate();
        const done: string[] = [];
        await engine.start(async (claimed) => {
          if (claimed.lane === 'hangs') await hung.opened;
          await finishing(database, done)(claimed, never());
        });
        for (let n = 0; n < 10; n += 1) engine.enqueue(await add(`h${n}`, 'hangs'));
        await pause(50);
        for (let n = 0; n < 20; n += 1) engine.enqueue(await add(`q${n}`, 'quick'));
        await until(() => done.length === 20);
        expect(done.every((id) => id.startsWith('q'))).to.equal(true);
        hung.open();
        await until(() => done.length === 30);
      });

      it('hands back at its stop what does not end in time; another process takes over', async () => {
        const engine = await engineWith();
        let reason = '';
        await engine.start(async (claimed, signal) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          reason = (signal.reason as DOMException).name;
          const again = { dueAt: Date.now(), cause: null, failures: 0 };
          await postponeDelivery(database.kysely, claimed, again);
          engine.enqueue({ ...claimed, due_at: again.dueAt });
        });
        engine.enqueue(await add('x'));
        for (let n = 0; n < 200 && (await states())[0] !== 'x running 1'; n += 1) await pause(10);
        const done: string[] = [];
        const second = await another();
        await second.start(finishing(database, done));
        const began = performance.now();
        await engine.stop(100);
        expect(performance.now() - began).to.be.within(95, 3000);
        expect(reason).to.equal('AbortError');
        await until(() => done.length === 1);
        expect(await states()).to.deep.equal(['x done 2']);
        expect(failures).to.deep.equal([]);
      });

      it('attempts at once what waits for a time of before the clock was set back by an hour', async () => {
        const engine = await engineWith({ change: { sweepEveryMs: 100 } });
        const done: string[] = [];
        for (const id of ['told', 'untold']) {
          const due = await addTo(database, id, { now: Date.now() + 3_600_000 });
          if (id === 'told') engine.enqueue(due);
        }
        await pause(50);
        await engine.start(finishing(database, done));
        await until(() => done.length === 2);
        expect(done.sort()).to.deep.equal(['told', 'untold']);
      });

      it('attempts all that waited in a Redis that lost everything', async () => {
        const engine = await engineWith({ change: { sweepEveryMs: 300 } });
        const first = gate();
        const done: string[] = [];
        await engine.start(async (claimed) => {
          await first.opened;
          await finishing(database, done)(claimed, never());
        });
        for (let n = 0; n < 20; n += 1) engine.enqueue(await add(`x${n}`));
        await pause(100);
        await redis.command('FLUSHALL');
        first.open();
        await until(() => done.length === 20);
        expect(new Set(done)).to.have.lengthOf(20);
        expect((await states()).every((state) => state.endsWith('done 1'))).to.equal(true);
      });
    });
  });
});
