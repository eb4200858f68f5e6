import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { gostDigest } from '../../src/gost/digest.ts';
import { type RequestCall, sendRequestCall } from '../../src/smev/calls.ts';
import { needSmallDisk, smallDisk } from '../fault/small-disk.ts';
import { Client, freshMessageId, polledRequest, post, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached, signatureOf } from '../harness/files.ts';
import { noDifferences, settledDifferences } from '../harness/kept-files.ts';
import {
  filePart,
  freshBoundary,
  postEndless,
  postRaw,
  relatedType,
  rootPart,
  type WrittenPart,
  writtenBody,
} from '../harness/multipart-text.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

const version = '1.3';
const octets = randomBytes(20_000);
const sender = sandboxSigner('agency-a');

function signed(files: RequestCall['files']): string {
  const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
  const template = sendRequestCall(version, { ...call, ...(files === undefined ? {} : { files }) });
  return new Client('', version, sender).sign(template);
}

/** A message whose one file is in the part `scan`. */
function scanned(mimeType = 'application/octet-stream', content: Uint8Array = octets): string {
  const file = { ...attached('scan', content), mimeType, content: { part: 'scan' } };
  return signed({ attached: [file] });
}

describe('attachments that are wrong', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let url: string;

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'config.yaml');
    await writeFile(config, stringify({ limits: { bodyTimeoutMs: 1500 } }));
    const env = { MEZHVED_CONFIG: config, MEZHVED_FTP_LISTEN: '127.0.0.1:0' };
    node = await startNode(join(folder.path, 'data'), env);
    url = `${node.url}/smev/v${version}/ws`;
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  afterEach('nothing of them stays', async () => {
    const database = `sqlite:${join(node.data, 'mezhved.db')}`;
    const found = await settledDifferences(join(node.data, 'files'), database);
    expect(found).to.deep.equal(noDifferences);
  });

  /** A good message with a file, from its sending to its acknowledgement. */
  async function neighbourExchanges(): Promise<void> {
    const messageId = freshMessageId();
    const neighbour = new Client(node.url, version, sandboxSigner('agency-a', 'ec'));
    const provider = new Client(node.url, version, sandboxSigner('agency-b', 'ec'));
    const files = { attached: [attached('good', randomBytes(1000))] };
    const content = birthRequest('Сосед');
    expect((await neighbour.sendRequest({ messageId, content, files })).code).to.equal(undefined);
    expect(await takeUntil(provider, messageId)).to.equal(true);
  }

  /** Takes what waits, what was good of the tests too, until this one came. */
  async function takeUntil(provider: Client, messageId: string): Promise<boolean> {
    for (;;) {
      const polled = polledRequest(await provider.poll('GetRequest'));
      if (polled === undefined) return false;
      expect((await provider.ack(polled.messageId)).code).to.equal(undefined);
      if (polled.messageId === messageId) return true;
    }
  }

  async function besideNeighbour<T>(bad: Promise<T>): Promise<T> {
    const [answer] = await Promise.all([bad, neighbourExchanges()]);
    return answer;
  }

  async function codeOf(parts: readonly WrittenPart[], end = true): Promise<string | undefined> {
    const boundary = freshBoundary();
    const body = writtenBody(boundary, parts, end);
    const headers = { 'Content-Type': relatedType(boundary) };
    return (await besideNeighbour(post(url, body, headers))).code;
  }

  it('a message that is right is accepted', async () => {
    expect(await codeOf([rootPart(scanned()), filePart('scan', octets)])).to.equal(undefined);
  });

  it('Content-Length that says less than there is', async () => {
    const boundary = freshBoundary();
    const body = writtenBody(boundary, [rootPart(scanned()), filePart('scan', octets)]);
    const answer = postRaw(url, relatedType(boundary), body, body.length - 500);
    // What is left over is read as a request that is none, and that may be answered first.
    expect(await besideNeighbour(answer)).to.match(/MULTIPART_MALFORMED|^HTTP\/1\.1 400 /);
  });

  it('Content-Length that says more than there is', async () => {
    const boundary = freshBoundary();
    const body = writtenBody(boundary, [rootPart(scanned()), filePart('scan', octets)]);
    const answer = postRaw(url, relatedType(boundary), body, body.length + 500);
    expect(await besideNeighbour(answer)).to.include('BODY_INCOMPLETE');
  });

  it('no boundary', async () => {
    const body = writtenBody('b', [rootPart(scanned()), filePart('scan', octets)]);
    const answer = post(url, body, { 'Content-Type': 'multipart/related; type="text/xml"' });
    expect((await besideNeighbour(answer)).code).to.equal('MULTIPART_MALFORMED');
  });

  it('another boundary than that of the parts', async () => {
    const body = writtenBody('b', [rootPart(scanned()), filePart('scan', octets)]);
    const answer = post(url, body, { 'Content-Type': relatedType('c') });
    expect((await besideNeighbour(answer)).code).to.equal('MULTIPART_MALFORMED');
  });

  it('a Content-ID that is there twice', async () => {
    const parts = [rootPart(scanned()), filePart('scan', octets), filePart('scan', octets)];
    expect(await codeOf(parts)).to.equal('MULTIPART_MALFORMED');
  });

  it('a part without an end', async () => {
    const parts = [rootPart(scanned()), filePart('scan', octets)];
    expect(await codeOf(parts, false)).to.equal('MULTIPART_MALFORMED');
  });

  it('ten thousand parts', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => filePart(`p${n}`, 'x'));
    expect(await codeOf([rootPart(scanned()), ...many])).to.equal('MULTIPART_MALFORMED');
  });

  for (const href of ['file:///etc/passwd', 'http://127.0.0.1:1/x', 'scan', 'cid:', 'cid:%zz']) {
    it(`an href ${href}`, async () => {
      const envelope = scanned().replace('href="cid:scan"', `href="${href}"`);
      expect(envelope).to.include(`href="${href}"`);
      expect(await codeOf([rootPart(envelope), filePart('scan', octets)])).to.equal('XOP_INCLUDE');
    });
  }

  it('an Include inside of what is signed', async () => {
    const xop = 'http://www.w3.org/2004/08/xop/include';
    const include = `<x:Include xmlns:x="${xop}" href="cid:scan"/>`;
    // JAX-WS moves SignaturePKCS7 out where its threshold is too low.
    for (const element of ['z:FullName', 'b:SignaturePKCS7']) {
      const envelope = scanned().replace(
        new RegExp(`<${element}>[^<]*<`),
        `<${element}>${include}<`,
      );
      expect(envelope).to.include('x:Include');
      expect(await codeOf([rootPart(envelope), filePart('scan', octets)])).to.equal('XOP_INCLUDE');
    }
  });

  it('an Include of a part that is not there', async () => {
    const parts = [rootPart(scanned()), filePart('another', octets)];
    expect(await codeOf(parts)).to.equal('XOP_INCLUDE');
  });

  it('a part that nobody names, with files and without', async () => {
    const stray = filePart('stray', octets);
    const withFile = [rootPart(scanned()), filePart('scan', octets), stray];
    expect(await codeOf(withFile)).to.equal('ATTACHMENTS_DISAGREE');
    expect(await codeOf([rootPart(signed(undefined)), stray])).to.equal('ATTACHMENTS_DISAGREE');
  });

  it('one part for two files', async () => {
    const file = attached('scan', octets);
    const two = ['one', 'two'].map((contentId) => ({
      ...file,
      contentId,
      content: { part: 'scan' },
    }));
    const parts = [rootPart(signed({ attached: two })), filePart('scan', octets)];
    expect(await codeOf(parts)).to.equal('XOP_INCLUDE');
  });

  it('a zip that calls itself a PDF', async () => {
    // The local header of a zip, and nothing else of it.
    const zip = Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), Buffer.alloc(500)]);
    const envelope = scanned('application/pdf', zip);
    const parts = [rootPart(envelope), filePart('scan', zip)];
    expect(await codeOf(parts)).to.equal('ATTACHMENT_TYPE');
  });

  it('names of files that lead elsewhere', async () => {
    const uuid = freshMessageId();
    const file = join(folder.path, 'octets');
    await writeFile(file, octets);
    const login = ['-u', 'agency-a:agency-a-files'];
    const to = `${node.storeUrl}/${uuid}/octets`;
    const words = ['-sS', ...login, '--ftp-create-dirs', '-T', file, to];
    await promisify(execFile)('curl', words);
    const stored = {
      uuid,
      hash: gostDigest('streebog256', octets),
      mimeType: 'application/octet-stream',
      signature: signatureOf('agency-a', 'rsa', octets),
    };
    const send = (more: object) =>
      besideNeighbour(post(url, signed({ stored: [{ ...stored, ...more }] })));
    for (const fileName of [
      '../../mezhved.db',
      `../${uuid}/octets`,
      './octets',
      '/etc/passwd',
      '..\\octets',
      '..',
      '.',
      'octets/',
    ]) {
      expect((await send({ fileName })).code, fileName).to.equal('FILE_NOT_UPLOADED');
    }
    const elsewhere = { uuid: '../agency-a' };
    expect((await send(elsewhere)).code).to.be.oneOf(['ENVELOPE_INVALID', 'FILE_NOT_UPLOADED']);
    expect((await send({ fileName: 'octets' })).code).to.equal(undefined);
  });

  it('names of parts that lead elsewhere are only names', async () => {
    const part = '../../../mezhved.db';
    const envelope = scanned().replace('cid:scan', `cid:${encodeURIComponent(part)}`);
    const parts = [rootPart(envelope), filePart(part, octets)];
    expect(await codeOf(parts)).to.equal(undefined);
  });

  it('more octets than are allowed are refused while they arrive', async () => {
    const boundary = freshBoundary();
    const begun = writtenBody(boundary, [rootPart(scanned()), filePart('scan', '')], false);
    const mebibyte = randomBytes(1 << 20);
    const type = relatedType(boundary);
    const { text, sentBytes } = await besideNeighbour(
      postEndless(url, type, begun, mebibyte, 512 << 20),
    );
    expect(text).to.include('ATTACHMENTS_TOO_LARGE');
    expect(text).to.include('AttachmentSizeLimitExceeded');
    expect(sentBytes).to.be.greaterThan(5 << 20);
  });

  it('an envelope without an end is refused while it arrives', async () => {
    const boundary = freshBoundary();
    const begun = writtenBody(boundary, [rootPart('<a>')], false);
    const blanks = Buffer.alloc(1 << 20, ' ');
    const endless = postEndless(url, relatedType(boundary), begun, blanks, 512 << 20);
    expect((await besideNeighbour(endless)).text).to.include('BODY_TOO_LARGE');
  });
});

