import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { noteContent, noteRefusedContent, VersionTally } from '../../src/exchange/version-tally.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

const system = { id: 'agency-a', participant: 'agency-a' };
const { fingerprint } = sandboxSigner('agency-a').certificate;
const at = 1000;

/** A registry with one type of one version that may take itself back. */
function counting(change: object = {}) {
  const version = {
    ...{ version: '1', window: { from: 0, until: null }, rollback: { share: 0.5, least: 1 } },
  };
  const type = {
    ...{ id: 'note', senders: ['agency-a'], providers: ['agency-b'], pins: {} },
    ...{ versions: [version], ...change },
  };
  const registry = {
    findMessageType: (id: string) => (id === 'note' ? type : undefined),
    systemOfCertificate: (of: string) => (of === fingerprint ? { system } : undefined),
  };
  const versionTally = new VersionTally();
  const context = { registry: () => registry, versionTally } as unknown as ExchangeContext;
  return { context, versionTally };
}

function judged(content: string, forge: (text: string) => string = (text) => text) {
  const client = new Client('http://unused', '1.2', sandboxSigner('agency-a'));
  const text = client.sign(sendRequestCall('1.2', { messageId: freshMessageId(), content }));
  return judge(
    { bytes: Buffer.from(forge(text)), endpoint: '1.2', soapAction: undefined },
    testRules(),
  );
}

const good = noteRequest('привет');
const bad = noteRequest('привет', '<n:Nothing/>');

describe('what a version said of messages', () => {
  const noted = (content: string, change?: object, forge?: (text: string) => string) => {
    const { context, versionTally } = counting(change);
    const judgement = judged(content, forge);
    if (judgement.verdict === 'refused') noteRefusedContent(context, judgement, at);
    else noteContent(context, system, judgement.content, at);
    return versionTally.take().map(({ version, taken, refused }) => [version, taken, refused]);
  };

  it('is counted of messages of those who take part, taken and refused', () => {
    expect(noted(good)).to.deep.equal([['1', 1, 0]]);
    expect(noted(bad)).to.deep.equal([['1', 0, 1]]);
  });

  it('is not counted of what nobody known has signed: no stranger takes a version back', () => {
    expect(noted(bad, {}, (text) => text.replace('привет', 'пока'))).to.deep.equal([]);
    expect(noted(bad, { senders: ['other'] })).to.deep.equal([]);
    const { context, versionTally } = counting();
    const judgement = judged(bad);
    if (judgement.verdict !== 'refused') throw new Error('it was taken');
    noteRefusedContent(context, { ...judgement, fingerprint: 'of a stranger' }, at);
    expect(versionTally.take()).to.deep.equal([]);
  });

  it('is not counted of a system that another version is pinned for, nor where nothing is to be taken back', () => {
    expect(noted(bad, { pins: { 'agency-a': '0' } })).to.deep.equal([]);
    const version = { version: '1', window: { from: 0, until: null }, rollback: undefined };
    expect(noted(bad, { versions: [version] })).to.deep.equal([]);
    expect(
      noted(bad, { versions: [{ ...version, window: { from: 0, until: 10 } }] }),
    ).to.deep.equal([]);
  });

  it('is added up until somebody takes it', () => {
    const tally = new VersionTally();
    tally.add('a', '1', true);
    tally.add('a', '1', false);
    tally.add('a', '2', false);
    expect(tally.take()).to.deep.equal([
      { type: 'a', version: '1', taken: 1, refused: 1 },
      { type: 'a', version: '2', taken: 0, refused: 1 },
    ]);
    expect(tally.take()).to.deep.equal([]);
  });
});
