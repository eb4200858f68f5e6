import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import {
  type Claimed,
  claimDelivery,
  type Due,
  finishDelivery,
  postponeDelivery,
} from '../../src/queue/delivery.ts';
import { InProcessQueue, type InProcessSettings } from '../../src/queue/in-process.ts';
import { noteDown, noteUp } from '../../src/queue/lanes.ts';
import type { LaneRules } from '../../src/queue/queue.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import {
  addTo,
  finishing,
  gate,
  never,
  pause,
  settings,
  statesIn,
  twoAtOnce,
  until,
} from './engines.ts';

forEachDatabase((_, open) => {
  describe('the embedded engine', () => {
    let database: TestDatabase;
    let engines: InProcessQueue[];
    let failures: unknown[];
    beforeEach(async () => {
      database = await open();
      engines = [];
      failures = [];
    });
    afterEach(async () => {
      for (const engine of engines) await engine.stop(1000);
    });

    function engineWith(
      change: Partial<InProcessSettings> = {},
      rules: Partial<LaneRules> = {},
    ): InProcessQueue {
      const engine = new InProcessQueue(
        database,
        systemClock,
        { ...settings, ...change },
        () => ({ ...twoAtOnce, ...rules }),
        (error) => {
          failures.push(error);
        },
      );
      engines.push(engine);
      return engine;
    }
    const add = (id: string, lane?: string, now?: number) => addTo(database, id, { lane, now });
    const end = (claimed: Claimed) => finishDelivery(database.kysely, claimed, Date.now());
    const states = () => statesIn(database);

    it('hands over what it is told of, once', async () => {
      const engine = engineWith();
      const done: string[] = [];
      engine.start(finishing(database, done));
      const due: Due[] = [];
      for (let n = 0; n < 20; n += 1) due.push(await add(`x${n}`, `lane ${n % 3}`));
      for (let again = 0; again < 3; again += 1) {
        for (const each of due) engine.enqueue(each);
      }
      await until(() => done.length === 20);
      await pause(50);
      expect(done.length).to.equal(20);
      expect(await states()).to.include('x7 done 1');
      expect(failures).to.deep.equal([]);
    });

    it('finds at its start what was due before', async () => {
      await add('x1');
      await add('x2', 'b');
      const done: string[] = [];
      engineWith().start(finishing(database, done));
      await until(() => done.length === 2);
    });

    it('wakes when a job is due, not before', async () => {
      const engine = engineWith();
      const at: number[] = [];
      engine.start(async (claimed) => {
        at.push(systemClock.now());
        await end(claimed);
      });
      await pause(50);
      // By the engine's own clock: the wall clock may run some milliseconds behind it.
      const due = systemClock.now() + 150;
      engine.enqueue(await add('x', 'a', due));
      await until(() => at.length === 1);
      expect((at[0] ?? 0) - due).to.be.within(0, 1000);
    });

    it('tries again what its attempt postponed', async () => {
      const engine = engineWith();
      const attempts: number[] = [];
      engine.start(async (claimed) => {
        attempts.push(claimed.attempts);
        if (claimed.attempts === 3) {
          await end(claimed);
          return;
        }
        const again = Date.now() + 20;
        const later = { dueAt: again, cause: null, failures: claimed.attempts };
        await postponeDelivery(database.kysely, claimed, later);
        engine.enqueue({ ...claimed, due_at: again });
      });
      engine.enqueue(await add('x'));
      await until(() => attempts.length === 3);
      await pause(50);
      expect(attempts).to.deep.equal([1, 2, 3]);
      expect(await states()).to.deep.equal(['x done 3']);
    });

    it('runs no more at once than it may, in all and in a lane; lanes hold up no other', async () => {
      const engine = engineWith({ concurrency: 4 });
      const slow = gate();
      const running = new Map<string, number>();
      let most = 0;
      let mostInSlow = 0;
      let quick = 0;
      for (let n = 0; n < 10; n += 1) await add(`s${n}`, 'slow');
      for (let n = 0; n < 30; n += 1) await add(`q${n}`, 'quick');
      engine.start(async (claimed) => {
        const { lane } = claimed;
        running.set(lane, (running.get(lane) ?? 0) + 1);
        most = Math.max(
          most,
          [...running.values()].reduce((sum, count) => sum + count, 0),
        );
        mostInSlow = Math.max(mostInSlow, running.get('slow') ?? 0);
        if (lane === 'slow') await slow.opened;
        else await pause(2);
        await end(claimed);
        running.set(lane, (running.get(lane) ?? 0) - 1);
        if (lane === 'quick') quick += 1;
      });
      await until(() => quick === 30);
      expect(running.get('slow'), 'the slow lane still waits').to.equal(2);
      slow.open();
      await until(() => running.get('slow') === 0);
      expect(mostInSlow).to.equal(2);
      expect(most).to.be.within(3, 4);
    });

    it('gives lanes their turns when all places are taken', async () => {
      const engine = engineWith({ concurrency: 1 }, { concurrency: 1 });
      for (let n = 0; n < 5; n += 1) await add(`a${n}`, 'a', n);
      await add('b0', 'b', 100);
      const done: string[] = [];
      engine.start(finishing(database, done));
      await until(() => done.length === 6);
      expect(done.indexOf('b0')).to.be.lessThan(3);
    });

    it('outlives an attempt that throws; the sweep finds it again', async () => {
      const engine = engineWith({ attemptMaxMs: 100, sweepEveryMs: 50 });
      const done: string[] = [];
      engine.start(async (claimed) => {
        if (claimed.attempts === 1) throw new Error('a bug');
        await finishing(database, done)(claimed, never());
      });
      engine.enqueue(await add('x'));
      await until(() => done.length === 1);
      expect(failures.map(String)).to.deep.equal(['Error: a bug']);
      expect(await states()).to.deep.equal(['x done 2']);
    });

    it('is told by the sweep of what nobody told it', async () => {
      const engine = engineWith({ sweepEveryMs: 50 });
      const done: string[] = [];
      engine.start(finishing(database, done));
      await pause(80);
      await add('x');
      await until(() => done.length === 1);
    });

    it('attempts at once what was postponed before the clock was set back by an hour', async () => {
      const engine = engineWith();
      const done: string[] = [];
      await add('x', 'a', Date.now() + 3_600_000);
      engine.start(finishing(database, done));
      await until(() => done.length === 1);
    });

    it('leaves to the sweep what is beyond its bound, and does it all', async () => {
      const engine = engineWith({ laneWaitingMax: 3, sweepEveryMs: 30 }, { concurrency: 1 });
      const done: string[] = [];
      for (let n = 0; n < 15; n += 1) engine.enqueue(await add(`x${n}`));
      engine.start(finishing(database, done));
      await until(() => done.length === 15);
      expect(new Set(done).size).to.equal(15);
    });

    it('takes over an attempt that died with its process, and only then', async () => {
      await add('x');
      const began = performance.now();
      // Claimed by a process that was killed: nothing is handed back.
      await claimDelivery(database.kysely, 'x', Date.now(), { ...settings, attemptMaxMs: 300 });
      const next = engineWith({ attemptMaxMs: 300, sweepEveryMs: 30 });
      const done: string[] = [];
      next.start(finishing(database, done));
      await until(() => done.length === 1);
      expect(performance.now() - began).to.be.greaterThan(250);
      expect(await states()).to.deep.equal(['x done 2']);
    });

    it('shares the work with the engine of another process and doubles none', async () => {
      const done: string[] = [];
      for (let n = 0; n < 60; n += 1) await add(`x${n}`, `lane ${n % 4}`);
      engineWith({ sweepEveryMs: 20 }).start(finishing(database, done));
      engineWith({ sweepEveryMs: 20 }).start(finishing(database, done));
      await until(() => done.length === 60);
      await pause(50);
      expect(new Set(done).size).to.equal(60);
      expect((await states()).every((state) => state.endsWith('done 1'))).to.equal(true);
    });

    it('waits at its stop for what runs, and begins nothing more', async () => {
      const engine = engineWith({}, { concurrency: 1 });
      const one = gate();
      const done: string[] = [];
      let began = 0;
      engine.start(async (claimed) => {
        began += 1;
        await one.opened;
        await finishing(database, done)(claimed, never());
      });
      for (const id of ['x1', 'x2']) engine.enqueue(await add(id));
      await until(() => began === 1);
      const stopped = engine.stop(5000);
      await pause(30);
      one.open();
      await stopped;
      expect(done.length, 'what runs').to.equal(1);
      await pause(50);
      expect(began, 'nothing more').to.equal(1);
    });

    it('tells at its stop what does not end in time to hand back what it holds', async () => {
      const engine = engineWith();
      engine.start(async (claimed, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        expect(signal.reason).to.include({ name: 'AbortError' });
        const now = { dueAt: Date.now(), cause: null, failures: 0 };
        await postponeDelivery(database.kysely, claimed, now);
      });
      engine.enqueue(await add('x'));
      await until(() => engine.wants('a') === settings.laneWaitingMax);
      await pause(30);
      const began = performance.now();
      await engine.stop(50);
      expect(performance.now() - began).to.be.within(45, 2000);
      expect(await states()).to.deep.equal(['x due 1']);
      expect(failures).to.deep.equal([]);
    });

    it('tells an attempt that its time is over before the claim is given up', async () => {
      const engine = engineWith({ attemptMaxMs: 200 });
      const reasons: unknown[] = [];
      engine.start(async (claimed, signal) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        reasons.push((signal.reason as DOMException).name);
        expect(await end(claimed), 'the claim holds').to.equal(true);
      });
      engine.enqueue(await add('x'));
      await until(() => reasons.length === 1);
      expect(reasons).to.deep.equal(['TimeoutError']);
    });

    it('begins no more attempts of a lane in a time than its rate says', async () => {
      const engine = engineWith({}, { concurrency: 5, rate: { max: 2, perMs: 200 } });
      const at: number[] = [];
      engine.start(async (claimed) => {
        at.push(Date.now());
        await end(claimed);
      });
      for (let n = 0; n < 6; n += 1) engine.enqueue(await add(`x${n}`));
      await until(() => at.length === 6);
      for (let n = 2; n < 6; n += 1) {
        // From the beginning of an attempt to this look at it, a claim is made: not always as quickly.
        expect((at[n] ?? 0) - (at[n - 2] ?? 0)).to.be.at.least(150);
      }
    });

    it('lets one attempt try a lane that was cut off, and no other before it ended', async () => {
      const breaker = { failures: 1, openMs: 150, openMaxMs: 150 };
      const engine = engineWith({ breaker, sweepEveryMs: 20 });
      const began = Date.now();
      await noteDown(database.kysely, 'a', began, breaker);
      const at: number[] = [];
      const done: string[] = [];
      engine.start(async (claimed) => {
        at.push(Date.now() - began);
        if (at.length === 1) {
          await pause(100);
          await noteUp(database.kysely, 'a');
        }
        await finishing(database, done)(claimed, never());
      });
      for (let n = 0; n < 4; n += 1) engine.enqueue(await add(`x${n}`));
      await until(() => done.length === 4);
      expect(at[0]).to.be.at.least(145);
      expect((at[1] ?? 0) - (at[0] ?? 0), 'the second waits for the first').to.be.at.least(95);
    });

    it('lets the senders of a lane take turns', async () => {
      const engine = engineWith({}, { concurrency: 1 });
      for (let n = 0; n < 20; n += 1) await addTo(database, `a${n}`, { sender: 'A' });
      for (let n = 0; n < 5; n += 1) await addTo(database, `b${n}`, { sender: 'B' });
      const done: string[] = [];
      engine.start(finishing(database, done));
      await until(() => done.length === 25);
      const placesOfB = done.flatMap((id, place) => (id.startsWith('b') ? [place] : []));
      expect(Math.max(...placesOfB)).to.be.at.most(10);
    });
  });
});
