import { randomBytes } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { filesOf, recordFiles, releaseFiles, storedBytes } from '../../src/exchange/files.ts';
import { removeOrphans, wipeFiles } from '../../src/exchange/sweep-files.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { temporaryFolder } from '../harness/node.ts';

forEachDatabase((_, open) => {
  describe('files of messages', () => {
    let database: TestDatabase;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    let files: LocalFiles;
    let now: number;
    beforeEach(async () => {
      database = await open();
      folder = await temporaryFolder();
      files = new LocalFiles(folder.path, randomBytes);
      now = Date.now();
    });
    afterEach(() => folder.remove());
    const context = () => ({ database, files, clock: { now: () => now } });

    async function keep(octets: Buffer): Promise<string> {
      const file = await files.create();
      await file.write(octets);
      await file.keep('');
      return file.key;
    }
    async function record(messageId: string, keepMs: number, key: string): Promise<void> {
      const about = { messageId, messageType: 'type', keepMs };
      const file = { place: 'stored' as const, name: 'uuid', fileName: 'a.pdf', key, size: 7 };
      const known = { mimeType: 'application/pdf', sha256: 'ab', signer: undefined };
      await recordFiles(database.kysely, about, [{ ...file, ...known }]);
    }
    const there = async () => {
      const found = await readdir(join(folder.path, 'kept'), { recursive: true });
      return found
        .filter((name) => name.length > 3)
        .map((name) => name.slice(3))
        .sort();
    };

    it('go once their receiver acknowledged and they were kept as long as their type says', async () => {
      const key = await keep(Buffer.from('content'));
      await record('m', 10_000, key);
      expect(await storedBytes(database.kysely, 'type')).to.equal(7);
      now += 1e9;
      expect(await wipeFiles(context())).to.equal(0);
      await releaseFiles(database.kysely, 'm', now);
      expect(await storedBytes(database.kysely, 'type'), 'the quota').to.equal(0);
      await releaseFiles(database.kysely, 'm', now + 5000);
      now += 9999;
      expect(await wipeFiles(context())).to.equal(0);
      now += 1;
      expect(await wipeFiles(context())).to.equal(1);
      expect(await there()).to.deep.equal([]);
      const [row] = await filesOf(database.kysely, 'm');
      expect(row).to.include({ wiped_at: now, sha256: 'ab', size: 7 });
      expect(await wipeFiles(context()), 'once').to.equal(0);
    });

    it('that no message names go after an hour, and no others', async () => {
      const named = await keep(Buffer.from('named'));
      await record('m', 0, named);
      const orphan = await keep(Buffer.from('orphan'));
      const begun = await files.create();
      await begun.write(Buffer.from('begun'));
      expect(await removeOrphans(context())).to.equal(0);
      expect(await there()).to.deep.equal([named, orphan].sort());
      now += 3_600_000 + 60_000;
      expect(await removeOrphans(context())).to.equal(2);
      expect(await there()).to.deep.equal([named]);
      expect(await readdir(join(folder.path, 'new'))).to.deep.equal([]);
      await begun.discard();
    });

    it('that were uploaded long ago are no orphans while their message is being recorded', async () => {
      const source = await files.create();
      await source.write(Buffer.from('old'));
      await source.keep('');
      const path = join(folder.path, 'kept', source.key.slice(0, 2), source.key);
      await utimes(path, new Date(0), new Date(0));
      const adopted = await files.adopt(path);
      expect(await removeOrphans(context())).to.equal(0);
      expect(await there()).to.include(adopted);
    });
  });
});
