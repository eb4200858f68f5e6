import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { addDelivery, finishDelivery, postponeDelivery } from '../../src/queue/delivery.ts';
import { InProcessQueue, type InProcessSettings } from '../../src/queue/in-process.ts';
import type { Attempt } from '../../src/queue/queue.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const settings: InProcessSettings = {
  concurrency: 8,
  laneConcurrency: 2,
  laneWaitingMax: 100,
  attemptMaxMs: 10_000,
  // Long: a test that does not speak of the sweep is not helped by it.
  sweepEveryMs: 600_000,
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not come about within 10 s');
    await pause(5);
  }
}

/** A promise that is kept from outside. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

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

    function engineWith(change: Partial<InProcessSettings> = {}): InProcessQueue {
      const engine = new InProcessQueue(
        database,
        systemClock,
        { ...settings, ...change },
        (error) => {
          failures.push(error);
        },
      );
      engines.push(engine);
      return engine;
    }
    const add = (id: string, lane = 'a', dueAt = Date.now()) =>
      addDelivery(database.kysely, id, lane, dueAt);
    const finishing =
      (done: string[]): Attempt =>
      async (claimed) => {
        if (await finishDelivery(database.kysely, claimed)) done.push(claimed.exchange_id);
      };
    const states = async () => {
      const rows = await database.kysely
        .selectFrom('delivery')
        .select(['exchange_id', 'state', 'attempts'])
        .orderBy('exchange_id')
        .execute();
      return rows.map((row) => `${row.exchange_id} ${row.state} ${row.attempts}`);
    };

    it('hands over what it is told of, once', async () => {
      const engine = engineWith();
      const done: string[] = [];
      engine.start(finishing(done));
      for (let n = 0; n < 20; n += 1) await add(`x${n}`, `lane ${n % 3}`);
      for (let again = 0; again < 3; again += 1) {
        for (let n = 0; n < 20; n += 1) engine.enqueue(`x${n}`, `lane ${n % 3}`, Date.now());
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
      engineWith().start(finishing(done));
      await until(() => done.length === 2);
    });

    it('wakes when a job is due, not before', async () => {
      const engine = engineWith();
      const at: number[] = [];
      engine.start(async (claimed) => {
        at.push(Date.now());
        await finishDelivery(database.kysely, claimed);
      });
      await pause(50);
      const due = Date.now() + 150;
      await add('x', 'a', due);
      engine.enqueue('x', 'a', due);
      await until(() => at.length === 1);
      expect((at[0] ?? 0) - due).to.be.within(0, 1000);
    });

    it('tries again what its attempt postponed', async () => {
      const engine = engineWith();
      const attempts: number[] = [];
      engine.start(async (claimed) => {
        attempts.push(claimed.attempts);
        if (claimed.attempts === 3) {
          await finishDelivery(database.kysely, claimed);
          return;
        }
        const again = Date.now() + 20;
        await postponeDelivery(database.kysely, claimed, again, null);
        engine.enqueue(claimed.exchange_id, claimed.lane, again);
      });
      await add('x');
      engine.enqueue('x', 'a', Date.now());
      await until(() => attempts.length === 3);
      await pause(50);
      expect(attempts).to.deep.equal([1, 2, 3]);
      expect(await states()).to.deep.equal(['x done 3']);
    });

    it('runs no more at once than it may, in all and in a lane; lanes hold up no other', async () => {
      const engine = engineWith({ concurrency: 4, laneConcurrency: 2 });
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
        await finishDelivery(database.kysely, claimed);
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
      const engine = engineWith({ concurrency: 1, laneConcurrency: 1 });
      for (let n = 0; n < 5; n += 1) await add(`a${n}`, 'a', n);
      await add('b0', 'b', 100);
      const done: string[] = [];
      engine.start(finishing(done));
      await until(() => done.length === 6);
      expect(done.indexOf('b0')).to.be.lessThan(3);
    });

    it('outlives an attempt that throws; the sweep finds it again', async () => {
      const engine = engineWith({ attemptMaxMs: 100, sweepEveryMs: 50 });
      const done: string[] = [];
      engine.start(async (claimed) => {
        if (claimed.attempts === 1) throw new Error('a bug');
        await finishing(done)(claimed);
      });
      await add('x');
      engine.enqueue('x', 'a', Date.now());
      await until(() => done.length === 1);
      expect(failures.map(String)).to.deep.equal(['Error: a bug']);
      expect(await states()).to.deep.equal(['x done 2']);
    });

    it('is told by the sweep of what nobody told it', async () => {
      const engine = engineWith({ sweepEveryMs: 50 });
      const done: string[] = [];
      engine.start(finishing(done));
      await pause(80);
      await add('x');
      await until(() => done.length === 1);
    });

    it('leaves to the sweep what is beyond its bound, and does it all', async () => {
      const engine = engineWith({ laneWaitingMax: 3, sweepEveryMs: 30, laneConcurrency: 1 });
      for (let n = 0; n < 15; n += 1) await add(`x${n}`);
      const done: string[] = [];
      for (let n = 0; n < 15; n += 1) engine.enqueue(`x${n}`, 'a', Date.now());
      engine.start(finishing(done));
      await until(() => done.length === 15);
      expect(new Set(done).size).to.equal(15);
    });

    it('takes over an attempt that died with its process, and only then', async () => {
      const dying = engineWith({ attemptMaxMs: 300 });
      const never = gate();
      let died = 0;
      dying.start(async () => {
        died += 1;
        await never.opened;
      });
      await add('x');
      dying.enqueue('x', 'a', Date.now());
      await until(() => died === 1);
      const began = performance.now();
      // It is dropped here as kill -9 drops it: nothing is handed back.
      await dying.stop(0);
      expect(await states()).to.deep.equal(['x running 1']);
      const next = engineWith({ attemptMaxMs: 300, sweepEveryMs: 30 });
      const done: string[] = [];
      next.start(finishing(done));
      await until(() => done.length === 1);
      expect(performance.now() - began).to.be.greaterThan(150);
      expect(await states()).to.deep.equal(['x done 2']);
      never.open();
    });

    it('shares the work with the engine of another process and doubles none', async () => {
      const done: string[] = [];
      for (let n = 0; n < 60; n += 1) await add(`x${n}`, `lane ${n % 4}`);
      engineWith({ sweepEveryMs: 20 }).start(finishing(done));
      engineWith({ sweepEveryMs: 20 }).start(finishing(done));
      await until(() => done.length === 60);
      await pause(50);
      expect(new Set(done).size).to.equal(60);
      expect((await states()).every((state) => state.endsWith('done 1'))).to.equal(true);
    });

    it('waits at its stop for what runs, begins nothing more, and not for ever', async () => {
      const engine = engineWith({ laneConcurrency: 1 });
      const one = gate();
      const done: string[] = [];
      let began = 0;
      engine.start(async (claimed) => {
        began += 1;
        await one.opened;
        await finishing(done)(claimed);
      });
      await add('x1');
      await add('x2');
      engine.enqueue('x1', 'a', Date.now());
      engine.enqueue('x2', 'a', Date.now());
      await until(() => began === 1);
      const early = engine.stop(30);
      await early;
      expect(done, 'not for ever').to.deep.equal([]);
      const stopped = engine.stop(5000);
      one.open();
      await stopped;
      expect(done.length, 'what runs').to.equal(1);
      await pause(50);
      expect(began, 'nothing more').to.equal(1);
    });
  });
});
