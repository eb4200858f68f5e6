import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { verifyJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { type ApplyContext, ApplyRefused } from '../../src/participants/apply.ts';
import { readRegistry } from '../../src/participants/registry.ts';
import { admitVersion } from '../../src/participants/schema-admitting.ts';
import { pinVersion } from '../../src/participants/schema-pins.ts';
import {
  activateVersion,
  countVerdicts,
  rollBackVersion,
} from '../../src/participants/schema-turns.ts';
import { listVersions } from '../../src/participants/schema-versions.ts';
import { seedSandbox } from '../../src/participants/seed.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { day, now } from '../pki/path-stand.ts';

forEachDatabase((_, open) => {
  describe('versions of a message type that take each other’s place', () => {
    let database: TestDatabase;
    let context: ApplyContext;
    let time: number;
    let type: string;
    let old: string;
    beforeEach(async () => {
      database = await open();
      time = now;
      const journal = new JournalWriter(database, 'node');
      context = { database, journal, who: 'operator', now: () => time, random: randomBytes };
      await seedSandbox(context);
      const [first] = await listVersions(database.kysely);
      if (first === undefined) throw new Error('the sandbox has no type');
      ({ messageType: type, version: old } = first);
    });

    const admit = (version: string, text = version, namespace = `urn:t/${version}`) =>
      admitVersion(context, {
        ...{ type, version, namespace, requestRoot: 'Ask', responseRoot: 'Tell' },
        schemas: [{ name: 'a.xsd', bytes: Buffer.from(text) }],
        signer: undefined,
      });
    const activate = (version: string, at: number, overlapMs: number | undefined = 0) =>
      activateVersion(context, { type, version, at, overlapMs, rollback: undefined });
    const rollBack = (version?: string) =>
      rollBackVersion(context, { type, ...(version === undefined ? {} : { version }) });
    const windows = async () =>
      Object.fromEntries(
        (await listVersions(database.kysely))
          .filter((each) => each.messageType === type)
          .map(({ version, window }) => [version, window && [window.from, window.until]]),
      );
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) =>
          error instanceof ApplyRefused ? error.message : expect.fail(`${error}`),
      );

    it('are admitted once, never change, and count for nothing yet', async () => {
      expect(await admit('2')).to.equal('admitted');
      expect(await admit('2')).to.equal('present');
      expect(await refused(admit('2', 'other bytes'))).to.contain('байты её другие');
      expect(await refused(admit(old))).to.contain('байты её другие');
      expect(await windows()).to.deep.equal({ [old]: [null, null], 2: undefined });
      const registry = await readRegistry(database);
      expect(registry.messageTypeOfRoot('urn:t/2', 'Ask')?.id).to.equal(type);
      const other = (await listVersions(database.kysely)).find((each) => each.messageType !== type);
      await admitVersion(context, {
        ...{ type, version: '9', signer: undefined, schemas: [] },
        namespace: other?.namespace ?? '',
        requestRoot: other?.requestRoot ?? '',
        responseRoot: other?.responseRoot ?? '',
      });
      expect(await refused(activate('9', now)), 'two types with one root').to.contain(
        'принадлежит виду сведений',
      );
      const unknown = admitVersion(context, {
        ...{ type: 'none', version: '9', signer: undefined, schemas: [] },
        ...{ namespace: 'urn:n', requestRoot: 'Ask', responseRoot: 'Tell' },
      });
      expect(await refused(unknown)).to.contain('нет вида сведений');
    });

    it('begin at a time with an overlap; those that are declared end too, and go on after a rollback', async () => {
      await admit('2');
      const { ended } = await activate('2', now + day, 7 * day);
      expect(ended.map((each) => each.version)).to.deep.equal([old]);
      expect(await windows()).to.deep.equal({
        [old]: [null, now + 8 * day],
        2: [now + day, null],
      });
      time = now + 2 * day;
      const { version, restored } = await rollBack();
      expect(version.version).to.equal('2');
      expect(restored.map((each) => each.version)).to.deep.equal([old]);
      expect(await windows()).to.deep.equal({ [old]: [null, null], 2: [now + day, time] });
      expect(await refused(rollBack())).to.contain('нечего откатывать');
      await activate('2', time + day);
      expect(await windows()).to.deep.equal({
        [old]: [null, time + day],
        2: [time + day, null],
      });
    });

    it('are rolled back before they begin, and never begin', async () => {
      await admit('2');
      await activate('2', now + day);
      await rollBack('2');
      expect(await windows()).to.deep.equal({ [old]: [null, null], 2: [now + day, now + day] });
    });

    it('go on side by side where nothing is to end', async () => {
      await admit('2');
      await activateVersion(context, {
        ...{ type, version: '2', at: now, overlapMs: undefined, rollback: undefined },
      });
      expect(await windows()).to.deep.equal({ [old]: [null, null], 2: [now, null] });
    });

    it('come back in the order in which they ended', async () => {
      await admit('2');
      await admit('3');
      await activate('2', now, day);
      await activate('3', now + 10, day);
      expect(await windows()).to.deep.equal({
        ...{ [old]: [null, now + day], 2: [now, now + 10 + day], 3: [now + 10, null] },
      });
      time = now + 20;
      await rollBack();
      expect(await windows()).to.deep.equal({
        ...{ [old]: [null, now + day], 2: [now, null], 3: [now + 10, now + 20] },
      });
      time = now + 30;
      await rollBack();
      expect(await windows()).to.include.deep.property(old, [null, null]);
    });

    it('keep the way back when they are put off, or told again', async () => {
      await admit('2');
      await activate('2', now + day, 30 * day);
      await activate('2', now + 2 * day, 30 * day);
      await rollBack();
      expect(await windows()).to.include.deep.property(old, [null, null]);
      await activate('2', now, 30 * day);
      time = now + day;
      await activate('2', time, 30 * day);
      expect(await windows()).to.include.deep.property('2', [now, null]);
      await rollBack();
      expect(await windows()).to.include.deep.property(old, [null, null]);
    });

    it('do not pause: what counts is not told to begin later', async () => {
      expect(await refused(activate(old, now + day))).to.contain('уже действует');
      await admit('2');
      await activate('2', now, day);
      expect(await refused(activate(old, now + day / 2))).to.contain('уже действует');
      await activate(old, now, day);
      expect(await windows()).to.include.deep.property(old, [null, null]);
    });

    it('are rolled back in any order, and what was taken back stays so', async () => {
      await admit('2');
      await admit('3');
      await activate('2', now, day);
      await activate('3', now + 10, day);
      time = now + 20;
      await rollBack('2');
      expect(await windows()).to.deep.equal({
        ...{ [old]: [null, now + 10 + day], 2: [now, now + 20], 3: [now + 10, null] },
      });
      time = now + 30;
      await rollBack('3');
      expect(await windows()).to.deep.equal({
        ...{ [old]: [null, null], 2: [now, now + 20], 3: [now + 10, now + 30] },
      });
    });

    it('are not taken away where nothing else would count', async () => {
      await admit('2');
      await activate('2', now, 0);
      time = now + day;
      await database.kysely.updateTable('schema_turn').set({ ended: '[]' }).execute();
      expect(await refused(rollBack('2'))).to.contain('ни одна');
    });

    it('are counted together by all nodes, from their beginning on', async () => {
      await admit('2');
      const rollback = { share: 0.5, least: 10 };
      const begin = () =>
        activateVersion(context, { type, version: '2', at: now, overlapMs: day, rollback });
      await begin();
      const named = { type, version: '2' };
      await countVerdicts(database.kysely, named, { taken: 3, refused: 1 });
      expect(await countVerdicts(database.kysely, named, { taken: 1, refused: 1 })).to.deep.equal({
        taken: 4,
        refused: 2,
      });
      const unknown = { type, version: 'none' };
      expect(await countVerdicts(database.kysely, unknown, { taken: 1, refused: 0 })).to.equal(
        undefined,
      );
      const [told] =
        (await readRegistry(database))
          .findMessageType(type)
          ?.versions.filter(({ version }) => version === '2') ?? [];
      expect(told?.rollback).to.deep.equal(rollback);
      time = now + 1;
      await rollBackVersion(context, named, { taken: 4, refused: 2, share: 1 / 3 });
      await begin();
      const again = await countVerdicts(database.kysely, named, { taken: 0, refused: 0 });
      expect(again).to.deep.equal({ taken: 0, refused: 0 });
    });

    it('are pinned for a system, and taken off', async () => {
      await admit('2');
      const system = 'agency-a';
      await pinVersion(context, { type, system, version: old });
      const pins = async () => (await readRegistry(database)).findMessageType(type)?.pins;
      expect(await pins()).to.deep.equal({ [system]: old });
      await pinVersion(context, { type, system, version: '2' });
      expect(await pins()).to.deep.equal({ [system]: '2' });
      expect(await refused(pinVersion(context, { type, system, version: '9' }))).to.contain('нет');
      expect(await refused(pinVersion(context, { type, system: 'x', version: '2' }))).to.contain(
        'нет системы',
      );
      await pinVersion(context, { type, system, version: null });
      expect(await pins()).to.deep.equal({});
      expect(await refused(pinVersion(context, { type, system, version: null }))).to.contain(
        'не закреплена',
      );
    });

    it('leave what was done in the journal', async () => {
      await admit('2');
      await activate('2', now + day, day);
      await rollBack('2');
      const entries = await database.kysely
        .selectFrom('journal_entry')
        .select('detail')
        .where('kind', '=', 'configuration')
        .where('detail', 'like', '%schemaVersion%')
        .orderBy('sequence')
        .execute();
      const told = entries.map(({ detail }) => JSON.parse(detail ?? '{}'));
      expect(told.map(({ version, change }) => [version, change])).to.deep.equal([
        ['2', 'added'],
        ['2', 'changed'],
        [old, 'changed'],
        ['2', 'changed'],
        [old, 'changed'],
      ]);
      expect((await verifyJournal(database.kysely)).ok).to.equal(true);
    });
  });
});
