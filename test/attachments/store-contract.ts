import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { FileAbsent, type FileStore, type NewFile } from '../../src/attachments/file-store.ts';

export function sha256(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** Keeps these octets; tells the key. */
export async function keep(files: FileStore, octets: Buffer): Promise<string> {
  const file = await written(files, octets);
  await file.keep(sha256(octets));
  return file.key;
}

async function written(files: FileStore, octets: Buffer): Promise<NewFile> {
  const file = await files.create();
  for (let at = 0; at < octets.length; at += 7001) {
    await file.write(octets.subarray(at, at + 7001));
  }
  return file;
}

export async function octetsOf(files: FileStore, key: string, from?: number): Promise<Buffer> {
  return buffer(await files.read(key, from));
}

/** What any store does that stands behind the port. @param stand a store with nothing in it */
export function keepsTheContract(
  stand: () => { readonly files: FileStore; readonly folder: string },
): void {
  async function outcome(work: Promise<unknown>): Promise<unknown> {
    return work.then(
      () => 'done',
      (error: unknown) => (error instanceof FileAbsent ? 'absent' : error),
    );
  }
  const listed = async () => {
    const found: string[] = [];
    for await (const { key, size } of stand().files.list()) found.push(`${key} ${size}`);
    return found.sort();
  };

  it('are seen when they are kept, whole or from a place on, until they are removed', async () => {
    const { files } = stand();
    const octets = randomBytes(200_000);
    const file = await written(files, octets);
    expect(await outcome(files.read(file.key))).to.equal('absent');
    await file.keep(sha256(octets));
    expect((await octetsOf(files, file.key)).equals(octets)).to.equal(true);
    const rest = await octetsOf(files, file.key, 199_990);
    expect(rest.equals(octets.subarray(199_990))).to.equal(true);
    expect(await octetsOf(files, file.key, 200_000), 'from its end').to.have.lengthOf(0);
    expect(await listed()).to.deep.equal([`${file.key} 200000`]);
    await file.discard();
    expect(await listed(), 'what is kept is not discarded').to.have.lengthOf(1);
    await files.remove(file.key);
    await files.remove(file.key);
    expect(await listed()).to.deep.equal([]);
    expect(await outcome(files.read(file.key))).to.equal('absent');
  });

  it('may be empty', async () => {
    const { files } = stand();
    const key = await keep(files, Buffer.alloc(0));
    expect(await octetsOf(files, key)).to.have.lengthOf(0);
    expect(await listed()).to.deep.equal([`${key} 0`]);
  });

  it('tell when they came to be', async () => {
    const { files } = stand();
    const before = Date.now();
    await keep(files, Buffer.from('x'));
    for await (const { changedAt } of files.list()) {
      // Some stores tell whole seconds.
      expect(changedAt).to.be.within(before - 2000, Date.now() + 2000);
    }
  });

  it('are read no further than somebody reads', async () => {
    const { files } = stand();
    const octets = randomBytes(3_000_000);
    const key = await keep(files, octets);
    for await (const chunk of await files.read(key)) {
      expect(octets.subarray(0, (chunk as Buffer).length).equals(chunk as Buffer)).to.equal(true);
      break;
    }
    (await files.read(key)).destroy();
    expect(sha256(await octetsOf(files, key))).to.equal(sha256(octets));
  });

  it('leave nothing when they are discarded', async () => {
    const { files } = stand();
    const file = await files.create();
    await file.write(randomBytes(10));
    await file.discard();
    await file.discard();
    expect(await listed()).to.deep.equal([]);
    expect(await files.removeUnfinished(Date.now() + 1000)).to.equal(0);
  });

  it('go when they were begun and never kept', async () => {
    const { files } = stand();
    const file = await files.create();
    await file.write(randomBytes(10));
    expect(await files.removeUnfinished(0)).to.equal(0);
    expect(await files.removeUnfinished(Date.now() + 1000)).to.equal(1);
    await file.discard();
  });

  it('are adopted with their octets, while the source stays', async () => {
    const { files, folder } = stand();
    const path = join(folder, 'source');
    const octets = Buffer.from('octets');
    await writeFile(path, octets);
    const key = await files.adopt(path, sha256(octets));
    expect((await octetsOf(files, key)).toString()).to.equal('octets');
    await files.remove(key);
    const again = await files.adopt(path, sha256(octets));
    expect((await octetsOf(files, again)).toString()).to.equal('octets');
    expect(await outcome(files.adopt(join(folder, 'none'), sha256(octets)))).to.equal('absent');
  });

  it('are known by keys alone: a name that leads elsewhere is none', async () => {
    const { files, folder } = stand();
    await writeFile(join(folder, 'secret'), 'x');
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
}
