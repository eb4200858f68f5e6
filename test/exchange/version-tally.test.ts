import { expect } from 'chai';
import { judge } from '../../src/compute/judge.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { noteContent, noteRefusedContent, VersionTally } from '../../src/exchange/version-tally.ts';
import { always, type Window } from '../../src/pki/window.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { sandboxAnchors } from '../harness/certificates.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

const system = { id: 'agency-a', participant: 'agency-a' };
const { fingerprint } = sandboxSigner('agency-a').certificate;
let at: number;
const limits = { messageIdAgeMaxMs: 86_400_000, clockSkewMaxMs: 300_000 };
const { certificate } = sandboxSigner('agency-a');

/** A registry with one type of one version that may take itself back. */
function counting(change: object = {}, window: Window = always) {
  const version = {
    ...{ version: '1', window: { from: 0, until: null }, rollback: { share: 0.5, least: 1 } },
  };
  const type = {
    ...{ id: 'note', senders: ['agency-a'], providers: ['agency-b'], pins: {} },
    ...{ versions: [version], ...change },
  };
  const registry = {
    findMessageType: (id: string) => (id === 'note' ? type : undefined),
    systemOfCertificate: (of: string) =>
      of === fingerprint ? { system, registration: { certificate, window } } : undefined,
    registrationsOf: () => [],
    trustAt: () => ({ anchors: sandboxAnchors(), intermediates: [], policies: [] }),
    participant: () => ({ id: 'agency-a' }),
  };
  const versionTally = new VersionTally();
  const context = { limits, registry: () => registry, versionTally } as unknown as ExchangeContext;
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
  // Of now: a MessageID that is made later is of the future.
  beforeEach(() => {
    at = Date.now();
  });

  const noted = (content: string, change?: object, forge?: (text: string) => string) => {
    const { context, versionTally } = counting(change);
    const judgement = judged(content, forge);
    if (judgement.verdict === 'refused') noteRefusedContent(context, judgement, at);
    else noteContent(context, system, judgement, at);
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
    const gone = counting({}, { from: null, until: at - 1 });
    noteRefusedContent(gone.context, judgement, at);
    expect(gone.versionTally.take(), 'a certificate that counts no more').to.deep.equal([]);
  });

  it('is counted once of a message that comes again, and not of an old one', () => {
    const { context, versionTally } = counting();
    const judgement = judged(bad);
    if (judgement.verdict !== 'refused') throw new Error('it was taken');
    for (let n = 0; n < 5; n += 1) noteRefusedContent(context, judgement, at);
    expect(versionTally.take()).to.have.lengthOf(1);
    noteRefusedContent(context, judgement, at);
    expect(versionTally.take(), 'again').to.deep.equal([]);
    noteRefusedContent(context, judged(bad) as typeof judgement, at + 2 * 86_400_000);
    expect(versionTally.take(), 'two days later').to.deep.equal([]);
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
    tally.add('a', '1', 'm1', true);
    tally.add('a', '1', 'm2', false);
    tally.add('a', '1', 'm2', false);
    tally.add('a', '2', 'm2', false);
    expect(tally.take()).to.deep.equal([
      { type: 'a', version: '1', taken: 1, refused: 1 },
      { type: 'a', version: '2', taken: 0, refused: 1 },
    ]);
    expect(tally.take()).to.deep.equal([]);
  });
});
