import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Digester } from '../../src/attachments/digester.ts';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { Uploads } from '../../src/attachments/uploads.ts';
import { systemClock } from '../../src/clock.ts';
import { uplinkTable } from '../../src/config/uplinks.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { startUplink, type Uplink } from '../../src/connectors/uplink.ts';
import type { NodeFiles, NodePost } from '../../src/connectors/uplink-node.ts';
import { fileRefusal, refusalOf } from '../../src/connectors/uplink-request-files.ts';
import { hasTaken, storedFiles } from '../../src/exchange/uplink-files.ts';
import { uplinkReplies } from '../../src/exchange/uplink-replies.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { Client, freshMessageId, polledRequest, sandboxSigner } from '../harness/client.ts';
import { birthNamespace, birthRequest } from '../harness/content.ts';
import { temporaryFolder } from '../harness/node.ts';
import { curl, storedCall, uploadWords } from '../harness/store-client.ts';
import { certificate, serviceOf, startUpstream } from './upstreams.ts';

const leaseMs = 1200;

describe('an uplink and the files of requests', function () {
  this.timeout(60_000);
  let up: Awaited<ReturnType<typeof startUpstream>>;
  let down: Awaited<ReturnType<typeof startUpstream>>;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: Database;
  let digester: Digester;
  let uploads: Uploads;
  let uplinks: Uplink[];
  let failed: ConnectorFailure[];
  /** Uploads that were begun, and requests that were posted to the node below. */
  let begun: number;
  let posted: number;
  /** What is done around the posting of a request. */
  let around: (post: () => ReturnType<NodePost>) => ReturnType<NodePost>;

  before(async () => {
    const attachments = { ftp: { listen: '127.0.0.1:0' } };
    [up, down] = await Promise.all([
      startUpstream(leaseMs, { attachments }),
      startUpstream(leaseMs),
    ]);
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'user'), 'agency-b');
    await writeFile(join(folder.path, 'password'), 'agency-b-files');
    database = openDatabase(`sqlite:${join(down.node.data, 'mezhved.db')}`);
    digester = new Digester();
    const limits = { fileBytesMax: 1_000_000, foldersMax: 10, staleMs: 0 };
    uploads = new Uploads(join(down.node.data, 'files'), limits, digester, Date.now);
  });
  beforeEach(() => {
    uplinks = [];
    failed = [];
    begun = 0;
    posted = 0;
    around = (post) => post();
  });
  afterEach(() => Promise.all(uplinks.map((each) => each.stop())));
  after(async () => {
    await database?.close();
    await digester?.close();
    await Promise.all([up?.stop(), down?.stop()]);
    await folder?.remove();
  });

  function start(): Uplink {
    const at = (name: string) => join(folder.path, name);
    const settings = uplinkTable.parse({
      id: 'upper',
      url: serviceOf(up.node),
      key: certificate('agency-b.key.pem'),
      certificate: certificate('agency-b.crt.pem'),
      trust: certificate('node.crt.pem'),
      localKey: certificate('agency-a.key.pem'),
      localCertificate: certificate('agency-a.crt.pem'),
      types: [{ namespace: birthNamespace, requestRoot: 'BirthRecordRequest' }],
      fileStore: { url: up.node.storeUrl, userFile: at('user'), passwordFile: at('password') },
      pollMs: 60,
    });
    const store = new LocalFiles(join(down.node.data, 'files'), randomBytes);
    const files: NodeFiles = {
      desk: { store, filesMax: 10, bytesMax: 1_000_000 },
      uploads: {
        find: (...asked) => uploads.find(...asked),
        makeFolder: (...asked) => uploads.makeFolder(...asked),
        removeFolder: (...asked) => uploads.removeFolder(...asked),
        write: async (...asked) => {
          const upload = await uploads.write(...asked);
          begun += 1;
          return upload;
        },
      },
      storedBytesMax: 1_000_000,
      hasRoom: async () => true,
      systemOf: () => 'agency-a',
      hasTaken: (system, messageId) => hasTaken({ database }, system, messageId),
      storedFiles: (messageId) => storedFiles({ database, files: store }, messageId),
    };
    const uplink = startUplink(settings, {
      post: async (envelope) => {
        const body = Buffer.from(envelope).toString();
        if (!body.includes('SendRequestRequest')) return toNode(body);
        posted += 1;
        return around(() => toNode(body));
      },
      files,
      trusted: new Set([sandboxSigner('node').certificate.fingerprint]),
      store: uplinkReplies(database.kysely, systemClock),
      failed: (error) => failed.push(error),
    });
    uplinks.push(uplink);
    return uplink;
  }

  async function toNode(body: string) {
    const headers = { 'content-type': 'text/xml; charset=utf-8' };
    const answer = await fetch(serviceOf(down.node, '1.3'), { method: 'POST', body, headers });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  }

  /** A request above with a file of its store. */
  async function sent() {
    const octets = randomBytes(200_000);
    const stored = storedCall('agency-a', 'rsa', octets);
    const file = join(folder.path, 'up');
    await writeFile(file, octets);
    const place = { uuid: stored.uuid, name: 'scan.bin' };
    await curl(...uploadWords(up.node.storeUrl, 'agency-a', file, place));
    const messageId = freshMessageId();
    const sender = new Client(up.node.url, '1.3', sandboxSigner('agency-a'));
    const call = { messageId, content: birthRequest('Тест'), files: { stored: [stored] } };
    expect((await sender.sendRequest(call)).code).to.equal(undefined);
    return { messageId, octets, ...place };
  }
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let n = 0; n < 300; n += 1) {
      const found = await look();
      if (found !== undefined) return found;
      await wait(50);
    }
    throw new Error(`it did not come; failures: ${failed.map(String).join('; ')}`);
  }
  /** The next request at a provider below, acknowledged. */
  const provided = () =>
    until(async () => {
      const provider = new Client(down.node.url, '1.2', sandboxSigner('agency-b'));
      const polled = polledRequest(await provider.poll('GetRequest'));
      if (polled === undefined) return undefined;
      return (await provider.ack(polled.messageId)).code === undefined ? polled : undefined;
    });
  const uploaded = () => readdir(join(down.node.data, 'files', 'uploads', 'agency-a'));
  /** It is acknowledged above, there is no other below, and nothing of its files is left. */
  async function atRest() {
    await wait(leaseMs + 200);
    const above = new Client(up.node.url, '1.2', sandboxSigner('agency-b'));
    expect(polledRequest(await above.poll('GetRequest'))).to.equal(undefined);
    const provider = new Client(down.node.url, '1.2', sandboxSigner('agency-b'));
    expect(polledRequest(await provider.poll('GetRequest'))).to.equal(undefined);
    expect(await uploaded()).to.deep.equal([]);
  }

  it('does not bring them again when the node has taken the request and its answer was lost', async () => {
    around = async (post) => {
      await post();
      throw new Error('as if the process ended');
    };
    start();
    const { messageId } = await sent();
    expect((await provided()).messageId).to.equal(messageId);
    await atRest();
    expect([begun, posted]).to.deep.equal([1, 1]);
    expect(failed.map(({ code }) => code)).to.deep.equal(['NODE_ERROR']);
  });

  it('leaves nothing where it is stopped in between, and begins anew when it is started', async () => {
    let stopped: Promise<void> | undefined;
    const first = start();
    around = async () => {
      expect(await uploaded()).to.have.lengthOf(1);
      stopped = first.stop();
      throw new Error('as if the node were gone');
    };
    const { messageId } = await sent();
    await until(async () => stopped);
    await stopped;
    expect(await uploaded()).to.deep.equal([]);
    around = (post) => post();
    start();
    expect((await provided()).messageId).to.equal(messageId);
    await atRest();
    expect([begun, posted]).to.deep.equal([2, 2]);
  });

  it('brings a request once, though its lease ends while it is on its way', async () => {
    around = async (post) => {
      await wait(leaseMs * 2);
      return post();
    };
    start();
    const { messageId } = await sent();
    expect((await provided()).messageId).to.equal(messageId);
    await atRest();
    expect([begun, posted]).to.deep.equal([1, 1]);
  });

  it('leaves alone what another process is writing, and takes it when it is whole', async () => {
    const { messageId, uuid, name, octets } = await sent();
    await uploads.makeFolder('agency-a', uuid);
    const others = await uploads.write('agency-a', uuid, name, 0);
    await others.write(octets);
    start();
    await until(async () => failed.find(({ message }) => /busy/.test(message)));
    await others.finish();
    expect((await provided()).messageId).to.equal(messageId);
    await atRest();
    expect(begun).to.equal(0);
  });

  it('tells what is signed at once, and what the line may have altered only after some tries', () => {
    const header = { contentId: 'a', mimeType: 'text/plain', signature: undefined };
    const reference = { uuid: 'u', fileName: undefined, hash: randomBytes(32) };
    const headers = (count: number) => ({
      headers: {
        attached: Array.from({ length: count }, () => header),
        stored: [{ ...reference, mimeType: 'text/plain', signature: undefined }],
      },
      access: [],
    });
    const fault = (code: string, text = '', element = 'x') =>
      ({ code, text, element, faultcode: 'Server' }) as const;
    const verdict = (code: string, attached: number, text?: string, element?: string) =>
      fileRefusal(fault(code, text, element), headers(attached))?.isCertain;
    expect(verdict('ATTACHMENT_SIGNATURE_INVALID', 1)).to.equal(false);
    expect(verdict('ATTACHMENT_SIGNATURE_INVALID', 0)).to.equal(true);
    expect(verdict('ATTACHMENT_SIGNATURE_MISSING', 1)).to.equal(true);
    expect(verdict('FILE_NOT_UPLOADED', 0)).to.equal(false);
    const [untrusted, element] = ['CERTIFICATE_UNTRUSTED', 'SignatureVerificationFault'];
    expect(verdict(untrusted, 1, 'вложение «a»', element)).to.equal(true);
    expect(verdict(untrusted, 1, 'подпись системы', element)).to.equal(undefined);
    expect(verdict('QUEUE_FULL', 1)).to.equal(undefined);

    const of = (code: ConstructorParameters<typeof ConnectorFailure>[0]) =>
      refusalOf(new ConnectorFailure(code, 'ftp://store.example: 550'));
    expect(of('UNREACHABLE')).to.equal(undefined);
    expect(of('NODE_ERROR')).to.equal(undefined);
    expect(of('AGENCY_ERROR')).to.include({ isCertain: false });
    expect(of('AGENCY_ERROR')?.told).not.to.include('store.example');
    expect(of('ANSWER_TOO_LARGE')?.told).to.match(/больше допустимого .* larger than allowed/);
  });
});
