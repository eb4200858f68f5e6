import { expect } from 'chai';
import fc from 'fast-check';
import { clockSkewMs } from '../../src/clock.ts';
import { breakerOf, openFor } from '../../src/queue/breaker.ts';

const rules = { failures: 3, openMs: 100, openMaxMs: 1000 };
const now = 10_000;

describe('the breaker of a lane', () => {
  const table = [
    { failures: 0, open_until: 0, is: 'closed' },
    { failures: 2, open_until: 0, is: 'closed' },
    { failures: 2, open_until: now, is: 'closed' },
    { failures: 3, open_until: now + 1, is: 'open' },
    { failures: 3, open_until: now, is: 'half-open' },
    { failures: 9, open_until: now - 1, is: 'half-open' },
    // The agency asked to be left alone.
    { failures: 0, open_until: now + 1000, is: 'open' },
    // Written by a process whose clock is ahead.
    { failures: 0, open_until: now + 1000 + clockSkewMs, is: 'open' },
    // Written before the clock was set back.
    { failures: 0, open_until: now + 1001 + clockSkewMs, is: 'closed' },
    { failures: 3, open_until: now + 3_600_000, is: 'half-open' },
  ] as const;
  for (const { is, ...state } of table) {
    const until = state.open_until === 0 ? 'never shut' : `shut until ${state.open_until - now} ms`;
    it(`is ${is} after ${state.failures} failures, ${until}`, () => {
      expect(breakerOf(state, now, rules)).to.equal(is);
    });
  }

  it('shuts for twice as long each time, up to the longest', () => {
    const times = [0, 1, 2, 3, 4, 5, 6, 7, 500].map((failures) => openFor(failures, rules));
    expect(times).to.deep.equal([0, 0, 0, 100, 200, 400, 800, 1000, 1000]);
  });

  it('opens after a time that is bounded, whatever was written and whenever', () => {
    const any = fc.record({
      failures: fc.nat(100),
      openMs: fc.integer({ min: 1, max: 10_000 }),
      openMaxMs: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(any, fc.nat(1000), fc.nat(2 ** 40), fc.nat(2 ** 40), (some, failures, at, n) => {
        const each = { ...some, failures: Math.max(some.failures, 1) };
        const shutMs = openFor(failures, each);
        expect(shutMs).to.be.at.most(each.openMaxMs);
        expect(shutMs > 0).to.equal(failures >= each.failures);
        const state = { failures, open_until: n };
        const later = breakerOf(
          state,
          Math.max(at, Math.min(n, at + each.openMaxMs + clockSkewMs)),
          each,
        );
        expect(later).to.equal(failures >= each.failures ? 'half-open' : 'closed');
      }),
      { seed: 20_261_124 },
    );
  });
});