describe('attachments that come while there is no room', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'config.yaml');
    const settings = { attachments: { totalBytesMax: 30_000 }, limits: { queueItemsMax: 1 } };
    await writeFile(config, stringify(settings));
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const differences = () =>
    settledDifferences(join(node.data, 'files'), `sqlite:${join(node.data, 'mezhved.db')}`);
  const send = (files: RequestCall['files']) =>
    post(`${node.url}/smev/v${version}/ws`, signed(files));

  it('are too large in base64: none of them stays', async () => {
    const two = ['one', 'two'].map((name) => attached(name, octets));
    expect((await send({ attached: two })).code).to.equal('ATTACHMENTS_TOO_LARGE');
    expect(await differences()).to.deep.equal(noDifferences);
  });

  it('come at once to a queue that takes one: the others stay nowhere', async () => {
    const many = Array.from({ length: 8 }, () => send({ attached: [attached('one', octets)] }));
    const codes = (await Promise.all(many)).map(({ code }) => code ?? 'accepted');
    expect(codes.filter((code) => code === 'accepted')).to.have.lengthOf(1);
    expect(codes.filter((code) => code === 'QUEUE_FULL')).to.have.lengthOf(7);
    expect(await differences()).to.deep.equal(noDifferences);
  });
});

describe('attachments and a full disk', function () {
  this.timeout(60_000);

  it('are refused with 503, and taken once there is room', async function () {
    needSmallDisk(this);
    const folder = await temporaryFolder();
    const store = await temporaryFolder();
    const disk = smallDisk(store.path, 3);
    const config = join(folder.path, 'config.yaml');
    await writeFile(
      config,
      stringify({ attachments: { folder: store.path }, limits: { diskFreeMin: 0 } }),
    );
    const env = { MEZHVED_CONFIG: config, MEZHVED_FTP_LISTEN: '127.0.0.1:0' };
    const node = await startNode(join(folder.path, 'data'), env);
    try {
      const url = `${node.url}/smev/v${version}/ws`;
      const database = `sqlite:${join(node.data, 'mezhved.db')}`;
      const send = (content: Uint8Array) => {
        const envelope = scanned('application/octet-stream', content);
        const boundary = freshBoundary();
        const body = writtenBody(boundary, [rootPart(envelope), filePart('scan', content)]);
        return post(url, body, { 'Content-Type': relatedType(boundary) });
      };
      const large = randomBytes(4 << 20);
      const refused = await send(large);
      expect(refused.code).to.equal('BUSY');
      expect(refused.status).to.equal(503);
      expect(await settledDifferences(store.path, database)).to.deep.equal(noDifferences);
      const file = join(folder.path, 'large');
      await writeFile(file, large);
      const to = `${node.storeUrl}/${freshMessageId()}/large`;
      const login = ['-u', 'agency-a:agency-a-files', '--ftp-create-dirs'];
      const upload = promisify(execFile)('curl', ['-sS', ...login, '-T', file, to]);
      // RFC 959 §4.2.2: insufficient storage space.
      expect(await upload.catch(({ stderr }) => stderr)).to.match(/\b452\b/);
      // What came of the upload stays to be resumed, and takes the room.
      expect((await send(large)).code).to.equal('BUSY');
      expect((await send(randomBytes(10_000))).code).to.equal('BUSY');
      const neighbour = new Client(node.url, version, sandboxSigner('agency-a', 'ec'));
      const plain = { messageId: freshMessageId(), content: birthRequest('Сосед') };
      expect((await neighbour.sendRequest(plain)).code).to.equal(undefined);
      disk.grow(64);
      expect((await send(large)).code).to.equal(undefined);
      expect(await settledDifferences(store.path, database)).to.deep.equal(noDifferences);
    } finally {
      await node.stop();
      disk.remove();
      await Promise.all([folder.remove(), store.remove()]);
    }
  });
});
