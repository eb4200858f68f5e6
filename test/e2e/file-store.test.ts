import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { gostDigest } from '../../src/gost/digest.ts';
import type { StoredCall } from '../../src/smev/file-texts.ts';
import { versions } from '../../src/smev/namespaces.ts';
import {
  type Agency,
  Client,
  freshMessageId,
  polledRequest,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import { sha256, signatureOf } from '../harness/files.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

const curl = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-g', ...args]);
  return stdout;
};

describe('the file store', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'), { MEZHVED_FTP_LISTEN: '127.0.0.1:0' });
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const client = (agency: Agency, version: (typeof versions)[number]) =>
    new Client(node.url, version, sandboxSigner(agency, 'gost'));
  const userOf = (agency: Agency) => `${agency}:${agency}-files`;

  /** Uploads the octets as an information system would, and says of them what a header says. */
  async function upload(agency: Agency, octets: Uint8Array, name: string): Promise<StoredCall> {
    const uuid = freshMessageId();
    const file = join(folder.path, `${uuid}.up`);
    await writeFile(file, octets);
    const url = `${node.storeUrl}/${uuid}/${encodeURIComponent(name)}`;
    await curl('-u', userOf(agency), '--ftp-create-dirs', '-T', file, url);
    return {
      uuid,
      hash: gostDigest('streebog256', octets),
      mimeType: 'application/octet-stream',
      signature: signatureOf(agency, 'gost', octets),
    };
  }

  /** Name, password and place of the file that a polled message gives access to. */
  function accessIn(text: string, message: 'Request' | 'Response') {
    const at = (name: string) =>
      textAt(text, `${message}Message`, message, 'FSAttachmentsList', 'FSAttachment', name) ?? '';
    return {
      user: at('UserName'),
      password: at('Password'),
      uuid: at('uuid'),
      name: at('FileName'),
    };
  }

  async function download(access: ReturnType<typeof accessIn>): Promise<Buffer> {
    const file = join(folder.path, `${freshMessageId()}.down`);
    const url = `${node.storeUrl}/${access.uuid}/${encodeURIComponent(access.name)}`;
    await curl('-u', `${access.user}:${access.password}`, '-o', file, url);
    return readFile(file);
  }

  const refused = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code?: number }) => `curl ${error.code}`,
    );

  for (const version of versions) {
    it(`carries files there and back in ${version}`, async () => {
      const sender = client('agency-a', version);
      const provider = client('agency-b', version);
      const messageId = freshMessageId();
      const octets = randomBytes(300_000);
      const stored = await upload('agency-a', octets, 'дело № 1.bin');
      const sent = await sender.sendRequest({
        messageId,
        content: birthRequest('Тест'),
        files: { stored: [stored] },
      });
      expect(sent.code).to.equal(undefined);
      const polled = await provider.poll('GetRequest');
      const access = accessIn(polled.text, 'Request');
      expect(access).to.include({ uuid: stored.uuid, name: 'дело № 1.bin' });
      expect(sha256(await download(access))).to.equal(sha256(octets));
      const part = join(folder.path, 'part');
      await writeFile(part, octets.subarray(0, 1000));
      const url = `${node.storeUrl}/${access.uuid}/${encodeURIComponent(access.name)}`;
      await curl('-u', `${access.user}:${access.password}`, '-C', '-', '-o', part, url);
      expect(sha256(await readFile(part))).to.equal(sha256(octets));

      const back = randomBytes(200_000);
      const answered = await provider.sendResponse(polledRequest(polled)?.replyTo ?? '', {
        content: birthResponse('Тест'),
        files: { stored: [await upload('agency-b', back, 'ответ.bin')] },
      });
      expect(answered.code).to.equal(undefined);
      expect((await provider.ack(messageId)).code).to.equal(undefined);
      // 67: the login was refused.
      expect(await refused(download(access))).to.equal('curl 67');
      const response = await sender.poll('GetResponse');
      const own = accessIn(response.text, 'Response');
      expect(sha256(await download(own))).to.equal(sha256(back));
      const path = ['ResponseMessage', 'Response', 'SenderProvidedResponseData', 'MessageID'];
      expect((await sender.ack(textAt(response.text, ...path) ?? '')).code).to.equal(undefined);
    });
  }

  it('resumes an upload that was cut off, and refuses a message about it before', async () => {
    const sender = client('agency-a', '1.3');
    const octets = randomBytes(500_000);
    const stored = await upload('agency-a', octets.subarray(0, 200_000), 'big.bin');
    const whole: StoredCall = {
      ...stored,
      hash: gostDigest('streebog256', octets),
      signature: signatureOf('agency-a', 'gost', octets),
    };
    const send = () =>
      sender.sendRequest({
        messageId: freshMessageId(),
        content: birthRequest('Тест'),
        files: { stored: [whole] },
      });
    expect((await send()).code).to.equal('FILE_HASH_DIFFERS');
    const file = join(folder.path, 'big.bin');
    await writeFile(file, octets);
    const url = `${node.storeUrl}/${stored.uuid}/big.bin`;
    await curl('-u', userOf('agency-a'), '-C', '-', '-T', file, url);
    expect((await send()).code).to.equal(undefined);
    expect((await send()).code).to.equal('FILE_NOT_UPLOADED');
  });

  it('shows an account nothing of another, and takes files into folders of UUIDs alone', async () => {
    const stored = await upload('agency-a', randomBytes(10), 'own.bin');
    const list = (agency: Agency) => curl('-u', userOf(agency), '-l', `${node.storeUrl}/`);
    expect(await list('agency-a')).to.include(stored.uuid);
    expect(await list('agency-b')).not.to.include(stored.uuid);
    const url = `${node.storeUrl}/${stored.uuid}/own.bin`;
    // 78: there is no such file, 9: no such folder.
    expect(await refused(curl('-u', userOf('agency-b'), url))).to.match(/^curl (9|78)$/);
    const file = join(folder.path, 'loose');
    await writeFile(file, 'x');
    const put = (path: string) =>
      refused(curl('-u', userOf('agency-a'), '-T', file, `${node.storeUrl}/${path}`));
    expect(await put('loose')).to.match(/^curl/);
    expect(await put('%2e%2e/agency-b/x')).to.match(/^curl/);
    expect(await refused(curl('-u', 'agency-a:wrong', `${node.storeUrl}/`))).to.equal('curl 67');
  });
});
