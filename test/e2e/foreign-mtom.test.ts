import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { pollCall, sendRequestCall } from '../../src/smev/calls.ts';
import {
  smevNamespaces,
  soapNamespace,
  type Version,
  versions,
} from '../../src/smev/namespaces.ts';
import { full } from '../fault/full.ts';
import {
  type Agency,
  Client,
  freshMessageId,
  type SandboxKind,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached, partsOf, sha256 } from '../harness/files.ts';
import { checkout, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { opensslVerifies } from '../harness/openssl-cms.ts';
import { needXmlsec1, xmlsec1Verifies } from '../harness/xmlsec1.ts';
import {
  gsoapClient,
  javaClient,
  type MtomClient,
  needToolchain,
  toolchains,
} from './clients/mtom.ts';
import { type Recorder, startRecorder } from './clients/recorder.ts';

interface SentFile {
  readonly name: string;
  readonly octets: Buffer;
}

describe('MTOM of clients that others wrote', function () {
  this.timeout(300_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let recorder: Recorder;
  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
    recorder = await startRecorder(node.url);
  });
  after(async () => {
    await recorder?.close();
    await node?.stop();
    await folder?.remove();
  });

  const client = (agency: Agency, version: Version, kind: SandboxKind) =>
    new Client(node.url, version, sandboxSigner(agency, kind));

  const write = async (name: string, content: string | Uint8Array) => {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return path;
  };

  /** Two files; the second looks like parts of a multipart body. */
  async function someFiles(): Promise<readonly SentFile[]> {
    const tricky = Buffer.from(`\r\n--b\r\nContent-ID: <x>\r\n\r\n--\r\n${'ё'.repeat(1000)}\r\n`);
    const files = [
      { name: 'scan', octets: randomBytes(300_001) },
      { name: 'note', octets: tricky },
    ];
    for (const { name, octets } of files) await write(`${name}.sent`, octets);
    return files;
  }

  const words = (files: readonly SentFile[]) =>
    files.map(({ name }) => `${name}=${join(folder.path, `${name}.sent`)}`);

  /** The files' contents are `cid:NAME`, or nothing at all. */
  function signedRequest(
    version: Version,
    kind: SandboxKind,
    files: readonly SentFile[],
    isEmpty: boolean,
  ) {
    const messageId = freshMessageId();
    const call = {
      messageId,
      content: birthRequest('Тест'),
      files: {
        attached: files.map(({ name, octets }) => ({
          ...attached(name, octets, 'agency-a', kind),
          content: isEmpty ? { octets: Buffer.alloc(0) } : { part: name },
        })),
      },
    };
    const envelope = client('agency-a', version, kind).sign(sendRequestCall(version, call));
    return { messageId, envelope };
  }

  const signedPoll = (version: Version, kind: SandboxKind) =>
    client('agency-b', version, kind).sign(pollCall('GetRequest', version, { at: Date.now() }));

  /** What the foreign client wrote into its folder is what was sent, each signed by its sender. */
  async function expectReceived(
    inbox: string,
    files: readonly SentFile[],
    kind: SandboxKind,
  ): Promise<void> {
    for (const { name, octets } of files) {
      const path = join(inbox, name);
      expect(sha256(await readFile(path)), name).to.equal(sha256(octets));
      const judged = opensslVerifies(`${path}.p7s`, path, kind);
      if (judged === undefined) process.stdout.write('SKIPPED: OpenSSL has no GOST here\n');
      else expect(judged.good, judged.said).to.equal(true);
      const other = await write('other', 'not what was signed');
      expect(opensslVerifies(`${path}.p7s`, other, kind)?.good).not.to.equal(true);
    }
  }

  /** The answer went in parts, and xmlsec1 finds the node's signature in its root good. */
  async function expectSignedAnswer(version: Version, files: number): Promise<void> {
    const answer = recorder.lastAnswer();
    expect(answer.headers.get('content-type')).to.match(/^multipart\/related;/);
    const parts = await partsOf(answer);
    expect(parts.size).to.equal(files + 1);
    const root = parts.get('root')?.toString() ?? '';
    const { types } = smevNamespaces[version];
    const ids = ['MessageMetadata', 'Request', 'SenderProvidedRequestData'].map((element) => ({
      namespace: types,
      element,
    }));
    ids.push({ namespace: soapNamespace, element: 'Body' });
    const xpath = "//*[local-name()='SMEVSignature']/*[local-name()='Signature']";
    const certificate = join(checkout, 'certs.example', 'node.crt.pem');
    const judged = xmlsec1Verifies(root, xpath, certificate, ids);
    expect(judged.good, judged.said).to.equal(true);
    const spoiled = xmlsec1Verifies(root.replace('Тест', 'Тёст'), xpath, certificate, ids);
    expect(spoiled.good, 'spoiled').to.equal(false);
  }

  async function inbox(): Promise<string> {
    const path = join(folder.path, `inbox-${freshMessageId()}`);
    await mkdir(path);
    return path;
  }

  for (const version of full ? versions : (['1.3'] as const)) {
    describe(`in ${version}`, () => {
      const url = () => `${recorder.url}/smev/v${version}/ws`;
      let java: MtomClient;
      let gsoap: MtomClient;
      after(async () => {
        await java?.end();
        await gsoap?.end();
      });

      function needJava(context: Mocha.Context): void {
        needToolchain(context, toolchains.java);
        const wsdl = `${node.url}/smev/v${version}/ws?wsdl`;
        java ??= javaClient(join(folder.path, `java-${version}`), wsdl, `${url()}?wsdl`);
      }

      it('generated classes of JAX-WS send and receive, signed by GOST', async function () {
        needJava(this);
        const files = await someFiles();
        const { messageId, envelope } = signedRequest(version, 'gost', files, true);
        const path = await write('envelope.xml', envelope);
        const sent = await java.ask('typed-send', path, ...words(files));
        expect(sent, java.errors).to.equal(`sent ${messageId}`);
        const request = recorder.requests().at(-1)?.toString('latin1') ?? '';
        expect(request).to.match(/content-type: multipart\/related;.*application\/xop\+xml/i);
        const poll = await write('poll.xml', signedPoll(version, 'gost'));
        const box = await inbox();
        const received = await java.ask('typed-receive', poll, box);
        expect(received, java.errors).to.equal(`received ${messageId}`);
        await expectReceived(box, files, 'gost');
        expect((await client('agency-b', version, 'gost').ack(messageId)).code).to.equal(undefined);
      });

      it('SAAJ sends and receives attachments, signed by RSA', async function () {
        needJava(this);
        needXmlsec1(this);
        const files = await someFiles();
        const { messageId, envelope } = signedRequest(version, 'rsa', files, false);
        const path = await write('envelope.xml', envelope);
        const sent = await java.ask('saaj-send', path, ...words(files));
        expect(sent, java.errors).to.equal(`sent ${messageId}`);
        const poll = await write('poll.xml', signedPoll(version, 'rsa'));
        const box = await inbox();
        const received = await java.ask('saaj-receive', poll, box);
        expect(received, java.errors).to.equal(`received ${messageId} ${files.length}`);
        await expectReceived(box, files, 'rsa');
        await expectSignedAnswer(version, files.length);
        expect((await client('agency-b', version, 'rsa').ack(messageId)).code).to.equal(undefined);
      });

      it('gSOAP sends and receives, signed by RSA', async function () {
        needToolchain(this, toolchains.gsoap);
        needXmlsec1(this);
        gsoap ??= gsoapClient(join(folder.path, `gsoap-${version}`), version, url());
        const files = await someFiles();
        const { messageId, envelope } = signedRequest(version, 'rsa', files, true);
        const [before = '', , after = ''] = inside(envelope).split(
          /(<b:AttachmentContentList>.*<\/b:AttachmentContentList>)/s,
        );
        const data = await write('data.xml', before);
        const signature = await write('signature.xml', after);
        const sent = await gsoap.ask('send', data, signature, ...words(files));
        expect(sent, gsoap.errors).to.equal(`sent ${messageId}`);
        const request = recorder.requests().at(-1)?.toString('latin1') ?? '';
        expect(request).to.match(/content-type: multipart\/related;.*application\/xop\+xml/i);
        const selector = await write('selector.xml', inside(signedPoll(version, 'rsa')));
        const box = await inbox();
        const received = await gsoap.ask('receive', selector, box);
        expect(received, gsoap.errors).to.equal(`received ${messageId}`);
        await expectReceived(box, files, 'rsa');
        await expectSignedAnswer(version, files.length);
        expect((await client('agency-b', version, 'rsa').ack(messageId)).code).to.equal(undefined);
      });
    });
  }
});

/** What stands inside the payload of an envelope. */
function inside(envelope: string): string {
  const payload = /<soap:Body[^>]*>\s*<([\w:]+)[^>]*>(.*)<\/\1>\s*<\/soap:Body>/s.exec(envelope);
  return payload?.[2] ?? '';
}
