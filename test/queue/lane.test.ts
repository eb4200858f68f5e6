import { expect } from 'chai';
import fc from 'fast-check';
import type { Due } from '../../src/queue/delivery.ts';
import { Lane } from '../../src/queue/lane.ts';

const nobody = () => false;

/** A job that is due at a time, in a turn. */
function job(exchange_id: string, due_at: number, turn = 1): Due {
  return { exchange_id, lane: 'a', due_at, turn, attempts: 0 };
}

describe('a lane', () => {
  it('gives its jobs in their turn once their time has come, and those of one turn as they came', () => {
    const lane = new Lane(10);
    for (const each of [job('c', 1, 3), job('a', 1, 1), job('b', 1, 1), job('late', 9, 0)]) {
      lane.add(each);
    }
    expect(lane.take(0, nobody)).to.equal(undefined);
    expect(lane.nextTime(nobody)).to.equal(1);
    const taken = [1, 2, 8, 8, 9].map((now) => lane.take(now, nobody)?.exchange_id);
    expect(taken).to.deep.equal(['a', 'b', 'c', undefined, 'late']);
    expect(lane.isIdle).to.equal(true);
  });

  it('lets a sender that comes late between the thousand of another', () => {
    const lane = new Lane(2000);
    for (let n = 1; n <= 1000; n += 1) lane.add(job(`a${n}`, 0, n));
    for (let n = 0; n < 10; n += 1) lane.take(1, nobody);
    // What comes now gets the turn at which the lane is.
    for (let n = 0; n < 3; n += 1) lane.add(job(`b${n}`, 1, 11 + n));
    const next = Array.from({ length: 6 }, () => lane.take(1, nobody)?.exchange_id);
    expect(next).to.deep.equal(['a11', 'b0', 'a12', 'b1', 'a13', 'b2']);
  });

  it('keeps the earlier time of a job that it is told of twice', () => {
    const lane = new Lane(10);
    lane.add(job('a', 5));
    lane.add(job('a', 9));
    expect(lane.nextTime(nobody)).to.equal(5);
    lane.add(job('a', 2));
    expect(lane.take(2, nobody)?.exchange_id).to.equal('a');
    expect(lane.take(99, nobody)).to.equal(undefined);
  });

  it('passes over a job whose earlier attempt still runs', () => {
    const lane = new Lane(10);
    lane.add(job('a', 1));
    lane.add(job('b', 2));
    const running = (id: string) => id === 'a';
    expect(lane.nextTime(running)).to.equal(2);
    expect(lane.take(1, running)).to.equal(undefined);
    expect(lane.take(2, running)?.exchange_id).to.equal('b');
    expect(lane.take(2, nobody)?.exchange_id).to.equal('a');
  });

  it('never holds more than its bound, and says how much room there is', () => {
    const told = fc.array(fc.tuple(fc.nat(30), fc.nat(50), fc.nat(9)), { maxLength: 60 });
    fc.assert(
      fc.property(told, fc.integer({ min: 1, max: 8 }), (jobs, max) => {
        const lane = new Lane(max);
        const ids = new Set<string>();
        for (const [id, time, turn] of jobs) {
          const { room } = lane;
          lane.add(job(`${id}`, time, turn));
          if (room > 0) ids.add(`${id}`);
          expect(lane.room).to.equal(max - ids.size);
        }
        const taken: Due[] = [];
        for (;;) {
          const next = lane.take(1000, nobody);
          if (next === undefined) break;
          taken.push(next);
        }
        expect(new Set(taken.map(({ exchange_id }) => exchange_id))).to.deep.equal(ids);
        const turns = taken.map(({ turn }) => turn);
        expect(turns).to.deep.equal([...turns].sort((a, b) => a - b));
        expect(lane.room).to.equal(max);
      }),
      { seed: 20_261_124 },
    );
  });

  it('is free by its rate: so many in any time so long', () => {
    const gaps = fc.array(fc.nat(40), { maxLength: 60 });
    const rates = fc.record({
      max: fc.integer({ min: 1, max: 4 }),
      perMs: fc.integer({ min: 1, max: 100 }),
    });
    fc.assert(
      fc.property(gaps, rates, (waits, rate) => {
        const lane = new Lane(10);
        const began: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now = Math.max(now + wait, lane.freeAt(now + wait, rate));
          expect(lane.freeAt(now, rate), 'it is free when it said').to.equal(now);
          lane.begin(now);
          began.push(now);
        }
        began.forEach((at, n) => {
          const before = began[n - rate.max];
          if (before !== undefined) expect(at - before).to.be.at.least(rate.perMs);
        });
      }),
      { seed: 20_261_124 },
    );
    expect(new Lane(1).freeAt(7, undefined)).to.equal(7);
  });

  it('is not held up by what began before the clock was set back', () => {
    const rate = { max: 1, perMs: 1000 };
    const lane = new Lane(1);
    lane.begin(3_600_000);
    expect(lane.freeAt(3_600_001, rate)).to.equal(3_601_000);
    expect(lane.freeAt(5, rate)).to.equal(5);
  });
});
