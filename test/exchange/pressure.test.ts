import { expect } from 'chai';
import fc from 'fast-check';
import { Pressure, receiverOf } from '../../src/exchange/pressure.ts';
import { Fault } from '../../src/fault/fault.ts';

const limits = { queueItemsMax: 100, waitingMax: 1000, diskFreeMin: 50 };

/** The code of the fault; undefined where there is room. */
function refusal(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

describe('the pressure of what waits', () => {
  const fits = (pressure: Pressure, receiver: string, sender: string) =>
    refusal(() => pressure.check(receiver, sender, {})) === undefined;
  /** Takes as many as there is room for. */
  function fill(pressure: Pressure, receiver: string, sender: string): number {
    for (let taken = 0; ; taken += 1) {
      if (!fits(pressure, receiver, sender)) return taken;
      pressure.note(receiver, sender);
    }
  }

  it('leaves one sender alone all but nothing of a queue that is its own', () => {
    expect(fill(new Pressure(limits), 'q', 'A')).to.equal(100);
  });

  it('keeps the last tenth for those who hold less than their share', () => {
    const pressure = new Pressure(limits);
    pressure.note('q', 'B');
    expect(fill(pressure, 'q', 'A'), 'up to the reserved tenth').to.equal(89);
    expect(fill(pressure, 'q', 'B'), 'the rest').to.equal(10);
    expect(fits(pressure, 'q', 'C')).to.equal(false);
    expect(fits(pressure, 'other', 'A')).to.equal(true);
  });

  it('has room for a newcomer while a queue is scarce', () => {
    const pressure = new Pressure(limits);
    pressure.see({ held: [{ receiver: 'q', sender: 'A', count: 95 }], diskFree: undefined });
    expect(fits(pressure, 'q', 'A'), 'it is alone').to.equal(true);
    expect(fits(pressure, 'q', 'C')).to.equal(true);
    pressure.note('q', 'C');
    expect(fits(pressure, 'q', 'A'), 'it is not').to.equal(false);
    expect(fill(pressure, 'q', 'C')).to.equal(4);
  });

  it('names the queue that is full, with the values of the fault', () => {
    const pressure = new Pressure({ ...limits, queueItemsMax: 1 });
    pressure.note('q', 'A');
    const values = { destination: 'd', address: 'n' };
    try {
      pressure.check('q', 'B', values);
      expect.fail('there is no room');
    } catch (thrown) {
      expect(thrown).to.be.instanceOf(Fault).and.to.include({ code: 'QUEUE_FULL' });
      expect((thrown as Fault).detail.values).to.deep.equal(values);
    }
  });

  it('never lets more than the bound in, and newcomers into what is reserved', () => {
    const arrivals = fc.array(fc.tuple(fc.nat(2), fc.nat(5)), { maxLength: 300 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 60 }), (asked, queueItemsMax) => {
        const pressure = new Pressure({ ...limits, queueItemsMax });
        const held = new Map<string, Map<string, number>>();
        for (const [queue, system] of asked) {
          const [receiver, sender] = [`q${queue}`, `s${system}`];
          const senders = held.get(receiver) ?? new Map<string, number>();
          const total = [...senders.values()].reduce((sum, count) => sum + count, 0);
          const fit = fits(pressure, receiver, sender);
          if (total >= queueItemsMax) expect(fit).to.equal(false);
          else if (!senders.has(sender)) expect(fit, 'a newcomer').to.equal(true);
          if (!fit) continue;
          pressure.note(receiver, sender);
          held.set(receiver, senders.set(sender, (senders.get(sender) ?? 0) + 1));
        }
        for (const senders of held.values()) {
          const total = [...senders.values()].reduce((sum, count) => sum + count, 0);
          expect(total).to.be.at.most(queueItemsMax);
        }
        const all = [...held.values()].flatMap((senders) => [...senders.values()]);
        expect(pressure.waiting).to.equal(all.reduce((sum, count) => sum + count, 0));
      }),
      { seed: 20_261_124 },
    );
  });

  it('has room again for what left before the next sight, and counts nothing twice', () => {
    const pressure = new Pressure({ ...limits, queueItemsMax: 2 });
    for (const sender of ['A', 'B']) pressure.note('q', sender);
    expect(fits(pressure, 'q', 'A')).to.equal(false);
    pressure.noteLeft('q', 'B');
    expect(fits(pressure, 'q', 'A'), 'it is alone again').to.equal(true);
    for (const sender of ['A', 'A', 'B', 'C']) pressure.noteLeft('q', sender);
    pressure.noteLeft('other', 'A');
    expect(pressure.waiting).to.equal(0);
    expect(fill(pressure, 'q', 'A')).to.equal(2);
  });

  it('takes nothing more where too much waits in all, or the disk is full', () => {
    const pressure = new Pressure({ ...limits, waitingMax: 2 });
    const node = () => refusal(() => pressure.checkNode());
    expect(node()).to.equal(undefined);
    for (const receiver of ['a', 'b']) pressure.note(receiver, 'A');
    expect([node(), pressure.full]).to.deep.equal(['BUSY', 'waiting']);
    pressure.see({ held: [{ receiver: 'a', sender: 'A', count: 1 }], diskFree: 50 });
    expect([node(), pressure.full, pressure.waiting]).to.deep.equal([undefined, undefined, 1]);
    pressure.see({ held: [], diskFree: 49 });
    expect([node(), pressure.full]).to.deep.equal(['BUSY', 'disk']);
    pressure.see({ held: [], diskFree: undefined });
    expect(node()).to.equal(undefined);
  });

  it('knows a queue from a lane of the same name', () => {
    expect(receiverOf({ kind: 'queue', system: 'x' })).not.to.equal(
      receiverOf({ kind: 'connector', lane: 'x' }),
    );
  });
});
