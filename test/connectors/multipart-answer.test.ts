import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { MultipartAnswer } from '../../src/connectors/multipart-answer.ts';
import { temporaryFolder } from '../harness/node.ts';
import { failureOf } from './agencies.ts';

const contentType = 'multipart/related; boundary="b"; start="<root>"';

function bodyOf(parts: readonly (readonly [id: string, type: string, octets: Buffer])[]): Buffer {
  const all = [['root', 'text/xml', Buffer.from('<a/>')] as const, ...parts];
  const pieces = all.flatMap(([id, type, octets]) => [
    Buffer.from(`\r\n--b\r\nContent-ID: <${id}>\r\nContent-Type: ${type}\r\n\r\n`),
    octets,
  ]);
  return Buffer.concat([...pieces, Buffer.from('\r\n--b--\r\n')]);
}

async function* inChunks(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.byteLength; at += 1000) yield body.subarray(at, at + 1000);
}

describe('an answer of several parts', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  function reading(body: Buffer, how: { rootAlone?: boolean; signatures?: boolean } = {}) {
    const desk = { store: new LocalFiles(folder.path, randomBytes), filesMax: 3, bytesMax: 5000 };
    const answer = new MultipartAnswer(desk, 1000, how);
    const read = answer.readerOf({ status: 200, headers: { 'content-type': contentType } });
    if (read === undefined) throw new Error('it is not read as one');
    return { answer, root: read(inChunks(body)) };
  }
  const begun = () => readdir(join(folder.path, 'new')).catch(() => []);

  it('of a SMEV has no signatures as parts: what looks like one is a file', async () => {
    const pkcs7 = 'application/pkcs7-signature';
    const body = bodyOf([
      ['scan', 'application/pdf', randomBytes(100)],
      ['scan.p7s', pkcs7, randomBytes(50)],
    ]);
    const agency = reading(body);
    expect((await agency.root).toString()).to.equal('<a/>');
    expect(agency.answer.files.map(({ contentId }) => contentId)).to.deep.equal(['scan']);
    expect(agency.answer.files[0]?.signature).to.have.lengthOf(50);
    await agency.answer.discard();
    const upstream = reading(body, { signatures: false });
    await upstream.root;
    const names = upstream.answer.files.map(({ contentId }) => contentId);
    expect(names).to.deep.equal(['scan', 'scan.p7s']);
    await upstream.answer.discard();
    expect(await begun()).to.deep.equal([]);
  });

  it('gives its root though its files are too large or broken, to who asks for it', async () => {
    const large = bodyOf([
      ['a', 'text/plain', randomBytes(3000)],
      ['b', 'text/plain', randomBytes(3000)],
    ]);
    expect((await failureOf(reading(large).root)).code).to.equal('ANSWER_TOO_LARGE');
    const { answer, root } = reading(large, { rootAlone: true });
    expect((await root).toString()).to.equal('<a/>');
    expect(answer.lost?.code).to.equal('ANSWER_TOO_LARGE');
    const cut = large.subarray(0, 2000);
    const broken = reading(cut, { rootAlone: true });
    await broken.root;
    expect(broken.answer.lost?.code).to.equal('ANSWER_BROKEN');
    expect(await begun()).to.deep.equal([]);
  });
});
