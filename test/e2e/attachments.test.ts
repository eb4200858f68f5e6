import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { pollCall, sendRequestCall } from '../../src/smev/calls.ts';
import { type Version, versions } from '../../src/smev/namespaces.ts';
import {
  type Agency,
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  post,
  type SandboxKind,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest, birthResponse, paymentRequest } from '../harness/content.ts';
import { attached, contentsOf, multipartOf, partsOf, sha256 } from '../harness/files.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

describe('attachments over HTTP', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(folder.path);
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const client = (agency: Agency, version: Version, kind: SandboxKind = 'rsa') =>
    new Client(node.url, version, sandboxSigner(agency, kind));

  for (const [version, kind] of [
    ...versions.map((each) => [each, 'rsa'] as const),
    ['1.3', 'gost'] as const,
    ['1.2', 'gost512'] as const,
    ['1.1', 'ec'] as const,
  ]) {
    it(`go there and back in base64 in ${version} with ${kind} keys`, async () => {
      const sender = client('agency-a', version, kind);
      const provider = client('agency-b', version, kind);
      const messageId = freshMessageId();
      const files = [randomBytes(100_000), randomBytes(1), Buffer.alloc(0)];
      const sent = await sender.sendRequest({
        messageId,
        content: birthRequest('Тест'),
        files: { attached: files.map((file, n) => attached(`file_${n}`, file, 'agency-a', kind)) },
      });
      expect(sent.code).to.equal(undefined);
      const polled = await provider.poll('GetRequest');
      const request = polledRequest(polled);
      expect(request?.messageId).to.equal(messageId);
      const came = contentsOf(polled.text);
      for (const [n, file] of files.entries()) {
        const octets = Buffer.from(came.get(`file_${n}`) ?? '', 'base64');
        expect(sha256(octets)).to.equal(sha256(file));
      }
      const back = randomBytes(5000);
      const answered = await provider.sendResponse(request?.replyTo ?? '', {
        content: birthResponse('Тест'),
        files: { attached: [attached('scan', back, 'agency-b', kind)] },
      });
      expect(answered.code).to.equal(undefined);
      expect((await provider.ack(messageId)).code).to.equal(undefined);
      const response = await sender.poll('GetResponse');
      expect(contentsOf(response.text).get('scan')).to.equal(back.toString('base64'));
      const id = polledResponse(response)?.messageId ?? '';
      expect((await sender.ack(id)).code).to.equal(undefined);
    });
  }

  for (const version of versions) {
    it(`go there and back in parts of a multipart message in ${version}`, async () => {
      const sender = client('agency-a', version, 'gost');
      const messageId = freshMessageId();
      const octets = randomBytes(1_000_000);
      const part = 'a scan/1@пример';
      const file = { ...attached('scan', octets, 'agency-a', 'gost'), content: { part } };
      const call = { messageId, content: birthRequest('Тест'), files: { attached: [file] } };
      const envelope = sender
        .sign(sendRequestCall(version, call))
        .replace(`cid:${part}`, `cid:${encodeURIComponent('a_scan/1@example')}`);
      const { contentType, bytes } = multipartOf(envelope, [
        { contentId: 'a_scan/1@example', octets },
      ]);
      const sent = await post(`${node.url}/smev/v${version}/ws`, bytes, {
        'Content-Type': contentType,
      });
      expect(sent.code).to.equal(undefined);
      expect(sent.headers.get('content-type')).to.equal('text/xml; charset=utf-8');

      const provider = client('agency-b', version);
      const poll = provider.sign(pollCall('GetRequest', version, { at: Date.now() }));
      const answer = await fetch(`${node.url}/smev/v${version}/ws`, {
        method: 'POST',
        body: poll,
        headers: { 'Content-Type': 'text/xml', Accept: 'text/xml, multipart/related' },
      });
      expect(answer.headers.get('content-type')).to.match(/^multipart\/related;/);
      const parts = await partsOf(answer);
      const root = parts.get('root')?.toString() ?? '';
      const href = contentsOf(root).get('scan') ?? '';
      expect(sha256(parts.get(href.replace('cid:', '')) ?? Buffer.alloc(0))).to.equal(
        sha256(octets),
      );
      expect((await provider.ack(messageId)).code).to.equal(undefined);
    });
  }

  it('are refused at once where the route of the type carries none', async () => {
    const sent = await client('agency-a', '1.3').sendRequest({
      messageId: freshMessageId(),
      content: paymentRequest(),
      files: { attached: [attached('scan', randomBytes(10))] },
    });
    expect(sent.code).to.equal('ATTACHMENTS_NOT_CARRIED');
  });

  it('that are missing, unsigned, signed wrongly or not what they claim are refused by name', async () => {
    const sender = client('agency-a', '1.3');
    const octets = randomBytes(100);
    const good = attached('file', octets);
    const send = async (text: string) => (await sender.post(text, 'SendRequest')).code;
    const call = (files: Parameters<typeof sendRequestCall>[1]['files']) =>
      sender.sign(
        sendRequestCall('1.3', {
          messageId: freshMessageId(),
          content: birthRequest('Тест'),
          ...(files === undefined ? {} : { files }),
        }),
      );
    const { signature: _, ...unsigned } = good;
    expect(await send(call({ attached: [unsigned] }))).to.equal('ATTACHMENT_SIGNATURE_MISSING');
    const other = { ...good, content: { octets: randomBytes(100) } };
    expect(await send(call({ attached: [other] }))).to.equal('ATTACHMENT_SIGNATURE_INVALID');
    const pdf = { ...good, mimeType: 'application/pdf' };
    expect(await send(call({ attached: [pdf] }))).to.equal('ATTACHMENT_TYPE');
    const twice = call({ attached: [good] }).replace('<b:Id>file</b:Id>', '<b:Id>other</b:Id>');
    expect(await send(twice)).to.equal('ATTACHMENTS_DISAGREE');
    const stored = { uuid: freshMessageId(), hash: randomBytes(32), mimeType: 'text/plain' };
    const { signature } = good;
    expect(await send(call({ stored: [{ ...stored, ...(signature && { signature }) }] }))).to.equal(
      'FILE_NOT_UPLOADED',
    );
    const part = { ...good, content: { part: 'nowhere' } };
    expect(await send(call({ attached: [part] }))).to.equal('XOP_INCLUDE');
    expect(await send(call({ attached: [good] }))).to.equal(undefined);
  });
});
