import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import type { AgencyRequest, Connector } from '../../src/connectors/connector.ts';
import { smev } from '../../src/connectors/smev.ts';
import type { SmevRoute } from '../../src/participants/routes.ts';
import { type Version, versions } from '../../src/smev/namespaces.ts';
import {
  Client,
  freshMessageId,
  polledRequest,
  type SandboxKind,
  sandboxSigner,
} from '../harness/client.ts';
import {
  birthNamespace,
  birthRequest,
  birthResponse,
  paymentNamespace,
  paymentRequest,
} from '../harness/content.ts';
import type { NodeProcess } from '../harness/node.ts';
import { type Agency, agencyRequest, failureOf, never } from './agencies.ts';
import { noDesk } from './directory-peer.ts';
import {
  certificate,
  type Line,
  MemoryInbox,
  routeTo,
  serviceOf,
  startLine,
  startUpstream,
  typeOf,
} from './upstreams.ts';

const leaseMs = 700;

describe('the smev connector and a real upstream', function () {
  this.timeout(60_000);
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  let node: NodeProcess;
  let proxy: Agency;
  let line: Line = (answer) => answer;
  let lost: string | undefined;
  const open: Connector[] = [];

  before(async () => {
    upstream = await startUpstream(leaseMs);
    node = upstream.node;
    proxy = await startLine(
      () => serviceOf(node),
      () => line,
      ({ body }) => lost !== undefined && body.includes(lost),
    );
  });
  afterEach(async () => {
    line = (answer) => answer;
    lost = undefined;
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
  after(async () => {
    await proxy?.close();
    await upstream?.stop();
  });

  function payments(change: Partial<SmevRoute> = {}, url = serviceOf(node)): Connector {
    const route = routeTo(url, change);
    const connector = smev(
      route,
      typeOf('payment-status', paymentNamespace, 'PaymentStatus', route),
      noDesk,
    );
    open.push(connector);
    return connector;
  }
  function births(change: Partial<SmevRoute> = {}, url = serviceOf(node)): Connector {
    const route = routeTo(url, change);
    const connector = smev(
      route,
      typeOf('birth-record', birthNamespace, 'BirthRecord', route),
      noDesk,
    );
    open.push(connector);
    return connector;
  }
  const payment = (scenario?: string, change: Partial<AgencyRequest> = {}) =>
    agencyRequest(
      paymentRequest(scenario),
      { namespace: paymentNamespace, local: 'PaymentStatusRequest' },
      { messageId: freshMessageId(), ...change },
    );
  const birth = (name: string) =>
    agencyRequest(
      birthRequest(name),
      { namespace: birthNamespace, local: 'BirthRecordRequest' },
      { messageId: freshMessageId() },
    );
  const provider = () => new Client(node.url, '1.2', sandboxSigner('agency-b'));

  async function collected(connector: Connector, count: number, inbox = new MemoryInbox()) {
    for (let n = 0; n < 200 && inbox.taken.length < count; n += 1) {
      await connector.collecting?.collect(inbox, never);
      await wait(25);
    }
    expect(inbox.taken).to.have.lengthOf(count);
    return inbox.taken;
  }

  const kinds: readonly [Version, SandboxKind][] = [
    ...versions.map((version) => [version, 'rsa'] as [Version, SandboxKind]),
    ['1.2', 'ec'],
    ['1.3', 'gost'],
    ['1.1', 'gost512'],
  ];
  for (const [version, kind] of kinds) {
    it(`sends a request and takes its answer in ${version} with a key of kind ${kind}`, async () => {
      const stem = (name: string) => (kind === 'rsa' ? name : `${name}-${kind}`);
      const connector = payments(
        {
          version,
          key: certificate(`${stem('agency-a')}.key.pem`),
          certificate: certificate(`${stem('agency-a')}.crt.pem`),
          trust: certificate(`${stem('node')}.crt.pem`),
        },
        serviceOf(node, version),
      );
      const request = payment('answer', { eol: Date.now() + 3_600_000, test: true });
      const answer = await connector.deliver(request, never);
      expect(answer).to.include({ kind: 'waiting', askAfterMs: 30 * 86_400_000 });
      const [only] = await collected(connector, 1);
      expect(only?.messageId).to.equal(request.messageId);
      if (only?.answer.kind !== 'content') throw new Error(only?.answer.kind);
      expect(Buffer.from(only.answer.content).toString()).to.match(
        /<p:PaymentStatusResponse .*12345/s,
      );
      expect(Buffer.from(only.answer.evidence ?? []).toString()).to.include('SMEVSignature');
      // It was acknowledged: it comes no more when its lease would be over.
      await wait(leaseMs + 100);
      const again = new MemoryInbox();
      await connector.collecting?.collect(again, never);
      expect(again.taken).to.deep.equal([]);
    });
  }

  it('takes a repeated delivery for what it is, and after a cut answer too', async () => {
    const connector = births({}, proxy.url);
    const request = birth('Повтор');
    line = () => undefined;
    expect((await failureOf(connector.deliver(request, never))).code).to.equal('UNREACHABLE');
    line = (answer) => answer;
    const second = await connector.deliver({ ...request, attempt: 2 }, never);
    const third = await connector.deliver({ ...request, attempt: 3 }, never);
    expect([second.kind, third.kind]).to.deep.equal(['waiting', 'waiting']);
    expect(polledRequest(await provider().poll('GetRequest'))?.messageId).to.equal(
      request.messageId,
    );
    expect(polledRequest(await provider().poll('GetRequest'))).to.equal(undefined);
    await provider().ack(request.messageId);
  });

  it('refuses to wait for a MessageID that is taken by another message at the first attempt', async () => {
    const connector = births();
    const request = birth('Первый');
    await connector.deliver(request, never);
    const other = { ...request, content: Buffer.from(birthRequest('Второй')) };
    const failure = await failureOf(connector.deliver(other, never));
    expect(failure).to.include({ code: 'REFUSED' });
    expect(failure.message).to.match(/MessageIsAlreadySent MESSAGE_ALREADY_SENT$/);
    expect((await connector.deliver({ ...other, attempt: 2 }, never)).kind).to.equal('waiting');
    await provider().poll('GetRequest');
    await provider().ack(request.messageId);
  });

  it('takes rejections, statuses, and leaves the answers of other types and nodes alone', async () => {
    const connector = births({ nodeId: 'inner' });
    const elsewhere = births();
    const others = payments({ nodeId: 'inner' });
    const request = birth('Отказ');
    await connector.deliver(request, never);
    const polled = polledRequest(await provider().poll('GetRequest'));
    const to = polled?.replyTo ?? '';
    await provider().sendResponse(to, { status: { code: 7, description: 'в работе' } });
    await provider().sendResponse(to, {
      rejected: [
        { code: 'NO_DATA', description: 'нет записи' },
        { code: 'ACCESS_DENIED', description: 'и нельзя' },
      ],
    });
    await provider().ack(request.messageId);
    const nothing = new MemoryInbox();
    await elsewhere.collecting?.collect(nothing, never);
    await others.collecting?.collect(nothing, never);
    expect(nothing.taken).to.deep.equal([]);
    const answers = (await collected(connector, 2)).map(({ answer }) => {
      const { evidence: _, ...rest } = answer;
      return rest;
    });
    expect(answers).to.have.deep.members([
      { kind: 'interim', statuses: [{ code: 7, description: 'в работе' }] },
      {
        kind: 'rejection',
        code: 'NO_DATA',
        description: 'нет записи; ACCESS_DENIED: и нельзя',
      },
    ]);
  });

  it("takes the upstream's own error as the end of the request", async () => {
    const connector = payments();
    const request = payment('fail');
    await connector.deliver(request, never);
    const [only] = await collected(connector, 1);
    expect(only?.messageId).to.equal(request.messageId);
    expect(only?.answer).to.include({ kind: 'failure', code: 'AGENCY_FAILED' });
  });

  it('takes many answers in one round', async () => {
    const connector = births();
    for (let n = 0; n < 12; n += 1) await connector.deliver(birth(`Номер ${n}`), never);
    for (let n = 0; n < 12; n += 1) {
      const request = polledRequest(await provider().poll('GetRequest'));
      await provider().sendResponse(request?.replyTo ?? '', { content: birthResponse('Да') });
      await provider().ack(request?.messageId ?? '');
    }
    const inbox = new MemoryInbox();
    await connector.collecting?.collect(inbox, never);
    expect(inbox.taken).to.have.lengthOf(12);
  });

  /** A request that stands answered in the sender's queue. */
  async function answered(connector: Connector): Promise<AgencyRequest> {
    const request = birth('Тест');
    await connector.deliver(request, never);
    const polled = polledRequest(await provider().poll('GetRequest'));
    expect(polled?.messageId).to.equal(request.messageId);
    await provider().sendResponse(polled?.replyTo ?? '', { content: birthResponse('Тест') });
    // The lease is short, and a busy machine slow: an acknowledgement that comes late comes again.
    while ((await provider().ack(request.messageId)).code !== undefined) {
      await provider().poll('GetRequest');
    }
    return request;
  }

  it('takes again what was recorded and whose acknowledgement was lost', async () => {
    const connector = births({}, proxy.url);
    const { messageId } = await answered(connector);
    const inbox = new MemoryInbox();
    const collect = () => connector.collecting?.collect(inbox, never) ?? Promise.resolve();
    lost = 'AckRequest';
    expect((await failureOf(collect())).code).to.equal('UNREACHABLE');
    lost = undefined;
    await wait(leaseMs + 100);
    // Now the node has the acknowledgement, and its answer is cut.
    line = (answer, { body }) => (body.includes('AckRequest') ? undefined : answer);
    expect((await failureOf(collect())).code).to.equal('UNREACHABLE');
    line = (answer) => answer;
    await wait(leaseMs + 100);
    await collect();
    expect(inbox.taken.map((each) => each.messageId)).to.deep.equal([messageId, messageId]);
  });

  it('leaves an answer where it is that belongs to no exchange, or cannot be recorded', async () => {
    const connector = births();
    const { messageId } = await answered(connector);
    await connector.collecting?.collect(new MemoryInbox(['another']), never);
    await wait(leaseMs + 100);
    const full = { take: () => Promise.reject(new Error('disk')), giveUp: async () => undefined };
    const collecting = connector.collecting?.collect(full, never) ?? Promise.resolve();
    expect((await failureOf(collecting)).code).to.equal('NODE_ERROR');
    await wait(leaseMs + 100);
    const [only] = await collected(connector, 1);
    expect(only?.messageId).to.equal(messageId);
  });

  it('believes no altered answer, nor one that another key signed', async () => {
    const connector = payments({}, proxy.url);
    const request = payment('answer');
    line = (answer) => answer.replace(request.messageId, freshMessageId());
    const refused = await failureOf(connector.deliver(request, never));
    expect(refused.code).to.equal('AGENCY_ERROR');
    expect(refused.message).to.match(/SIGNATURE_DIGEST$/);
    line = (answer) => answer.replace(/<t:SMEVSignature>.*<\/t:SMEVSignature>/, '');
    expect((await failureOf(connector.deliver(request, never))).message).to.match(
      /SIGNATURE_MISSING$/,
    );
    line = (answer) => answer;
  });

  it('leaves an answer unacknowledged that was altered, or that another key signed', async () => {
    const connector = births({}, proxy.url);
    const { messageId } = await answered(connector);
    const inbox = new MemoryInbox();
    const collect = (by: Connector) => by.collecting?.collect(inbox, never) ?? Promise.resolve();
    line = (answer) => answer.replace('Испытательный отдел', 'Другой отдел');
    expect((await failureOf(collect(connector))).message).to.match(/SIGNATURE_DIGEST$/);
    line = (answer) => answer;
    await wait(leaseMs + 100);
    const stranger = births({ trust: certificate('agency-b.crt.pem') }, proxy.url);
    expect((await failureOf(collect(stranger))).message).to.match(/CERTIFICATE_UNTRUSTED$/);
    const forged = await failureOf(stranger.deliver(payment('answer'), never));
    expect(forged).to.include({ code: 'AGENCY_ERROR' });
    expect(inbox.taken).to.deep.equal([]);
    await wait(leaseMs + 100);
    const [only] = await collected(connector, 1, inbox);
    expect(only?.messageId).to.equal(messageId);
  });

  it('takes nothing where the process stops, and leaves it in the queue', async () => {
    const connector = births();
    const { messageId } = await answered(connector);
    const inbox = new MemoryInbox();
    await connector.collecting?.collect(inbox, AbortSignal.abort());
    expect(inbox.taken).to.deep.equal([]);
    await connector.collecting?.collect(inbox, never);
    expect(inbox.taken.map((each) => each.messageId)).to.deep.equal([messageId]);
  });

  it('says whether the upstream is there, and that no answer came', async () => {
    await payments().probe(never);
    const { port } = new URL(node.adminUrl);
    const nobody = payments({}, `http://127.0.0.1:${Number(port) === 1 ? 2 : 1}/smev`);
    expect((await failureOf(nobody.probe(never))).code).to.equal('UNREACHABLE');
    const { ask } = payments();
    const asked = ask?.(payment(), '{}', never) ?? Promise.resolve();
    expect((await failureOf(asked)).code).to.equal('NO_ANSWER');
  });

  it('names the file that it cannot use, and does not begin', async () => {
    const failure = async (change: Partial<SmevRoute>) =>
      failureOf(payments(change).deliver(payment(), never));
    for (const [name, change] of [
      ['gone.key.pem', { key: certificate('gone.key.pem') }],
      ['agency-b.key.pem', { key: certificate('agency-b.key.pem') }],
      ['gone.crt.pem', { trust: certificate('gone.crt.pem') }],
      ['agency-a.key.pem', { trust: certificate('agency-a.key.pem') }],
    ] as const) {
      const { code, message } = await failure(change);
      expect(code).to.equal('NOT_SENT');
      expect(message).to.include(name);
    }
  });
});
