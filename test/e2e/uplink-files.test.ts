import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { gostDigest } from '../../src/gost/digest.ts';
import { readDetached } from '../../src/pki/cms-read.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import { pollCall, type RequestCall, sendRequestCall } from '../../src/smev/calls.ts';
import {
  Client,
  freshMessageId,
  polledResponse,
  post,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import {
  attached,
  contentsOf,
  multipartOf,
  partsOf,
  sha256,
  signatureOf,
} from '../harness/files.ts';
import { opensslVerifies } from '../harness/openssl-cms.ts';
import { attachedMax, UplinkStand } from './uplink-stand.ts';

const response = ['ResponseMessage', 'Response', 'SenderProvidedResponseData'] as const;

describe('files over an uplink between two nodes', function () {
  this.timeout(180_000);
  let stand: UplinkStand;
  before(async () => {
    stand = await UplinkStand.begin();
  });
  after(() => stand?.end());

  const sender = () => new Client(stand.upper.url, '1.3', sandboxSigner('agency-a'));

  /** Sends a request above whose attached files go as parts of MTOM. */
  async function send(files: NonNullable<RequestCall['files']>, octets: readonly Buffer[] = []) {
    const messageId = freshMessageId();
    const call = { messageId, content: birthRequest('Связь'), files };
    const parts = octets.map((each, n) => ({ contentId: `part-${n}@example`, octets: each }));
    const { contentType, bytes } = multipartOf(sender().sign(sendRequestCall('1.3', call)), parts);
    const plain = 'text/xml; charset=utf-8';
    const [body, type] = parts.length > 0 ? [bytes, contentType] : [sign(call), plain];
    const sent = await post(`${stand.upper.url}/smev/v1.3/ws`, body, { 'Content-Type': type });
    expect(sent.code, sent.text).to.equal(undefined);
    return messageId;
  }
  const sign = (call: RequestCall) => sender().sign(sendRequestCall('1.3', call));
  const moved = (contentId: string, octets: Buffer, n = 0) => ({
    ...attached(contentId, octets, 'agency-a', 'rsa'),
    content: { part: `part-${n}@example` },
  });

  /** The next answer above, its attached files by their names; not acknowledged. */
  const received = () =>
    stand.until(async () => {
      const poll = sender().sign(pollCall('GetResponse', '1.3', { at: Date.now() }));
      const answer = await fetch(`${stand.upper.url}/smev/v1.3/ws`, {
        method: 'POST',
        body: poll,
        headers: { 'Content-Type': 'text/xml', Accept: 'text/xml, multipart/related' },
      });
      const isMultipart = /^multipart/.test(answer.headers.get('content-type') ?? '');
      const parts = isMultipart ? await partsOf(answer) : new Map<string, Buffer>();
      const text = parts.get('root')?.toString() ?? (await answer.text());
      const polled = polledResponse({ text } as Parameters<typeof polledResponse>[0]);
      if (polled === undefined) return undefined;
      const files = new Map(
        [...contentsOf(text)].map(([id, href]) => [id, parts.get(href.replace('cid:', ''))]),
      );
      return { ...polled, text, files };
    });
  /** On a busy machine a lease is over before: then it comes again. */
  async function acknowledged<T extends { readonly messageId: string }>(answer: T): Promise<T> {
    for (let last = answer.messageId; ; last = (await received()).messageId) {
      if ((await sender().ack(last)).code === undefined) return answer;
    }
  }
  const rejectionOf = (text: string) =>
    textAt(text, ...response, 'RequestRejected', 'RejectionReasonDescription') ?? '';

  it('go down and back, one attached and one stored each way, with their signatures', async () => {
    const [scan, large] = [randomBytes(100_000), randomBytes(2_000_000)];
    const upload = await stand.upload(large, 'дело № 1.bin');
    const call = { attached: [moved('scan', scan)], stored: [upload] };
    const messageId = await send(call, [scan]);
    const files = await stand.atAgency(messageId);
    expect([...files.keys()]).to.deep.equal(['scan', upload.uuid]);
    const [first, second] = [...files.values()];
    expect(sha256(await readFile(first?.path ?? ''))).to.equal(sha256(scan));
    expect(sha256(await readFile(second?.path ?? ''))).to.equal(sha256(large));
    const signatures = [call.attached[0]?.signature, upload.signature];
    for (const [n, file] of [first, second].entries()) {
      const came = await readFile(file?.signature ?? '');
      expect(came.equals(Buffer.from(signatures[n] ?? [])), 'octet for octet').to.equal(true);
    }
    const verdict = opensslVerifies(first?.signature ?? '', first?.path ?? '', 'rsa');
    expect(verdict?.good, verdict?.said).to.equal(true);

    const [note, book] = [randomBytes(5000), randomBytes(attachedMax + 1)];
    const signature = Buffer.from(signatureOf('agency-b', 'gost', book));
    const given = { 'note.bin': note, 'книга.bin': book, 'книга.bin.p7s': signature };
    await stand.answer(messageId, birthResponse('Связь'), given);
    const answer = await received();
    expect(answer.originalMessageId).to.equal(messageId);
    expect([...answer.files.values()].map((each) => sha256(each ?? Buffer.alloc(0)))).to.deep.equal(
      [sha256(note)],
    );
    const own = await stand.download(answer.text);
    expect([own.name, sha256(own.octets)]).to.deep.equal(['книга.bin', sha256(book)]);
    const [, cms = ''] = [...answer.text.matchAll(/SignaturePKCS7[^>]*>([^<]+)</g)].map(
      ([, x]) => x,
    );
    expect(Buffer.from(cms, 'base64').equals(signature), 'octet for octet').to.equal(true);
    const digest = gostDigest('streebog256', own.octets);
    verifyDetached(readDetached(Buffer.from(cms, 'base64'), { gost2001: false }), digest);
    await acknowledged(answer);
    await stand.expectNoLeftovers();
  });

  it('are told by name to the sender where they are not what was signed', async () => {
    await stand.lower.stop();
    const [scan, large] = [randomBytes(50_000), randomBytes(300_000)];
    const upload = await stand.upload(large, 'large.bin');
    const ids = [
      await send({ stored: [upload] }),
      await send({ attached: [moved('scan', scan)] }, [scan]),
    ];
    await stand.spoil(large);
    await stand.spoil(scan);
    await stand.startLower();
    const told = new Map<string | undefined, string>();
    for (const _ of ids) {
      const { originalMessageId, text } = await acknowledged(await received());
      told.set(originalMessageId, rejectionOf(text));
    }
    const hash = told.get(ids[0]);
    expect(hash).to.include(upload.uuid).and.include('хэш файла').and.include('another hash');
    expect(told.get(ids[1])).to.include('ATTACHMENT_SIGNATURE_INVALID').and.include('«scan»');
    await stand.expectNoLeftovers();
  });

  it('are told to the sender where they are more than is taken here', async () => {
    const large = randomBytes(attachedMax + 1);
    const messageId = await send({ attached: [moved('scan', large)] }, [large]);
    const answer = await acknowledged(await received());
    expect(answer.originalMessageId).to.equal(messageId);
    expect(rejectionOf(answer.text)).to.include('больше допустимого').and.include('larger than');
    await stand.expectNoLeftovers();
  });

  it('of the store do not go without fileStore: the sender is told, an answer waits for it', async () => {
    await stand.lower.stop();
    await stand.startLower({ fileStore: false });
    const refused = await send({ stored: [await stand.upload(randomBytes(10), 'x.bin')] });
    const rejection = await acknowledged(await received());
    expect(rejection.originalMessageId).to.equal(refused);
    expect(rejectionOf(rejection.text)).to.include('files of the store are not carried');
    const bare = await send({});
    await stand.atAgency(bare);
    const book = randomBytes(attachedMax + 1);
    await stand.answer(bare, birthResponse('Связь'), { 'book.bin': book });
    const isTold = async () => stand.lower.output().includes('and it goes on') || undefined;
    await stand.until(isTold);
    expect(stand.lower.output()).to.include('set fileStore of the uplink');
    await stand.lower.stop();
    await stand.startLower();
    const answer = await received();
    expect(answer.originalMessageId).to.equal(bare);
    expect(sha256((await stand.download(answer.text)).octets)).to.equal(sha256(book));
    await acknowledged(answer);
    await stand.expectNoLeftovers();
  });

  it('come once each way, though the node below is killed before either side has accepted', async () => {
    const [scan, large] = [randomBytes(10_000), randomBytes(500_000)];
    const earlier = await stand.requests();
    const below = await stand.shutGate('lower');
    const upload = await stand.upload(large, 'large.bin');
    const messageId = await send({ attached: [moved('scan', scan)], stored: [upload] }, [scan]);
    // Its files are here, and it is not accepted.
    await below.reached();
    await stand.lower.kill();
    await stand.openGate('lower');
    await stand.startLower();
    const files = await stand.atAgency(messageId);
    expect(files.size).to.equal(2);

    const above = await stand.shutGate('upper');
    const book = randomBytes(attachedMax + 1);
    await stand.answer(messageId, birthResponse('Связь'), { 'book.bin': book, 'a.bin': scan });
    // Its files are above; whether it is accepted there the node below will not hear.
    await above.reached();
    await stand.lower.kill();
    await stand.openGate('upper');
    await stand.startLower();
    const answer = await acknowledged(await received());
    expect(answer.originalMessageId).to.equal(messageId);
    const now = await stand.requests();
    expect(now.filter((name) => !earlier.includes(name))).to.have.lengthOf(1);
    // Whatever would come twice has come by the time that another is answered.
    const next = await send({});
    await stand.atAgency(next);
    await stand.answer(next, birthResponse('Связь'), {});
    expect((await acknowledged(await received())).originalMessageId).to.equal(next);
    await stand.expectNoLeftovers();
  });
});
