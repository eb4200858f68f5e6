import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { gostDigest } from '../../src/gost/digest.ts';
import { readDetached } from '../../src/pki/cms-read.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import type { StoredCall } from '../../src/smev/file-texts.ts';
import {
  type Agency,
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { birthNamespace, birthRequest, birthResponse } from '../harness/content.ts';
import { attached, contentsOf, sha256, signatureOf } from '../harness/files.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { makeTlsPair } from '../harness/tls-pair.ts';

const run = promisify(execFile);
const certs = join(checkout, 'certs.example');

describe('files through two nodes in a chain', function () {
  this.timeout(180_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  /** Here the request is sent; it is an information system of the second. */
  let first: NodeProcess;
  /** Here it is answered; its file store demands TLS. */
  let second: NodeProcess;
  let ca: string;
  before(async () => {
    folder = await temporaryFolder();
    const env = { MEZHVED_FTP_LISTEN: '127.0.0.1:0' };
    const pair = makeTlsPair(folder.path);
    ca = pair.certificate;
    const secure = join(folder.path, 'second.yaml');
    const tls = { mode: 'required', ...pair };
    await writeFile(secure, stringify({ compute: { threads: 1 }, attachments: { ftp: { tls } } }));
    second = await startNode(join(folder.path, 'second'), { ...env, MEZHVED_CONFIG: secure });
    first = await startNode(join(folder.path, 'first'), env);
    const { code, stderr } = await mezhved(['apply', await declaration()], first.env);
    expect(code, stderr).to.equal(0);
    for (let n = 0; !first.output().includes('configuration taken up') && n < 300; n += 1) {
      await wait(100);
    }
  });
  after(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
    await folder?.remove();
  });

  /** The type birth-record of the first node, routed to the second. */
  async function declaration(): Promise<string> {
    const [userFile, passwordFile] = [join(folder.path, 'user'), join(folder.path, 'password')];
    await writeFile(userFile, 'agency-a\n');
    await writeFile(passwordFile, 'agency-a-files\n');
    const type = {
      kind: 'messageType',
      id: 'birth-record',
      name: 'Сведения о рождении (испытание)',
      versions: [
        {
          namespace: birthNamespace,
          requestRoot: 'BirthRecordRequest',
          responseRoot: 'BirthRecordResponse',
          schemas: [join(checkout, 'config/sandbox/schemas/birth-record-1.0.0.xsd')],
        },
      ],
      senders: ['agency-a'],
      providers: ['agency-b'],
      route: {
        kind: 'smev',
        url: `${second.url}/smev/v1.3/ws`,
        version: '1.3',
        key: join(certs, 'agency-a.key.pem'),
        certificate: join(certs, 'agency-a.crt.pem'),
        trust: join(certs, 'node.crt.pem'),
        pollMs: 200,
        fileStore: { url: second.storeUrl, userFile, passwordFile, tls: { ca } },
      },
    };
    const file = join(folder.path, 'birth-record.yaml');
    await writeFile(file, stringify(type));
    return file;
  }

  function curl(node: NodeProcess, ...words: string[]) {
    const tls = node === second ? ['--ssl-reqd', '--cacert', ca] : [];
    return run('curl', ['-sS', '-g', ...tls, ...words]);
  }

  async function upload(
    node: NodeProcess,
    agency: Agency,
    octets: Buffer,
    name: string,
    hash: 'streebog256' | 'streebog512' = 'streebog256',
  ) {
    const uuid = freshMessageId();
    const file = join(folder.path, `${uuid}.up`);
    await writeFile(file, octets);
    const url = `${node.storeUrl}/${uuid}/${encodeURIComponent(name)}`;
    const user = `${agency}:${agency}-files`;
    await curl(node, '-u', user, '--ftp-create-dirs', '-T', file, url);
    const stored: StoredCall = {
      uuid,
      fileName: name,
      hash: gostDigest(hash, octets),
      mimeType: 'application/octet-stream',
      signature: signatureOf(agency, 'gost', octets),
    };
    return stored;
  }

  /** The one file of the store that a polled message gives access to. */
  async function download(node: NodeProcess, text: string, message: 'Request' | 'Response') {
    const at = (name: string) =>
      textAt(text, `${message}Message`, message, 'FSAttachmentsList', 'FSAttachment', name) ?? '';
    const file = join(folder.path, `${freshMessageId()}.down`);
    const url = `${node.storeUrl}/${at('uuid')}/${encodeURIComponent(at('FileName'))}`;
    const user = `${at('UserName')}:${at('Password')}`;
    await curl(node, '-u', user, '-o', file, url);
    return { name: at('FileName'), octets: await readFile(file) };
  }

  async function until<T>(
    poll: () => Promise<Answer>,
    read: (answer: Answer) => T | undefined,
  ): Promise<T & { readonly text: string }> {
    for (let n = 0; n < 600; n += 1) {
      const answer = await poll();
      const found = read(answer);
      if (found !== undefined) return { ...found, text: answer.text };
      await wait(100);
    }
    throw new Error(`it did not come:\n${first.output()}\n${second.output()}`);
  }

  it('go there and back, one attached and one stored each way, with their signatures', async () => {
    const sender = new Client(first.url, '1.3', sandboxSigner('agency-a', 'gost'));
    const provider = new Client(second.url, '1.2', sandboxSigner('agency-b'));
    const [scan, large] = [randomBytes(100_000), randomBytes(3_000_000)];
    const messageId = freshMessageId();
    const sent = await sender.sendRequest({
      messageId,
      content: birthRequest('Цепь'),
      files: {
        attached: [attached('scan', scan, 'agency-a', 'gost')],
        stored: [await upload(first, 'agency-a', large, 'дело № 1.bin')],
      },
    });
    expect(sent.code).to.equal(undefined);

    const request = await until(() => provider.poll('GetRequest'), polledRequest);
    expect(request.messageId).to.equal(messageId);
    const came = Buffer.from(contentsOf(request.text).get('scan') ?? '', 'base64');
    expect(sha256(came)).to.equal(sha256(scan));
    const fetched = await download(second, request.text, 'Request');
    expect([fetched.name, sha256(fetched.octets)]).to.deep.equal(['дело № 1.bin', sha256(large)]);

    const [answer, back] = [randomBytes(50_000), randomBytes(2_000_000)];
    const answered = await provider.sendResponse(request.replyTo, {
      content: birthResponse('Цепь'),
      files: {
        attached: [attached('ответ', answer, 'agency-b', 'gost')],
        stored: [await upload(second, 'agency-b', back, 'ответ.bin', 'streebog512')],
      },
    });
    expect(answered.code).to.equal(undefined);
    expect((await provider.ack(messageId)).code).to.equal(undefined);

    const response = await until(() => sender.poll('GetResponse'), polledResponse);
    expect(response.originalMessageId).to.equal(messageId);
    const got = Buffer.from(contentsOf(response.text).get('ответ') ?? '', 'base64');
    expect(sha256(got)).to.equal(sha256(answer));
    const own = await download(first, response.text, 'Response');
    expect([own.name, sha256(own.octets)]).to.deep.equal(['ответ.bin', sha256(back)]);
    const signatures = [...response.text.matchAll(/SignaturePKCS7>([^<]+)</g)];
    expect(signatures).to.have.lengthOf(2);
    for (const [n, octets] of [answer, back].entries()) {
      const cms = Buffer.from(signatures[n]?.[1] ?? '', 'base64');
      const digest = gostDigest('streebog256', octets);
      expect(() => verifyDetached(readDetached(cms, { gost2001: false }), digest)).not.to.throw();
    }
    expect((await sender.ack(response.messageId)).code).to.equal(undefined);
    // It was acknowledged upstream, and its files are not to be had there any more.
    const again = new Client(second.url, '1.3', sandboxSigner('agency-a'));
    expect(polledResponse(await again.poll('GetResponse'))).to.equal(undefined);
  });
});
