import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { FileAbsent } from '../../src/attachments/file-store.ts';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { temporaryFolder } from '../harness/node.ts';

describe('files of the local disk', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let files: LocalFiles;
  beforeEach(async () => {
    folder = await temporaryFolder();
    files = new LocalFiles(folder.path, randomBytes);
  });
  afterEach(() => folder.remove());

  async function octetsOf(key: string, from?: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of await files.read(key, from)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  async function outcome(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => 'done',
      (error: unknown) => (error instanceof FileAbsent ? 'absent' : error),
    );
  }
  const listed = async () => {
    const found: string[] = [];
    for await (const { key, size } of files.list()) found.push(`${key} ${size}`);
    return found.sort();
  };

  it('are seen when they are kept, whole or from a place on, until they are removed', async () => {
    const octets = randomBytes(200_000);
    const file = await files.create();
    for (let at = 0; at < octets.length; at += 7001) {
      await file.write(octets.subarray(at, at + 7001));
    }
    expect(await outcome(files.read(file.key))).to.equal('absent');
    await file.keep();
    expect((await octetsOf(file.key)).equals(octets)).to.equal(true);
    expect((await octetsOf(file.key, 199_990)).equals(octets.subarray(199_990))).to.equal(true);
    expect(await listed()).to.deep.equal([`${file.key} 200000`]);
    await file.discard();
    expect(await listed(), 'what is kept is not discarded').to.have.lengthOf(1);
    await files.remove(file.key);
    await files.remove(file.key);
    expect(await listed()).to.deep.equal([]);
    expect(await outcome(files.read(file.key))).to.equal('absent');
  });

  it('leave nothing when they are discarded', async () => {
    const file = await files.create();
    await file.write(randomBytes(10));
    await file.discard();
    await file.discard();
    expect(await listed()).to.deep.equal([]);
    expect(await files.removeUnfinished(Date.now() + 1000)).to.equal(0);
  });

  it('are adopted with their octets, while the source stays', async () => {
    const path = join(folder.path, 'source');
    await writeFile(path, 'octets');
    const key = await files.adopt(path);
    expect((await octetsOf(key)).toString()).to.equal('octets');
    await files.remove(key);
    expect((await octetsOf(await files.adopt(path))).toString()).to.equal('octets');
    expect(await outcome(files.adopt(join(folder.path, 'none')))).to.equal('absent');
  });

  it('are known by keys alone: a name that leads elsewhere is none', async () => {
    await writeFile(join(folder.path, 'secret'), 'x');
    for (const key of [
      '../secret',
      '/etc/passwd',
      '',
      '..',
      `${'a'.repeat(31)}/`,
      'A'.repeat(32),
    ]) {
      expect(await outcome(files.read(key)), key).to.equal('absent');
    }
  });
});
