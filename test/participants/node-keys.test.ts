import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { JournalWriter } from '../../src/journal/writer.ts';
import { type ApplyContext, ApplyRefused } from '../../src/participants/apply.ts';
import {
  addNodeKey,
  certifyNodeKey,
  listNodeKeys,
  type PrivateHalf,
  retireNodeKey,
  rotateNodeKey,
  type StoredKey,
} from '../../src/participants/node-keys.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { day, families, Issuing, now } from '../pki/path-stand.ts';

const ids = { old: 'a'.repeat(64), fresh: 'b'.repeat(64), later: 'bc'.repeat(32) };

forEachDatabase((_, open) => {
  describe('signing keys of the node', () => {
    const by = new Issuing(families['RSA']?.make ?? (() => expect.fail()));
    const { certificate } = by.issue('Узел', undefined);
    let context: ApplyContext;
    beforeEach(async () => {
      const database = await open();
      const journal = new JournalWriter(database, 'node');
      context = { database, journal, who: 'operator', now: () => now, random: randomBytes };
    });

    const sealed: PrivateHalf = { place: 'database', sealed: Buffer.from('sealed') };
    const add = (
      id: string,
      with_ = true,
      kind: StoredKey['kind'] = 'rsa',
      half: PrivateHalf = sealed,
    ) =>
      addNodeKey(context, {
        ...{ id, kind, purpose: 'messages', certificate: with_ ? certificate : undefined },
        half,
      });
    const rotate = (named: string, at: number, overlapMs = 0) =>
      rotateNodeKey(context, { named, at, overlapMs });
    const windows = async () =>
      Object.fromEntries(
        (await listNodeKeys(context.database.kysely)).map(({ id, window }) => [
          id.slice(0, 2),
          window && [window.from, window.until],
        ]),
      );
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => (error instanceof ApplyRefused ? 'refused' : expect.fail(`${error}`)),
      );
    const revision = async () =>
      (await context.database.kysely.selectFrom('revision').selectAll().executeTakeFirstOrThrow())
        .revision;

    it('sign nothing until they are told to, and are told to once their certificate has come', async () => {
      await add(ids.fresh, false);
      expect(await windows()).to.deep.equal({ bb: undefined });
      expect(await refused(rotate(ids.fresh, now))).to.equal('refused');
      await certifyNodeKey(context, ids.fresh, certificate);
      expect(await windows()).to.deep.equal({ bb: undefined });
      expect(await refused(certifyNodeKey(context, ids.fresh, certificate)), 'again').to.equal(
        'refused',
      );
      await rotate(ids.fresh, now + day);
      expect(await windows()).to.deep.equal({ bb: [now + day, null] });
      expect(await refused(add(ids.fresh)), 'the same key').to.equal('refused');
    });

    it('take each other’s place with an overlap, and go back', async () => {
      await add(ids.old);
      await add(ids.fresh);
      await add('c'.repeat(64), true, 'ec');
      await rotate('cccccccc', now);
      expect((await rotate(ids.old.slice(0, 8), now)).replaced).to.deep.equal([]);
      const { replaced } = await rotate(ids.fresh, now + 10, 5);
      expect(replaced.map(({ id }) => id)).to.deep.equal([ids.old]);
      expect(await windows()).to.deep.equal({
        aa: [now, now + 15],
        bb: [now + 10, null],
        cc: [now, null],
      });
      await rotate(ids.old, now + 20, 30);
      expect(await windows()).to.deep.include({ aa: [now + 20, null], bb: [now + 10, now + 50] });
    });

    it('that are to begin later are left alone by one that begins before', async () => {
      await add(ids.fresh);
      await add(ids.later);
      await rotate(ids.later.slice(0, 10), now + day);
      await rotate(ids.fresh, now + 1);
      expect(await windows()).to.deep.equal({ bc: [now + day, null], bb: [now + 1, null] });
    });

    it('are retired and erased, but not erased while they may sign', async () => {
      await add(ids.old);
      await rotate(ids.old, now - day);
      expect(await refused(retireNodeKey(context, ids.old, now + 1, true))).to.equal('refused');
      await retireNodeKey(context, ids.old, now + 1, false);
      expect(await windows()).to.deep.equal({ aa: [now - day, now + 1] });
      await retireNodeKey(context, ids.old, now, true);
      const [key] = await listNodeKeys(context.database.kysely);
      expect(key?.half).to.equal(undefined);
      expect(await refused(rotate(ids.old, now))).to.equal('refused');
    });

    it('may be in a token, which the database only names', async () => {
      const half: PrivateHalf = { place: 'token', uri: 'pkcs11:token=узел;object=подпись' };
      await add(ids.old, true, 'rsa', half);
      await rotate(ids.old, now);
      const [key] = await listNodeKeys(context.database.kysely);
      expect(key?.half).to.deep.equal(half);
      await retireNodeKey(context, ids.old, now, true);
      const [erased] = await listNodeKeys(context.database.kysely);
      expect(erased?.half).to.equal(undefined);
    });

    it('that never began never will, once retired', async () => {
      await add(ids.old);
      await retireNodeKey(context, ids.old, now + 5, false);
      expect(await windows()).to.deep.equal({ aa: [now + 5, now + 5] });
    });

    it('are named by a beginning that is long enough and one key’s alone', async () => {
      await add(ids.fresh);
      await add(`${'b'.repeat(8)}${'d'.repeat(56)}`);
      for (const named of ['bbbbbbb', 'bbbbbbbb', 'ffffffff']) {
        expect(await refused(rotate(named, now)), named).to.equal('refused');
      }
    });

    it('leave an entry in the journal for each change, and raise the revision', async () => {
      const before = await revision();
      await add(ids.old, false);
      await certifyNodeKey(context, ids.old, certificate);
      await rotate(ids.old, now);
      expect(await revision()).to.equal(before + 3);
      const entries = await context.database.kysely
        .selectFrom('journal_entry')
        .select(['kind', 'certificate', 'detail'])
        .orderBy('sequence')
        .execute();
      const details = entries.map(({ detail }) => JSON.parse(detail ?? ''));
      expect(details.map(({ change }) => change)).to.deep.equal(['added', 'changed', 'changed']);
      expect(details[2]).to.include({ who: 'operator', what: 'nodeKey', id: ids.old });
      expect(entries[2]?.certificate).to.equal(certificate.fingerprint);
      expect(JSON.stringify(entries), 'no part of the key').not.to.include('sealed');
    });
  });
});
