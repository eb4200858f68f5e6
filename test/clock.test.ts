import { expect } from 'chai';
import fc from 'fast-check';
import { steadyClock, systemClock } from '../src/clock.ts';

describe('the clock', () => {
  it('follows the system clock forward', () => {
    let wall = 1000;
    const clock = steadyClock(
      () => wall,
      () => 5,
    );
    expect(clock.now()).to.equal(1000);
    wall = 5000;
    expect(clock.now()).to.equal(5000);
  });

  it('goes on by the monotonic clock when the system clock is set back', () => {
    let wall = 10_000;
    let monotonic = 1;
    const clock = steadyClock(
      () => wall,
      () => monotonic,
    );
    expect(clock.now()).to.equal(10_000);
    wall = 10_000 - 3_600_000;
    monotonic = 251;
    expect(clock.now()).to.equal(10_250);
  });

  it('never goes back, whatever the system clock does', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -10_000, max: 10_000 }), fc.nat(1000)));
    fc.assert(
      fc.property(steps, (moves) => {
        let wall = 1_000_000;
        let monotonic = 0;
        const clock = steadyClock(
          () => wall,
          () => monotonic,
        );
        let last = clock.now();
        for (const [jump, passed] of moves) {
          monotonic += passed;
          wall += passed + jump;
          const now = clock.now();
          expect(now - last).to.be.at.least(passed);
          expect(now).to.be.at.least(wall);
          last = now;
        }
      }),
    );
  });

  it('tells the time of the system', () => {
    expect(systemClock.now()).to.be.closeTo(Date.now(), 100);
  });
});
