import { expect } from 'chai';
import { Lockout } from '../../src/ftp/lockout.ts';

const rules = { failures: 3, withinMs: 1000, lockedMs: 5000 };

describe('the lock against guessing', () => {
  it('locks user and address at the third failure, for its time', () => {
    const lockout = new Lockout(rules);
    expect(lockout.failed('a', '192.0.2.1', 0)).to.equal(false);
    expect(lockout.failed('a', '192.0.2.2', 10)).to.equal(false);
    expect(lockout.locked('a', '192.0.2.3', 10)).to.equal(false);
    expect(lockout.failed('a', '192.0.2.3', 20)).to.equal(true);
    expect(lockout.locked('a', '192.0.2.9', 20)).to.equal(true);
    expect(lockout.locked('b', '192.0.2.3', 20)).to.equal(true);
    expect(lockout.locked('b', '192.0.2.2', 20)).to.equal(false);
    expect(lockout.locked('a', '192.0.2.3', 5019)).to.equal(true);
    expect(lockout.locked('a', '192.0.2.3', 5020)).to.equal(false);
    expect(lockout.failed('a', '192.0.2.3', 5020), 'counts anew').to.equal(false);
  });

  it('locks an address that tries many users', () => {
    const lockout = new Lockout(rules);
    expect(['a', 'b', 'c'].map((user) => lockout.failed(user, '192.0.2.1', 0))).to.deep.equal([
      false,
      false,
      true,
    ]);
    expect(lockout.locked('d', '192.0.2.1', 0)).to.equal(true);
    expect(lockout.locked('a', '192.0.2.2', 0)).to.equal(false);
  });

  it('counts failures together only within the time', () => {
    const lockout = new Lockout(rules);
    for (let at = 0; at < 10_000; at += 501) {
      expect(lockout.failed('a', '192.0.2.1', at), `${at}`).to.equal(false);
    }
  });

  it('takes a user for no address, and an address for no user', () => {
    const lockout = new Lockout(rules);
    for (const at of [0, 1, 2]) lockout.failed('192.0.2.1', '192.0.2.2', at);
    expect(lockout.locked('b', '192.0.2.1', 3)).to.equal(false);
  });

  it('forgets what has been quiet for longest where there is no room', () => {
    const lockout = new Lockout(rules, 4);
    for (const at of [0, 1, 2]) lockout.failed('a', '192.0.2.1', at);
    lockout.failed('b', '192.0.2.2', 3);
    expect(lockout.locked('a', '192.0.2.1', 4)).to.equal(true);
    lockout.failed('c', '192.0.2.3', 5);
    expect(lockout.locked('a', '192.0.2.1', 6)).to.equal(false);
  });
});
