import { join } from 'node:path';
import { expect } from 'chai';
import { callerId } from '../../src/smev/calls.ts';
import { smevNamespaces, type Version, versions } from '../../src/smev/namespaces.ts';
import { operations } from '../../src/smev/operations.ts';
import { full } from '../fault/full.ts';
import { Client, freshMessageId, polledRequest, sandboxSigner } from '../harness/client.ts';
import { birthNamespace, birthRequest, birthResponse } from '../harness/content.ts';
import { checkout, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { needXmlsec1, unsignedSignature } from '../harness/xmlsec1.ts';
import { ForeignClient, listByGsoap, listByJava, needTool, tools } from './clients/foreign.ts';

type KeyKind = 'rsa' | 'ec';
type SigningTool = 'mezhved sign' | 'xmlsec1';

describe('clients that others wrote', function () {
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

  const wsdlOf = (version: Version) => `${node.url}/smev/v${version}/ws?wsdl`;

  function operationsOf(version: Version): string[] {
    const all = Object.keys(operations);
    return all.filter((name) => version !== '1.3' || name !== 'GetIncomingQueueStatistics').sort();
  }

  for (const version of versions) {
    it(`gSOAP reads the WSDL of ${version}`, function () {
      needTool(this, tools.gsoap);
      expect(listByGsoap(wsdlOf(version))).to.deep.equal(operationsOf(version));
    });

    it(`Java wsimport reads the WSDL of ${version}`, function () {
      needTool(this, tools.java);
      expect(listByJava(wsdlOf(version))).to.deep.equal(operationsOf(version));
    });

    for (const tool of ['zeep', 'php'] as const) {
      for (const [signing, kind] of [
        ['mezhved sign', 'rsa'],
        ['xmlsec1', 'ec'],
      ] as const) {
        // Each tool, version and way of signing; all of their combinations in the full run.
        if (!full && ((tool === 'zeep') === (version === '1.2')) === (signing === 'xmlsec1'))
          continue;
        it(`${tools[tool].name} exchanges in ${version}, signed by ${signing} (${kind})`, async function () {
          needTool(this, tools[tool]);
          if (signing === 'xmlsec1') needXmlsec1(this);
          const client = new ForeignClient(tool, {
            wsdl: wsdlOf(version),
            sign: signCommand(signing, kind, version),
            signature: unsignedSignature(callerId, kind),
          });
          try {
            expect(await client.ask({ do: 'operations' })).to.deep.equal(operationsOf(version));
            await exchange(client, version, kind);
          } finally {
            await client.end();
          }
        });
      }
    }
  }

  function signCommand(tool: SigningTool, kind: KeyKind, version: Version): string[] {
    const stem = join(checkout, 'certs.example', kind === 'ec' ? 'agency-a-ec' : 'agency-a');
    const [key, certificate] = [`${stem}.key.pem`, `${stem}.crt.pem`];
    if (tool === 'mezhved sign') {
      const main = join(checkout, 'dist', 'main.js');
      return [process.execPath, main, 'sign', '--key', key, '--cert', certificate];
    }
    const { types, basic } = smevNamespaces[version];
    return [
      ...['xmlsec1', '--sign', '--privkey-pem', `${key},${certificate}`],
      ...['--id-attr:Id', `${types}:SenderProvidedRequestData`],
      ...['--id-attr:Id', `${basic}:MessageTypeSelector`],
    ];
  }

  async function exchange(client: ForeignClient, version: Version, kind: KeyKind): Promise<void> {
    const messageId = freshMessageId();
    const chain = version === '1.2';
    const send = { do: 'send', messageId, chain, content: birthRequest('Тест') };
    expect(await client.ask(send)).to.deep.include({
      messageId,
      status: 'requestIsQueued',
      sender: 'agency-a',
      year: new Date().getUTCFullYear(),
      signature: 'Signature',
    });
    expect(await client.ask({ ...send, content: birthRequest('Другой') })).to.deep.include({
      fault: 'Server',
      element: 'MessageIsAlreadySent',
      code: 'MESSAGE_ALREADY_SENT',
    });

    const receive = () =>
      client.ask({
        do: 'receive',
        namespace: birthNamespace,
        root: 'BirthRecordRequest',
        timestamp: new Date().toISOString(),
      });
    expect(await receive()).to.deep.equal({ empty: true });
    const provider = new Client(node.url, version, sandboxSigner('agency-b', kind));
    const request = polledRequest(await provider.poll('GetRequest'));
    expect(request?.messageId).to.equal(messageId);
    const content = birthResponse('Ответ');
    expect((await provider.sendResponse(request?.replyTo ?? '', { content })).code).to.equal(
      undefined,
    );
    await provider.ack(messageId);

    const received = await receive();
    expect(received).to.deep.include({
      originalMessageId: messageId,
      content: 'BirthRecordResponse',
      name: 'Ответ',
      signature: 'Signature',
      senderSignature: 'Signature',
    });
    const sender = new Client(node.url, version, sandboxSigner('agency-a', kind));
    expect((await sender.ack(received.messageId)).code).to.equal(undefined);
  }
});
