import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { smevNamespaces, type Version, versions } from '../../src/smev/namespaces.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml, type XmlElement } from '../../src/xml/document.ts';
import { childElements, everyElement, type QName, qname } from '../../src/xml/navigate.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  sandboxSigner,
} from '../harness/client.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const reference = process.env['MEZHVED_REFERENCE'] ?? join(checkout, 'reference');

/** A real message type: its schema, main file first, beside a request and a response of it. */
const types = [
  {
    id: 'esia-find-account',
    folder: 'xsd/vs/esia-smev3/FIND',
    schema: 'esia_rg_find_account.xsd',
    more: 'commons',
  },
  {
    id: 'register-biometrics',
    folder: 'samples/nbp-ebs',
    schema: 'nbp-register-biometric.xsd',
    more: undefined,
  },
] as const;
type MessageType = (typeof types)[number];

describe('real business content', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async function () {
    if (types.some((type) => !existsSync(join(reference, type.folder)))) {
      process.stdout.write(
        'SKIPPED: real business content: provide the folder reference/ or MEZHVED_REFERENCE\n',
      );
      this.skip();
    }
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  for (const type of types) {
    it(`goes there and back unaltered: ${type.id}`, async () => {
      const request = readContent(join(reference, type.folder, 'Request0.xml'));
      const response = readContent(join(reference, type.folder, 'Response0.xml'));
      const declarations = join(folder.path, type.id);
      await writeDeclaration(declarations, type, request.root, response.root);
      const applied = await mezhved(['apply', declarations, '--json'], node.env);
      expect(applied.code, applied.stderr).to.equal(0);
      expect(JSON.parse(applied.stdout)).to.deep.include({ applied: true });
      for (const version of versions) await exchange(version, request, response);
    });
  }

  async function exchange(version: Version, request: Content, response: Content): Promise<void> {
    const sender = new Client(node.url, version, sandboxSigner('agency-a'));
    const provider = new Client(node.url, version, sandboxSigner('agency-b', 'ec'));
    const messageId = await sendOnceKnown(sender, request.text);

    const polled = await provider.poll('GetRequest', { type: request.root });
    const asked = polledRequest(polled);
    expect(asked?.messageId).to.equal(messageId);
    expectSame(polled, version, request);
    const answered = await provider.sendResponse(asked?.replyTo ?? '', { content: response.text });
    expect(answered.code).to.equal(undefined);
    expect((await provider.ack(messageId)).code).to.equal(undefined);

    const came = await sender.poll('GetResponse', { type: request.root });
    const told = polledResponse(came);
    expect(told?.originalMessageId).to.equal(messageId);
    expectSame(came, version, response);
    expect((await sender.ack(told?.messageId ?? '')).code).to.equal(undefined);
  }

  /** The node takes new declarations up within two seconds; until then it does not know the type. */
  async function sendOnceKnown(sender: Client, content: string): Promise<string> {
    const end = Date.now() + 5000;
    for (;;) {
      const messageId = freshMessageId();
      const { code } = await sender.sendRequest({ messageId, content });
      if (code === undefined) return messageId;
      expect(code).to.equal('CONTENT_TYPE_UNKNOWN');
      if (Date.now() > end) expect.fail('the node does not take up the message type');
      await wait(100);
    }
  }
});

async function writeDeclaration(
  folder: string,
  { id, folder: source, schema, more }: MessageType,
  request: QName,
  response: QName,
): Promise<void> {
  const main = join(reference, source, schema);
  const others = more === undefined ? [] : readdirSync(join(dirname(main), more));
  await mkdir(folder);
  const declaration = {
    kind: 'messageType',
    id,
    name: id,
    versions: [
      {
        namespace: request.namespace,
        requestRoot: request.local,
        responseRoot: response.local,
        schemas: [main, ...others.map((name) => join(dirname(main), more ?? '', name))],
      },
    ],
    senders: ['agency-a'],
    providers: ['agency-b'],
    route: { kind: 'queue' },
  };
  await writeFile(join(folder, `${id}.yaml`), stringify(declaration));
}

interface Content {
  readonly root: QName;
  /** The root element alone, as it stands in the file. */
  readonly text: string;
  /** Its exclusive canonical form. */
  readonly canonical: string;
}

function readContent(file: string): Content {
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8').replace(/^\uFEFF?(\s*<\?xml[^>]*\?>)?\s*/, '');
  return withXml(bytes, ({ root }) => ({
    root: qname(root),
    text: text.trim(),
    canonical: canonicalize(root).toString(),
  }));
}

/** Compared without showing either: the content is somebody's. */
function expectSame({ text }: Answer, version: Version, { canonical }: Content): void {
  const same = withXml(Buffer.from(text), (document) => {
    const primary = [...everyElement(document)].filter((each) => isPrimary(each, version));
    expect(primary.length, 'MessagePrimaryContent').to.equal(1);
    const [content, ...others] = primary.flatMap(childElements);
    expect(others.length, 'one child').to.equal(0);
    return content !== undefined && canonicalize(content).toString() === canonical;
  });
  expect(same, 'the content that came out is the one that went in').to.equal(true);
}

function isPrimary(element: XmlElement, version: Version): boolean {
  const { basic } = smevNamespaces[version];
  return element.name === 'MessagePrimaryContent' && element.namespaceUri === basic;
}
