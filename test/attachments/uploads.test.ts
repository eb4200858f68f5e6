import { createHash, randomBytes } from 'node:crypto';
import { readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Digester } from '../../src/attachments/digester.ts';
import { UploadRefused } from '../../src/attachments/upload.ts';
import { Uploads } from '../../src/attachments/uploads.ts';
import { gostDigest } from '../../src/gost/digest.ts';
import { freshMessageId } from '../harness/client.ts';
import { temporaryFolder } from '../harness/node.ts';

describe('uploads', function () {
  this.timeout(20_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const digester = new Digester();
  let uploads: Uploads;
  let now: number;
  let uuid: string;
  const limits = { fileBytesMax: 1_000_000, foldersMax: 3, staleMs: 60_000 };
  const another = () => new Uploads(folder.path, limits, digester, () => now);
  beforeEach(async () => {
    folder = await temporaryFolder();
    now = Date.now();
    uploads = another();
    uuid = freshMessageId();
    await uploads.makeFolder('a', uuid);
  });
  afterEach(() => folder.remove());
  after(() => digester.close());

  async function put(octets: Uint8Array, from = 0, name = 'f', end: 'finish' | 'abort' = 'finish') {
    const upload = await uploads.write('a', uuid, name, from);
    try {
      for (let at = 0; at < octets.length; at += 50_000) {
        await upload.write(octets.subarray(at, at + 50_000));
      }
    } catch (error) {
      await upload.abort();
      throw error;
    }
    await upload[end]();
  }
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof UploadRefused ? error.reason : String(error)),
    );

  it('are found when they are whole, with their digests, and forgotten with their folder', async () => {
    const octets = randomBytes(300_000);
    expect(await uploads.find('a', uuid, undefined)).to.equal(undefined);
    await put(octets);
    const found = await uploads.find('a', uuid, undefined);
    expect(found).to.include({ name: 'f', size: 300_000 });
    const digests = await found?.digests(['sha256', 'streebog256']);
    const computed = await another().find('a', uuid, 'f');
    const again = await computed?.digests(['sha256', 'streebog256', 'sha512']);
    for (const each of [digests, again]) {
      const hex = Buffer.from(each?.get('sha256') ?? []).toString('hex');
      expect(hex).to.equal(createHash('sha256').update(octets).digest('hex'));
      const gost = Buffer.from(each?.get('streebog256') ?? []);
      expect(gost.equals(gostDigest('streebog256', octets))).to.equal(true);
    }
    await found?.forget();
    expect(await uploads.find('a', uuid, 'f')).to.equal(undefined);
    expect(await uploads.list('a')).to.deep.equal([]);
  });

  it('are resumed where they were cut off, by another process too; what stands behind is dropped', async () => {
    const octets = randomBytes(200_000);
    await put(octets.subarray(0, 120_000), 0, 'f', 'abort');
    uploads = another();
    await put(octets.subarray(100_000), 100_000);
    const found = await uploads.find('a', uuid, 'f');
    expect((await readFile(found?.path ?? '')).equals(octets)).to.equal(true);
    const hex = Buffer.from((await found?.digests(['sha256']))?.get('sha256') ?? []).toString(
      'hex',
    );
    expect(hex).to.equal(createHash('sha256').update(octets).digest('hex'));
    expect(await refusal(uploads.write('a', uuid, 'f', 200_001))).to.equal('absent');
    expect(await uploads.find('a', uuid, 'f'), 'it stands as it stood').to.include({
      size: 200_000,
    });
  });

  it('are not found while they are written, and written by one at a time', async () => {
    await put(randomBytes(10));
    const upload = await uploads.write('a', uuid, 'f', 10);
    await upload.write(randomBytes(10));
    expect(await uploads.find('a', uuid, 'f')).to.equal(undefined);
    expect(await refusal(uploads.write('a', uuid, 'f', 0))).to.equal('busy');
    expect(await refusal(another().write('a', uuid, 'f', 20)), 'on another node').to.equal('busy');
    expect(await uploads.list('a', uuid)).to.have.lengthOf(1);
    now += limits.staleMs * 2;
    const taken = await another().write('a', uuid, 'f', 20);
    await taken.abort();
    await upload.abort();
  });

  it('keep within the limits of size, count and names', async () => {
    expect(await refusal(put(randomBytes(1_000_001)))).to.equal('too-large');
    for (const name of ['..', '', 'a/b', 'a\\b', 'a\u0000b', 'x'.repeat(300)]) {
      expect(await refusal(uploads.write('a', uuid, name, 0)), name).to.equal('name');
    }
    for (const name of ['folder', '../b', `${uuid}/..`, '']) {
      expect(await refusal(uploads.makeFolder('a', name)), name).to.equal('name');
      expect(await refusal(uploads.write('a', name, 'f', 0)), name).to.equal('absent');
    }
    await uploads.makeFolder('a', freshMessageId());
    await uploads.makeFolder('a', freshMessageId());
    expect(await refusal(uploads.makeFolder('a', freshMessageId()))).to.equal('too-many');
  });

  it('do not touch what a message took: a name that is written again is another file', async () => {
    await put(Buffer.from('first'));
    const found = await uploads.find('a', uuid, 'f');
    const linked = await readFile(found?.path ?? '');
    expect(await found?.isStill()).to.equal(true);
    await put(Buffer.from('second'));
    expect(linked.toString()).to.equal('first');
    expect(await found?.isStill(), 'another of this name').to.equal(false);
    const second = await uploads.find('a', uuid, 'f');
    await put(Buffer.from('more'), 6);
    expect(await second?.isStill(), 'the same, with more').to.equal(false);
    await second?.forget();
    expect(await second?.isStill(), 'gone').to.equal(false);
  });

  it('that nobody came back for go, and no others', async () => {
    await put(randomBytes(10));
    const kept = freshMessageId();
    await uploads.makeFolder('a', kept);
    const old = new Date(now - 100_000);
    await utimes(join(folder.path, 'uploads', 'a', uuid, 'f'), old, old);
    await utimes(join(folder.path, 'uploads', 'a', uuid), old, old);
    expect(await uploads.removeAbandoned(now - 50_000)).to.equal(1);
    expect((await uploads.list('a'))?.map(({ name }) => name)).to.deep.equal([kept]);
  });
});
