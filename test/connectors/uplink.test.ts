import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Digester } from '../../src/attachments/digester.ts';
import { Uploads } from '../../src/attachments/uploads.ts';
import { type UplinkSettings, uplinkTable } from '../../src/config/uplinks.ts';
import type { ConnectorFailure } from '../../src/connectors/failure.ts';
import { startUplink, type Uplink, type UplinkStore } from '../../src/connectors/uplink.ts';
import type { NodeFiles } from '../../src/connectors/uplink-node.ts';
import { signatureOver } from '../../src/signature/sign.ts';
import type { Signer } from '../../src/signature/signer.ts';
import { withXml } from '../../src/xml/document.ts';
import {
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthNamespace, birthRequest, birthResponse } from '../harness/content.ts';
import type { Agency } from './agencies.ts';
import { noDesk } from './directory-peer.ts';
import { certificate, type Line, serviceOf, startLine, startUpstream } from './upstreams.ts';

/** Loses everything with the process: a test's own. */
class MemoryStore implements UplinkStore {
  readonly #kept = new Map<string, string>();
  async remember(uplink: string, messageId: string, replyTo: string): Promise<void> {
    this.#kept.set(`${uplink} ${messageId}`, replyTo);
  }
  async recall(uplink: string, messageId: string): Promise<string | undefined> {
    return this.#kept.get(`${uplink} ${messageId}`);
  }
  async noteUploaded(): Promise<void> {}
  async isUploaded(): Promise<boolean> {
    return false;
  }
  async forgetUploaded(): Promise<void> {}
}

/** Of a node that is asked for no files. */
const noFiles: NodeFiles = {
  desk: noDesk,
  uploads: new Uploads(
    '/nowhere',
    { fileBytesMax: 0, foldersMax: 0, staleMs: 0 },
    new Digester(),
    Date.now,
  ),
  storedBytesMax: 0,
  hasRoom: async () => false,
  systemOf: () => undefined,
  hasTaken: async () => false,
  storedFiles: async () => [],
};

const leaseMs = 1500;
const response = ['ResponseMessage', 'Response', 'SenderProvidedResponseData'] as const;

// Each node on the way verifies it, and refuses what it does not cover.
function signedByPerson(content: string, person: Signer) {
  return withXml(Buffer.from(content), ({ root }) => ({
    content,
    personalSignature: signatureOver(root, person, 'PERSONAL'),
  }));
}

