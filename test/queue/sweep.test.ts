import { expect } from 'chai';
import type { Clock } from '../../src/clock.ts';
import { claimDelivery, type Due, findDue } from '../../src/queue/delivery.ts';
import { noteDown } from '../../src/queue/lanes.ts';
import { Sweep, type SweepSettings } from '../../src/queue/sweep.ts';
import { openDatabase } from '../../src/store/database.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { addTo, pause, settings, until } from './engines.ts';

forEachDatabase((_, open) => {
  describe('the sweep', () => {
    let database: TestDatabase;
    let sweeps: Sweep[];
    let failures: unknown[];
    beforeEach(async () => {
      database = await open();
      sweeps = [];
      failures = [];
    });
    afterEach(async () => {
      for (const sweep of sweeps) await sweep.stop();
    });

    interface Change extends Partial<SweepSettings> {
      readonly shared?: boolean;
      readonly clock?: Clock;
      readonly over?: Pick<TestDatabase, 'kysely' | 'kind' | 'close'>;
    }
    /** What a sweep told an engine that wants so much of each lane. */
    function sweep(wants: (lane: string) => number = () => 100, change: Change = {}): Due[] {
      const { shared = false, clock = { now: () => 1000 }, over = database, ...others } = change;
      const told: Due[] = [];
      const each = new Sweep(over, clock, { ...settings, ...others }, shared, (error) =>
        failures.push(error),
      );
      sweeps.push(each);
      each.start({ enqueue: (due) => told.push(due), wants });
      return told;
    }
    const ids = (told: readonly Due[]) => told.map(({ exchange_id }) => exchange_id).sort();

    it('tells at once of what is due, in its turn', async () => {
      for (const sender of ['A', 'B']) {
        for (let n = 0; n < 2; n += 1) await addTo(database, `${sender}${n}`, { sender, now: 0 });
      }
      await addTo(database, 'later', { now: 1001 });
      const told = sweep();
      await until(() => told.length > 0);
      await pause(30);
      expect(told.map(({ turn }) => turn)).to.deep.equal([1, 1, 2, 2]);
      expect(ids(told)).to.deep.equal(['A0', 'A1', 'B0', 'B1']);
      expect(told[0]).to.include({ lane: 'a', due_at: 0, attempts: 0 });
    });

    it('tells no more of a lane than is wanted, and nothing of one that is cut off', async () => {
      for (const lane of ['few', 'none', 'down']) {
        for (let n = 0; n < 4; n += 1) await addTo(database, `${lane}${n}`, { lane, now: 0 });
      }
      await noteDown(database.kysely, 'down', 990, { ...settings.breaker, failures: 1 });
      const told = sweep((lane) => (lane === 'few' ? 3 : lane === 'none' ? -1 : 100));
      await until(() => told.length > 0);
      await pause(30);
      expect(ids(told)).to.deep.equal(['few0', 'few1', 'few2']);
    });

    it('tells again of an attempt that was given up, and of what came meanwhile', async () => {
      await addTo(database, 'held', { now: 0 });
      let now = 1000;
      await claimDelivery(database.kysely, 'held', now, settings);
      const told = sweep(undefined, { sweepEveryMs: 20, clock: { now: () => now } });
      await pause(60);
      expect(told).to.deep.equal([]);
      now += settings.attemptMaxMs;
      await until(() => told.length > 0);
      expect(told[0]).to.include({ exchange_id: 'held', attempts: 1 });
      await addTo(database, 'new', { now });
      await until(() => told.some(({ exchange_id }) => exchange_id === 'new'));
    });

    it('is done by one of the processes that share an engine; another goes on where it dies', async () => {
      await addTo(database, 'x', { now: 0 });
      const clock = { now: () => Date.now() };
      const change = { shared: true, sweepEveryMs: 60, clock };
      const told = [sweep(undefined, change), sweep(undefined, change), sweep(undefined, change)];
      const count = () => told.reduce((sum, { length }) => sum + length, 0);
      await until(() => count() > 0);
      const before = count();
      const began = performance.now();
      await pause(300);
      // Of three processes one looks in any half of the time between two looks.
      const most = (performance.now() - began) / 30 + 1;
      expect(count() - before).to.be.within(2, most);
      for (const one of sweeps.slice(0, 2)) await one.stop();
      const alive = told[2]?.length ?? 0;
      await until(() => (told[2]?.length ?? 0) > alive);
    });

    it('outlives a database that does not answer', async () => {
      const dead = openDatabase(database.url);
      await findDue(dead.kysely, 0, 1, { ...settings, openMaxMs: 1 });
      await dead.close();
      const told = sweep(undefined, { sweepEveryMs: 20, over: dead });
      await until(() => failures.length >= 2);
      expect(told).to.deep.equal([]);
    });

    it('looks no more after it was stopped', async () => {
      await addTo(database, 'x', { now: 0 });
      const told = sweep(undefined, { sweepEveryMs: 10 });
      await until(() => told.length > 1);
      for (const one of sweeps) await one.stop();
      const { length } = told;
      await pause(60);
      expect(told).to.have.lengthOf(length);
    });
  });
});
