import { expect } from 'chai';
import { drain } from '../../src/connectors/drain.ts';
import { collectedOf } from '../../src/connectors/smev-answers.ts';
import { isOver } from '../../src/connectors/uplink-answers.ts';
import { derivedId, passedOn, rejectionOf } from '../../src/connectors/uplink-messages.ts';
import type { Said } from '../../src/smev/given.ts';
import { messageIdTime } from '../../src/smev/message-id.ts';
import { freshMessageId } from '../harness/client.ts';

const hour = 3_600_000;
const noon = Date.UTC(2026, 0, 1, 12);
const ended: Said = {
  kind: 'async',
  category: 'requestIsRejectedBySmev',
  details: undefined,
  fault: { code: 'A:<b>', description: 'x' },
};
const onTheWay: Said = { ...ended, category: 'requestIsQueued', fault: undefined };

describe('messages between two SMEVs', () => {
  it('a derived MessageID is the same for an hour, of that hour, and another for another', () => {
    const id = derivedId('a', noon);
    expect(derivedId('a', noon + hour - 1)).to.equal(id);
    expect(derivedId('a', noon + hour)).not.to.equal(id);
    expect(derivedId('b', noon)).not.to.equal(id);
    expect(messageIdTime(derivedId('a', noon + hour - 1))).to.be.within(noon, noon + 1);
  });

  it('an error of one SMEV is a rejection in the other; what is on the way is not told', () => {
    expect(passedOn(ended, '1.3')).to.deep.equal({
      rejected: [{ code: 'FAILURE', description: 'A:<b>: x' }],
    });
    expect(passedOn(onTheWay, '1.3')).to.equal(undefined);
  });

  it('1.2 is told FAILURE in words, since it has no such code', () => {
    expect(rejectionOf('1.2', 'FAILURE', 'x')).to.deep.equal({
      code: 'UNKNOWN_REQUEST_DESCRIPTION',
      description: 'FAILURE: x',
    });
    expect(rejectionOf('1.2', 'NO_DATA', 'x').code).to.equal('NO_DATA');
    expect(rejectionOf('1.1', 'FAILURE', 'x'.repeat(5000)).description).to.have.lengthOf(4000);
  });

  it('an answer that is refused upstream is given up after a week', () => {
    expect(isOver(freshMessageId(noon), noon + 7 * 24 * hour - 1000)).to.equal(false);
    expect(isOver(freshMessageId(noon), noon + 7 * 24 * hour + 1000)).to.equal(true);
  });

  it('a code from outside cannot break out of the element that it is told in', () => {
    const collected = collectedOf(
      { messageId: 'm', originalMessageId: 'o', hasAttachments: false, said: ended },
      new Uint8Array(),
    );
    expect(collected.answer).to.include({ kind: 'failure', code: 'A:b' });
    const interim = collectedOf(
      { messageId: 'm', originalMessageId: 'o', hasAttachments: false, said: onTheWay },
      new Uint8Array(),
    );
    expect(interim.answer).to.deep.include({
      kind: 'interim',
      statuses: [{ code: 0, description: 'requestIsQueued' }],
    });
  });

  it('a rejection by a code that nobody knows is a failure that tells the code', () => {
    const said: Said = { kind: 'rejection', reasons: [{ code: 'NEW', description: 'x' }] };
    const { answer } = collectedOf(
      { messageId: 'm', originalMessageId: 'o', hasAttachments: false, said },
      new Uint8Array(),
    );
    expect(answer).to.include({ kind: 'rejection', code: 'FAILURE', description: 'NEW: x' });
  });
});

describe('draining a queue', () => {
  const never = new AbortController().signal;

  it('ends at the number, at the first empty answer, and at the signal', async () => {
    let steps = 0;
    const more = async () => {
      steps += 1;
      return true;
    };
    await drain(more, { lanes: 3, most: 10 }, never);
    expect(steps).to.equal(10);
    await drain(async () => (await more()) && steps < 15, { lanes: 1, most: 100 }, never);
    expect(steps).to.equal(15);
    await drain(more, { lanes: 3, most: 10 }, AbortSignal.abort());
    expect(steps).to.equal(15);
  });

  it('tells the first failure once every lane is at rest', async () => {
    let rested = 0;
    let begun = 0;
    const step = async () => {
      begun += 1;
      if (begun === 1) throw new RangeError('first');
      await new Promise((resolve) => setTimeout(resolve, 20));
      rested += 1;
      return true;
    };
    const failure = await drain(step, { lanes: 3, most: 100 }, never).catch((error) => error);
    expect(failure).to.be.instanceOf(RangeError);
    expect([begun, rested]).to.deep.equal([3, 2]);
  });
});