describe('an uplink between two real nodes', function () {
  this.timeout(60_000);
  let up: Awaited<ReturnType<typeof startUpstream>>;
  let down: Awaited<ReturnType<typeof startUpstream>>;
  let proxy: Agency;
  let line: Line = (answer) => answer;
  let store: MemoryStore;
  let failed: ConnectorFailure[];
  let uplinks: Uplink[];
  /** What happens to what is posted to the local node. */
  let local: (envelope: string) => 'pass' | 'lose the answer' | 'throw';
  let posted: string[];

  before(async () => {
    [up, down] = await Promise.all([startUpstream(leaseMs), startUpstream(leaseMs)]);
    proxy = await startLine(
      () => serviceOf(up.node),
      () => line,
    );
  });
  beforeEach(() => {
    store = new MemoryStore();
    failed = [];
    uplinks = [];
    posted = [];
    local = () => 'pass';
    line = (answer) => answer;
  });
  afterEach(() => Promise.all(uplinks.map((each) => each.stop())));
  after(async () => {
    await proxy?.close();
    await up?.stop();
    await down?.stop();
  });

  function settings(change: Partial<UplinkSettings> = {}): UplinkSettings {
    return uplinkTable.parse({
      id: 'upper',
      url: proxy.url,
      key: certificate('agency-b.key.pem'),
      certificate: certificate('agency-b.crt.pem'),
      trust: certificate('node.crt.pem'),
      localKey: certificate('agency-a.key.pem'),
      localCertificate: certificate('agency-a.crt.pem'),
      types: [{ namespace: birthNamespace, requestRoot: 'BirthRecordRequest' }],
      pollMs: 60,
      ...change,
    });
  }

  function start(change: Partial<UplinkSettings> = {}): Uplink {
    const asked = settings(change);
    const uplink = startUplink(asked, {
      post: async (envelope) => {
        const text = Buffer.from(envelope).toString();
        posted.push(text);
        const fate = local(text);
        if (fate === 'throw') throw new Error('as if the disk were full');
        const answer = await fetch(serviceOf(down.node, asked.localVersion), {
          method: 'POST',
          body: text,
          headers: { 'content-type': 'text/xml; charset=utf-8' },
        });
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (fate === 'lose the answer') throw new Error('as if the process ended');
        return { status: answer.status, bytes };
      },
      files: noFiles,
      trusted: new Set([sandboxSigner('node').certificate.fingerprint]),
      store,
      failed: (error) => failed.push(error),
    });
    uplinks.push(uplink);
    return uplink;
  }

  const sender = () => new Client(up.node.url, '1.1', sandboxSigner('agency-a'));
  const provider = () => new Client(down.node.url, '1.2', sandboxSigner('agency-b'));

  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let n = 0; n < 300; n += 1) {
      const found = await look();
      if (found !== undefined) return found;
      await wait(30);
    }
    throw new Error(`it did not come; failures: ${failed.map(String).join('; ')}`);
  }
  async function sent(name = 'Тест', more: object = {}): Promise<string> {
    const messageId = freshMessageId();
    const answer = await sender().sendRequest({ messageId, content: birthRequest(name), ...more });
    expect(answer.code).to.equal(undefined);
    return messageId;
  }
  /** The next request here, acknowledged. On a busy machine a lease is over before: it comes again. */
  const atProvider = () =>
    until(async () => {
      const answer = await provider().poll('GetRequest');
      const polled = polledRequest(answer);
      if (polled === undefined) return undefined;
      if ((await provider().ack(polled.messageId)).code !== undefined) return undefined;
      return { ...polled, text: answer.text };
    });
  /** The next answer upstream, acknowledged. */
  const atSender = () =>
    until(async () => {
      const answer = await sender().poll('GetResponse');
      const polled = polledResponse(answer);
      if (polled === undefined) return undefined;
      if ((await sender().ack(polled.messageId)).code !== undefined) return undefined;
      return { ...polled, text: answer.text };
    });
  const postedTwice = (what: string) =>
    until(async () => (posted.filter((each) => each.includes(what)).length > 1 ? true : undefined));
  /** Neither side hands anything over again. */
  async function atRest() {
    await wait(leaseMs + 200);
    const left = await sender().poll('GetResponse');
    expect(polledResponse(left), left.text).to.equal(undefined);
    const request = await provider().poll('GetRequest');
    expect(polledRequest(request), request.text).to.equal(undefined);
    const upstream = new Client(up.node.url, '1.2', sandboxSigner('agency-b'));
    expect(polledRequest(await upstream.poll('GetRequest'))).to.equal(undefined);
    const here = new Client(down.node.url, '1.3', sandboxSigner('agency-a'));
    expect(polledResponse(await here.poll('GetResponse', { nodeId: 'upper' }))).to.equal(undefined);
  }

  it('brings a request of the upper network to a provider, and its answers back', async () => {
    start();
    const eol = Date.now() + 3_600_000;
    const messageId = await sent('Круг', { eol, test: true });
    const request = await atProvider();
    expect(request.messageId).to.equal(messageId);
    expect(request.text).to.include('Круг').and.include('TestMessage');
    expect(request.text).to.include(new Date(eol).toISOString());
    const to = request.replyTo;
    await provider().sendResponse(to, { status: { code: 3, description: 'в работе' } });
    await provider().sendResponse(to, { content: birthResponse('Круг') });
    const status = await atSender();
    expect(textAt(status.text, ...response, 'RequestStatus', 'StatusDescription')).to.equal(
      'в работе',
    );
    const answer = await atSender();
    expect(answer.originalMessageId).to.equal(messageId);
    expect(
      textAt(answer.text, ...response, 'MessagePrimaryContent', 'BirthRecordResponse', 'FullName'),
    ).to.equal('Круг');
    await atRest();
    expect(failed).to.deep.equal([]);
  });

  it('brings a rejection with all its reasons', async () => {
    start({ version: '1.2' });
    await sent();
    const { replyTo } = await atProvider();
    await provider().sendResponse(replyTo, {
      rejected: [
        { code: 'NO_DATA', description: 'нет записи' },
        { code: 'ACCESS_DENIED', description: 'и нельзя' },
      ],
    });
    const { text } = await atSender();
    expect(text.match(/<t:RejectionReasonDescription/g), text).to.have.lengthOf(2);
    await atRest();
  });

  it("brings a person's signature along, both ways, still to be verified", async () => {
    start();
    const person = sandboxSigner('agency-a');
    const asked = birthRequest('Тест').replace('xmlns:z', 'Id="PERSONAL" xmlns:z');
    await sent('', signedByPerson(asked, person));
    const { replyTo, text } = await atProvider();
    expect(text).to.include('PersonalSignature');
    const answer = birthResponse('Тест').replace('xmlns:z', 'Id="PERSONAL" xmlns:z');
    await provider().sendResponse(replyTo, signedByPerson(answer, person));
    expect((await atSender()).text).to.include('PersonalSignature');
    await atRest();
    expect(failed).to.deep.equal([]);
  });

  it('goes on where it was when it is started again', async () => {
    const first = start();
    const messageId = await sent();
    const { replyTo } = await atProvider();
    await first.stop();
    await provider().sendResponse(replyTo, { content: birthResponse('Тест') });
    start();
    expect((await atSender()).originalMessageId).to.equal(messageId);
    await atRest();
  });

  it('brings a request once, though the node took it and its answer was lost', async () => {
    let losses = 1;
    local = (envelope) =>
      envelope.includes('SendRequestRequest') && losses-- > 0 ? 'lose the answer' : 'pass';
    start();
    const messageId = await sent();
    const { replyTo } = await atProvider();
    await postedTwice('SendRequestRequest');
    await provider().sendResponse(replyTo, { content: birthResponse('Тест') });
    expect((await atSender()).originalMessageId).to.equal(messageId);
    await atRest();
    expect(failed.map(({ code }) => code)).to.deep.equal(['NODE_ERROR']);
  });

  it('brings an answer once, though connections break and acknowledgements are lost', async () => {
    const cut = new Set(['SendResponseRequest', 'AckRequest']);
    line = (answer, { body }) => {
      const operation = [...cut].find((name) => body.includes(name));
      if (operation === undefined) return answer;
      cut.delete(operation);
      return undefined;
    };
    let losses = 1;
    local = (envelope) => (envelope.includes('AckRequest') && losses-- > 0 ? 'throw' : 'pass');
    start();
    const messageId = await sent();
    const { replyTo } = await atProvider();
    await provider().sendResponse(replyTo, { content: birthResponse('Тест') });
    expect((await atSender()).originalMessageId).to.equal(messageId);
    await postedTwice('AckRequest');
    await atRest();
    expect(cut.size).to.equal(0);
    expect(failed.map(({ code }) => code)).to.include.members(['UNREACHABLE', 'NODE_ERROR']);
  });

  it('tells the upper network of a request that its own node refuses for good', async () => {
    // The uplink's system may not send this type: only agency-a may.
    start({
      localKey: certificate('agency-b.key.pem'),
      localCertificate: certificate('agency-b.crt.pem'),
    });
    const messageId = await sent();
    const answer = await atSender();
    expect(answer.originalMessageId).to.equal(messageId);
    const code = textAt(answer.text, ...response, 'RequestRejected', 'RejectionReasonCode');
    expect(code).to.equal('ACCESS_DENIED');
    await atRest();
    expect(failed.map((each) => each.code)).to.deep.equal(['REFUSED']);
  });

  it('leaves a request upstream while its own key is not known here', async () => {
    const broken = start({
      localKey: certificate('node.key.pem'),
      localCertificate: certificate('node.crt.pem'),
    });
    const messageId = await sent();
    await until(async () => failed.find(({ message }) => /SenderIsNotRegistered/.test(message)));
    await broken.stop();
    start();
    const { replyTo, messageId: arrived } = await atProvider();
    expect(arrived).to.equal(messageId);
    await provider().sendResponse(replyTo, { content: birthResponse('Тест') });
    expect((await atSender()).originalMessageId).to.equal(messageId);
    await atRest();
  });

  it('takes no request that was altered on the line, until it comes whole', async () => {
    line = (answer) => answer.replace('Тест-А', 'Тест-Б');
    start();
    const messageId = await sent('Тест-А');
    await until(async () => failed.find(({ message }) => /SIGNATURE_DIGEST/.test(message)));
    expect(posted.filter((each) => each.includes('SendRequestRequest'))).to.deep.equal([]);
    line = (answer) => answer;
    const polled = await atProvider();
    expect(polled.messageId).to.equal(messageId);
    await provider().sendResponse(polled.replyTo, { content: birthResponse('Тест') });
    await atSender();
    await atRest();
  });

  it('does not take over a MessageID that another message of this node has', async () => {
    const messageId = freshMessageId();
    const other = new Client(down.node.url, '1.2', sandboxSigner('agency-a'));
    await other.sendRequest({ messageId, content: birthRequest('Чужой') });
    start();
    await sender().sendRequest({ messageId, content: birthRequest('Тест') });
    const answer = await atSender();
    expect(answer.originalMessageId).to.equal(messageId);
    expect(answer.text).to.include('RequestRejected');
    expect((await atProvider()).messageId).to.equal(messageId);
    await atRest();
  });

  it('names a file that it cannot use, and does not start', () => {
    expect(() => start({ trust: certificate('gone.crt.pem') })).to.throw(/gone\.crt\.pem/);
    expect(() => start({ localKey: certificate('agency-b.key.pem') })).to.throw(/agency-b\.key/);
  });
});
