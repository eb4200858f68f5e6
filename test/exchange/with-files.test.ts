import { expect } from 'chai';
import type { TakenFile } from '../../src/exchange/files.ts';
import { releaseFiles } from '../../src/exchange/files.ts';
import { acceptFiles } from '../../src/exchange/with-files.ts';
import { Fault } from '../../src/fault/fault.ts';
import { filePolicySchema } from '../../src/participants/file-policy.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';

const type = { id: 'type', attachments: filePolicySchema.parse({ quotaBytes: 100 }) };
let made = 0;

function file(size: number, place: TakenFile['place'] = 'stored'): TakenFile {
  made += 1;
  const known = { fileName: undefined, mimeType: 'text/plain', sha256: 'ab', signer: undefined };
  return { place, name: `f${made}`, key: `key${made}`, size, ...known };
}

forEachDatabase((_, open) => {
  describe('the quota of a message type', () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database = await open();
      const declared = {
        senders: '[]',
        providers: '[]',
        route: '{}',
        second_opinion: 0,
        personal_signature: 'optional',
        schema_signers: '[]',
      };
      await database.kysely
        .insertInto('message_type')
        .values({ id: type.id, name: 'type', ...declared, attachments: '{}' })
        .execute();
    });
    const accept = (messageId: string, files: readonly TakenFile[]) =>
      database.kysely
        .transaction()
        .execute((tx) => acceptFiles(tx, messageId, type, files))
        .then(
          () => 'accepted',
          (error: unknown) => (error instanceof Fault ? error.detail.values : error),
        );

    it('bounds what its stored files take until their receivers acknowledge', async () => {
      expect(await accept('a', [file(60), file(30)])).to.equal('accepted');
      expect(await accept('b', [file(11)])).to.deep.equal({ remained: '10', real: '11' });
      expect(await accept('c', [file(10), file(1000, 'attached')])).to.equal('accepted');
      expect(await accept('d', [file(1)])).to.deep.equal({ remained: '0', real: '1' });
      await releaseFiles(database.kysely, 'a', 0);
      expect(await accept('d', [file(90)])).to.equal('accepted');
    });

    it('is not exceeded by two messages at one instant', async () => {
      const all = await Promise.all(
        Array.from({ length: 6 }, (__, n) => accept(`m${n}`, [file(40)])),
      );
      expect(all.filter((each) => each === 'accepted')).to.have.lengthOf(2);
    });
  });
});
