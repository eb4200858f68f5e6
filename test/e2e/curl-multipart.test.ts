import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { pollCall, sendRequestCall } from '../../src/smev/calls.ts';
import { Client, freshMessageId, post, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached, contentsOf, sha256 } from '../harness/files.ts';
import { filePart, type WrittenPart, writtenBody } from '../harness/multipart-text.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { needReference } from '../oracle/schema-reference.ts';

const version = '1.3';
const scan = randomBytes(100_003);
const note = Buffer.from('строка = значение\r\n--b\r\n.\n \t\n');

function encoded(contentId: string, encoding: string, octets: string): WrittenPart {
  const headers = [
    `content-id:<${contentId}>`,
    'CONTENT-TYPE: application/octet-stream;\r\n\tname="файл"',
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return { headers, octets };
}

/** RFC 2045 §6.7, every octet escaped, in lines of 72 characters. */
function quotedPrintable(octets: Uint8Array): string {
  const hex = [...octets].map((octet) => `=${octet.toString(16).padStart(2, '0').toUpperCase()}`);
  return (hex.join('').match(/.{1,72}/g) ?? []).join('=\r\n');
}

const inLines = (octets: Buffer) =>
  (octets.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n');

describe('multipart messages posted by curl', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const urlOf = (of: string) => `${node.url}/smev/v${of}/ws`;

  /** Status, and the answer in a file. */
  async function curl(contentType: string, body: Uint8Array, more: readonly string[] = []) {
    const [sent, came] = [join(folder.path, 'sent'), join(folder.path, 'came')];
    await writeFile(sent, body);
    const { stdout } = await promisify(execFile)('curl', [
      ...['-sS', '-o', came, '-w', '%{http_code} %{content_type}'],
      ...['-H', `Content-Type: ${contentType}`, '--data-binary', `@${sent}`],
      ...[...more, urlOf(version)],
    ]);
    return { said: stdout, answer: await readFile(came, 'utf8') };
  }

  function signedRequest(): { messageId: string; root: (id: string) => WrittenPart } {
    const messageId = freshMessageId();
    const files = [
      { ...attached('scan', scan), content: { part: 'scan' } },
      { ...attached('note', note), content: { part: 'note' } },
    ];
    const call = { messageId, content: birthRequest('Тест'), files: { attached: files } };
    const envelope = new Client('', version, sandboxSigner('agency-a')).sign(
      sendRequestCall(version, call),
    );
    const headers = (id: string) => [
      'Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"',
      'Content-Transfer-Encoding: 8bit',
      `Content-ID: <${id}>`,
    ];
    return { messageId, root: (id) => ({ headers: headers(id), octets: envelope }) };
  }

  async function expectDelivered(messageId: string): Promise<void> {
    const provider = new Client(node.url, version, sandboxSigner('agency-b'));
    const { text } = await provider.poll('GetRequest');
    const came = contentsOf(text);
    for (const [name, octets] of [
      ['scan', scan],
      ['note', note],
    ] as const) {
      expect(sha256(Buffer.from(came.get(name) ?? '', 'base64')), name).to.equal(sha256(octets));
    }
    expect((await provider.ack(messageId)).code).to.equal(undefined);
  }

  const type = 'multipart/related; type="application/xop+xml"; start-info="text/xml"';
  const cases: Readonly<
    Record<string, (root: (id: string) => WrittenPart) => readonly [string, Uint8Array]>
  > = {
    'with the root last, named by start': (root) => [
      `${type}; start="<r@x>"; boundary="b 1"`,
      writtenBody('b 1', [filePart('note', note), filePart('scan', scan), root('r@x')]),
    ],
    'with the root between the others': (root) => [
      `${type}; boundary=b2; start="<r>"`,
      writtenBody('b2', [filePart('scan', scan), root('r'), filePart('note', note)]),
    ],
    'with a boundary without quotes, and no other parameter': (root) => [
      'multipart/related;boundary=----=_Part_7_123.456',
      writtenBody('----=_Part_7_123.456', [
        root('r'),
        filePart('note', note),
        filePart('scan', scan),
      ]),
    ],
    'with base64 and quoted-printable': (root) => [
      `Multipart/Related; Boundary="b4"; ${type.slice(type.indexOf(';') + 2)}`,
      writtenBody('b4', [
        root('r'),
        encoded('scan', 'BASE64', inLines(scan)),
        encoded('note', 'Quoted-Printable', quotedPrintable(note)),
      ]),
    ],
    'with a preamble and an epilogue': (root) => [
      `${type}; boundary=b5`,
      Buffer.concat([
        Buffer.from('This is a multi-part message in MIME format.\r\n--b\r\n'),
        writtenBody('b5', [root('r'), filePart('scan', scan), filePart('note', note)]),
        Buffer.from('\r\nthe end\r\n--b5\r\n'),
      ]),
    ],
  };
  for (const [name, make] of Object.entries(cases)) {
    it(`are read ${name}`, async () => {
      const { messageId, root } = signedRequest();
      const [contentType, body] = make(root);
      const { said, answer } = await curl(contentType, body);
      expect(said, answer).to.equal('200 text/xml; charset=utf-8');
      await expectDelivered(messageId);
    });
  }

  it('are read in chunks of HTTP', async () => {
    const { messageId, root } = signedRequest();
    const parts = [root('r'), filePart('scan', scan), filePart('note', note)];
    const { said, answer } = await curl(`${type}; boundary=b6`, writtenBody('b6', parts), [
      ...['-H', 'Transfer-Encoding: chunked'],
    ]);
    expect(said, answer).to.equal('200 text/xml; charset=utf-8');
    await expectDelivered(messageId);
  });

  it('are answered in parts where curl accepts them', async () => {
    const { messageId, root } = signedRequest();
    const parts = [root('r'), filePart('scan', scan), filePart('note', note)];
    await curl(`${type}; boundary=b7`, writtenBody('b7', parts));
    const provider = new Client(node.url, version, sandboxSigner('agency-b'));
    const poll = provider.sign(pollCall('GetRequest', version, { at: Date.now() }));
    const { said, answer } = await curl('text/xml', Buffer.from(poll), [
      ...['-H', 'Accept: multipart/related'],
    ]);
    expect(said).to.match(/^200 multipart\/related;/);
    expect(answer).to.include(messageId);
    expect((await provider.ack(messageId)).code).to.equal(undefined);
  });

  // What is printed is the code alone: the message was written by others and holds people's data.
  it('a captured message gets as far as its signature', async function () {
    const samples = join(needReference(this), 'samples', 'etalon-EBBS');
    const bytes = readFileSync(join(samples, 'SendRequestRequestAttachMTOM.txt'));
    const head = /^[\s\S]*?\r?\n\r?\n/.exec(bytes.toString('latin1'))?.[0] ?? '';
    const contentType = /^content-type:[ \t]*(.*?)\r?$/im.exec(head)?.[1] ?? '';
    const boundary = /boundary="([^"]+)"/.exec(contentType)?.[1];
    // The capture stops in the headers of the attachment.
    const rest = Buffer.from(`\r\n\r\n${'x'.repeat(5000)}\r\n--${boundary}--\r\n`);
    const body = Buffer.concat([bytes.subarray(head.length), rest]);
    const headers = { 'Content-Type': contentType, SOAPAction: '"urn:SendRequest"' };
    const { code, element } = await post(urlOf('1.1'), body, headers);
    expect(code).to.match(/^(SIGNATURE|CERTIFICATE)_/);
    expect(element).to.equal('SignatureVerificationFault');
    process.stdout.write(`        refused by ${code}\n`);
  });
});
