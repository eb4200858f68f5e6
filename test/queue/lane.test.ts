import { expect } from 'chai';
import fc from 'fast-check';
import { Lane } from '../../src/queue/lane.ts';

const nobody = () => false;

describe('a lane', () => {
  it('gives its jobs by their time, and those of one time as they came', () => {
    const lane = new Lane(10);
    for (const [exchangeId, notBefore] of [
      ['c', 3],
      ['a', 1],
      ['b', 1],
    ] as const) {
      lane.add({ exchangeId, notBefore });
    }
    expect(lane.take(0, nobody)).to.equal(undefined);
    expect(lane.nextTime(nobody)).to.equal(1);
    const taken = [1, 2, 2, 3].map((now) => lane.take(now, nobody)?.exchangeId);
    expect(taken).to.deep.equal(['a', 'b', undefined, 'c']);
    expect(lane.isIdle).to.equal(true);
  });

  it('keeps the earlier time of a job that it is told of twice', () => {
    const lane = new Lane(10);
    lane.add({ exchangeId: 'a', notBefore: 5 });
    lane.add({ exchangeId: 'a', notBefore: 9 });
    expect(lane.nextTime(nobody)).to.equal(5);
    lane.add({ exchangeId: 'a', notBefore: 2 });
    expect(lane.take(2, nobody)?.exchangeId).to.equal('a');
    expect(lane.take(99, nobody)).to.equal(undefined);
  });

  it('passes over a job whose earlier attempt still runs', () => {
    const lane = new Lane(10);
    lane.add({ exchangeId: 'a', notBefore: 1 });
    lane.add({ exchangeId: 'b', notBefore: 2 });
    const running = (id: string) => id === 'a';
    expect(lane.nextTime(running)).to.equal(2);
    expect(lane.take(1, running)).to.equal(undefined);
    expect(lane.take(2, running)?.exchangeId).to.equal('b');
    expect(lane.take(2, nobody)?.exchangeId).to.equal('a');
  });

  it('never holds more than its bound: the earliest stay', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30), fc.nat(50)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        (told, max) => {
          const lane = new Lane(max);
          for (const [id, notBefore] of told) lane.add({ exchangeId: `${id}`, notBefore });
          const times: number[] = [];
          for (;;) {
            const job = lane.take(1000, nobody);
            if (job === undefined) break;
            times.push(job.notBefore);
          }
          expect(times.length).to.be.at.most(max);
          expect(times).to.deep.equal([...times].sort((a, b) => a - b));
          if (told.length > 0) expect(times[0]).to.equal(Math.min(...told.map(([, time]) => time)));
        },
      ),
    );
  });
});
