import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import type { FileDesk } from '../../src/connectors/arriving-files.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { rest } from '../../src/connectors/rest.ts';
import { multipartHead, type PartToWrite } from '../../src/soap/multipart-writer.ts';
import { carriedFile } from '../exchange/file-stand.ts';
import { partsOf, sha256 } from '../harness/files.ts';
import { temporaryFolder } from '../harness/node.ts';
import { agencyRequest, closeServer, failureOf, listen, never } from './agencies.ts';
import { askRoot, askXml, messageType, routeOf, tellXml } from './message-type.ts';

interface Came {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A message of these parts as bytes; the fileName of each is its Content-ID with an ending. */
function multipart(parts: Readonly<Record<string, Buffer>>, fileName = 'Ответ "1".bin') {
  const written = Object.keys(parts).map((contentId): PartToWrite => {
    const signature = contentId.endsWith('.p7s');
    const mimeType = signature ? 'application/pkcs7-signature' : 'application/octet-stream';
    return { contentId, mimeType, fileName };
  });
  const type = { part: 'application/xml; charset=utf-8', type: 'application/xml' };
  const { contentType, body } = multipartHead('b0undary', Buffer.from(tellXml), written, type);
  const pieces = body.map((piece) =>
    piece instanceof Uint8Array ? piece : (parts[piece.contentId] ?? Buffer.alloc(0)),
  );
  return { contentType, bytes: Buffer.concat(pieces) };
}

describe('the rest connector and files', function () {
  this.timeout(60_000);
  let stored: Awaited<ReturnType<typeof temporaryFolder>>;
  let desk: FileDesk;
  let came: Came[];
  let answer: (response: ServerResponse) => void;
  let url: string;
  let connector: Connector;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      came.push({ headers: request.headers, body });
      answer(response);
    });
  });
  before(async () => {
    url = `http://localhost:${await listen(server)}/records`;
  });
  after(() => closeServer(server));
  beforeEach(async () => {
    came = [];
    stored = await temporaryFolder();
    desk = { store: new LocalFiles(stored.path, randomBytes), filesMax: 3, bytesMax: 300_000 };
    const route = routeOf('rest', { url, timeoutMs: 20_000, files: 'multipart' });
    connector = rest(route, messageType(route), undefined, desk);
  });
  afterEach(async () => {
    await connector.close();
    await stored.remove();
  });
  const left = async () =>
    (await readdir(stored.path, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    ).length;
  const octets = randomBytes(400_000);
  const signature = randomBytes(90);
  const request = agencyRequest(askXml, askRoot, {
    files: [
      carriedFile(octets, { name: 'скан <1>', signature }),
      carriedFile(Buffer.alloc(0), { name: 'b', fileName: 'Дело №2.pdf', place: 'stored' }),
    ],
  });
  const plain = (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/xml' }).end(tellXml);

  it('posts them as parts of one message whose root is the content', async () => {
    answer = plain;
    expect((await connector.deliver(request, never)).kind).to.equal('content');
    const [{ headers, body } = { headers: {}, body: octets }] = came;
    expect(headers['content-type']).to.match(
      /^multipart\/related; type="application\/xml"; start="<root@mezhved>"/,
    );
    expect(Number(headers['content-length'])).to.equal(body.byteLength);
    const type = String(headers['content-type']);
    const parts = await partsOf(
      new Response(new Uint8Array(body), { headers: { 'content-type': type } }),
    );
    expect([...parts.keys()]).to.deep.equal([...['root', 'скан %3C1%3E', 'скан %3C1%3E.p7s', 'b']]);
    expect(parts.get('root')?.toString()).to.equal(askXml);
    expect(parts.get('скан %3C1%3E')?.equals(octets)).to.equal(true);
    expect(parts.get('скан %3C1%3E.p7s')?.equals(signature)).to.equal(true);
    const text = body.toString('latin1');
    expect(text).to.include(`filename*=UTF-8''${encodeURIComponent('Дело №2.pdf')}`);
    expect(text).to.include('Content-Type: application/xml; charset=utf-8');
  });

  it('posts nothing else for a request without files, and takes files back all the same', async () => {
    const files = { scan: octets.subarray(0, 200_000), 'scan.p7s': signature, b: Buffer.alloc(0) };
    const { contentType, bytes } = multipart(files);
    answer = (response) => response.writeHead(200, { 'content-type': contentType }).end(bytes);
    const said = await connector.deliver({ ...request, files: [] }, never);
    expect(came[0]?.headers['content-type']).to.equal('application/xml; charset=utf-8');
    expect(came[0]?.headers.accept).to.include('multipart/related');
    if (said.kind !== 'content') throw new Error(said.kind);
    expect(Buffer.from(said.evidence ?? []).toString()).to.equal(tellXml);
    const got = said.files ?? [];
    expect(got.map(({ contentId, fileName }) => [contentId, fileName])).to.deep.equal([
      ['scan', 'Ответ "1".bin'],
      ['b', 'Ответ "1".bin'],
    ]);
    expect(got[0]?.sha256).to.equal(sha256(files.scan));
    expect(Buffer.from(got[0]?.signature ?? []).equals(signature)).to.equal(true);
    expect(got[1]).to.include({ size: 0, signature: undefined });
    expect(await left()).to.equal(2);
    for (const { file } of got) await file.discard();
  });

  it('keeps nothing of an answer that will not do', async () => {
    const good = multipart({ scan: octets.subarray(0, 1000) });
    const small = Buffer.from('x');
    const cases: [string, string, { contentType: string; bytes: Buffer }][] = [
      ['ANSWER_BROKEN', 'cut off', { ...good, bytes: good.bytes.subarray(0, -30) }],
      ['ANSWER_BROKEN', 'no boundary', { ...good, contentType: 'multipart/related' }],
      [
        'ANSWER_BROKEN',
        'no such root',
        { ...good, contentType: good.contentType.replace('root@', 'other@') },
      ],
      [
        'ANSWER_BROKEN',
        'another root element',
        { ...good, bytes: Buffer.from(good.bytes.toString('latin1').replaceAll('Tell', 'Told')) },
      ],
      ['ANSWER_TOO_LARGE', 'too large', multipart({ scan: octets })],
      ['ANSWER_TOO_LARGE', 'too many', multipart({ a: small, b: small, c: small, d: small })],
      ['AGENCY_ERROR', 'an error with parts', good],
    ];
    for (const [code, what, { contentType, bytes }] of cases) {
      const status = code === 'AGENCY_ERROR' ? 500 : 200;
      answer = (response) => response.writeHead(status, { 'content-type': contentType }).end(bytes);
      expect((await failureOf(connector.deliver(request, never))).code, what).to.equal(code);
      expect(await left(), what).to.equal(0);
    }
  });

  it('carries nothing where its route does not say so', async () => {
    const route = routeOf('rest', { url });
    const bare = rest(route, messageType(route), undefined, desk);
    expect([bare.carries, connector.carries]).to.deep.equal(['nothing', 'files']);
    const { contentType, bytes } = multipart({});
    answer = (response) => response.writeHead(200, { 'content-type': contentType }).end(bytes);
    const failure = await failureOf(bare.deliver({ ...request, files: [] }, never));
    expect(failure.code).to.equal('ANSWER_BROKEN');
    await bare.close();
  });
});
