import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { messageIdTime, newMessageId } from '../../src/smev/message-id.ts';
import { seeded } from '../xml/random.ts';

describe('message ids', () => {
  it('give the time back that they were made at', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Date.UTC(2200, 0) }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (now, random) => {
          const id = newMessageId(now, random);
          expect(id).to.match(
            /^[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          );
          expect(messageIdTime(id)).to.equal(now);
          // The multicast bit says that the node is random (RFC 4122 §4.5).
          expect(Number.parseInt(id.slice(24, 26), 16) & 1).to.equal(1);
        },
      ),
      seeded(1000),
    );
  });

  it('read a known UUID: the DNS namespace of RFC 4122, appendix C', () => {
    const time = messageIdTime('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(time && new Date(time).toISOString()).to.equal('1998-02-04T22:13:53.151Z');
  });

  it('differ within a millisecond', () => {
    const ids = new Set(Array.from({ length: 5000 }, () => newMessageId(1, randomBytes(8))));
    expect(ids.size).to.equal(5000);
  });

  it('leave the random bytes of the caller alone', () => {
    const random = new Uint8Array(8);
    newMessageId(0, random);
    expect([...random]).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('are none when of another version, variant, case or length', () => {
    for (const id of [
      '',
      '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
      '6ba7b810-9dad-11d1-c0b4-00c04fd430c8',
      '6BA7B810-9DAD-11D1-80B4-00C04FD430C8',
      '6ba7b810-9dad-11d1-80b4-00c04fd430c80',
      ' 6ba7b810-9dad-11d1-80b4-00c04fd430c8',
      '6ba7b810-9dad-11d1-80b4-00c04fd430c8\n',
    ]) {
      expect(messageIdTime(id), id).to.equal(undefined);
    }
  });
});
