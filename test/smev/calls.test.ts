import { expect } from 'chai';
import { callerId, sendRequestCall, sendResponseCall } from '../../src/smev/calls.ts';

const messageId = '6a7f3c52-0000-11f1-8000-000000000001';

describe('the calls of an information system', () => {
  it('sign under an Id that the content does not use', () => {
    const signedId = (content: string) => sendRequestCall('1.3', { messageId, content }).signedId;
    expect(signedId('<z:A xmlns:z="urn:z"/>')).to.equal(callerId);
    expect(signedId(`<z:A xmlns:z="urn:z" Id="${callerId}"/>`)).to.equal(`${callerId}_2`);
    const both = `<z:A xmlns:z="urn:z" Id="${callerId}"><z:B Id="${callerId}_2"/></z:A>`;
    expect(signedId(both)).to.equal(`${callerId}_3`);
  });

  it('carry the chain where there is one, and what 1.2 demands where there is none', () => {
    const content = '<z:A xmlns:z="urn:z"/>';
    const chain = { referenceMessageId: 'r', transactionCode: 't<' };
    const text = (version: '1.2' | '1.3', more: object) =>
      sendRequestCall(version, { messageId, content, ...more }).before;
    expect(text('1.3', {})).not.to.match(/ReferenceMessageID|TransactionCode/);
    for (const version of ['1.2', '1.3'] as const) {
      expect(text(version, chain)).to.include('ReferenceMessageID>r<').and.include('t&lt;<');
    }
    expect(text('1.2', {})).to.include(`<t:TransactionCode>${messageId}<`);
  });

  it('carry every reason of a rejection', () => {
    const reason = { code: 'NO_DATA', description: 'x' };
    const count = (rejected: typeof reason | (typeof reason)[]) =>
      sendResponseCall('1.3', messageId, 'to', { rejected }).before.split('<t:RequestRejected>')
        .length - 1;
    expect([count(reason), count([reason, reason])]).to.deep.equal([1, 2]);
  });
});
