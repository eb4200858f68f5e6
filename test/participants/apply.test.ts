import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { verifyJournal } from '../../src/journal/reader.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { type ApplyContext, ApplyRefused, apply } from '../../src/participants/apply.ts';
import { importCertificate, listCertificates } from '../../src/participants/certificates.ts';
import { type Loaded, readDeclarations } from '../../src/participants/documents.ts';
import { planApply } from '../../src/participants/plan.ts';
import { type Registry, readRegistry, watchRegistry } from '../../src/participants/registry.ts';
import { seedSandbox } from '../../src/participants/seed.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { checkout } from '../harness/node.ts';

const sandbox = join(checkout, 'config', 'sandbox');

describe('applying declarations', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mezhved-'));
    cpSync(join(sandbox, 'schemas'), join(folder, 'schemas'), { recursive: true });
    for (const name of ['agency-a', 'agency-b', 'node']) {
      cpSync(join(checkout, 'certs.example', `${name}.crt.pem`), join(folder, `${name}.pem`));
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function declare(text: string): Loaded[] {
    const file = join(folder, 'declared.yaml');
    writeFileSync(file, text);
    return readDeclarations([file]);
  }

  forEachDatabase((_, open) => {
    let database: TestDatabase;
    let context: ApplyContext;
    beforeEach(async () => {
      database = await open();
      context = {
        database,
        journal: new JournalWriter(database, 'test'),
        who: 'operator',
        now: () => 1_700_000_000_000,
        random: randomBytes,
      };
    });

    async function refusal(text: string): Promise<string> {
      const before = await readRegistry(database);
      try {
        await apply(context, declare(text));
      } catch (error) {
        expect(error).to.be.instanceOf(ApplyRefused);
        expect((await readRegistry(database)).revision).to.equal(before.revision);
        return (error as ApplyRefused).message;
      }
      throw new Error('it was applied');
    }

    it('seeds the sandbox once, and the second time changes nothing', async () => {
      await seedSandbox(context);
      const registry = await readRegistry(database);
      expect(registry.revision).to.equal(1);
      expect(registry.messageTypes.map(({ id }) => id)).to.deep.equal([
        'birth-record',
        'payment-status',
      ]);
      expect(registry.trustAt(Date.now()).anchors).to.have.lengthOf(4);
      const der = readFileSync(join(folder, 'agency-a.pem'), 'utf8');
      const found = registry.systemOfCertificate(readCertificate(der).fingerprint);
      expect(found?.system.id).to.equal('agency-a');
      const again = await apply(context, readDeclarations([sandbox]));
      expect(again.map(({ change }) => change)).to.deep.equal(again.map(() => 'unchanged'));
      await seedSandbox(context);
      expect((await readRegistry(database)).revision).to.equal(1);
    });

    it('plans in words and changes nothing', async () => {
      await seedSandbox(context);
      const wanted = declare(`
kind: participant
id: agency-b
name: Другое имя
systems: [{id: agency-b, certificates: [agency-b.pem]}]
`);
      const [change] = await planApply(database.kysely, wanted);
      expect(change).to.include({ kind: 'participant', id: 'agency-b', change: 'changed' });
      const name = change?.differences.find(({ field }) => field === 'name');
      expect(name).to.deep.equal({
        field: 'name',
        before: 'Испытательное ведомство Б',
        after: 'Другое имя',
      });
      const gone = change?.differences.filter(({ after }) => after === undefined);
      expect(gone?.map(({ field }) => field.split(' ')[0])).to.deep.equal([
        'certificate',
        'certificate',
        'certificate',
        'upload',
      ]);
      expect((await readRegistry(database)).findParticipant('agency-b')?.name).not.to.equal(
        'Другое имя',
      );
      const applied = await apply(context, wanted);
      expect(applied).to.deep.equal([change]);
      const after = await readRegistry(database);
      expect(after.findParticipant('agency-b')?.name).to.equal('Другое имя');
      expect(await listCertificates(database.kysely)).to.have.lengthOf(5);
    });

    it('enters each change into the journal with who did it', async () => {
      await seedSandbox(context);
      const entries = await database.kysely
        .selectFrom('journal_entry')
        .select(['kind', 'detail'])
        .orderBy('sequence')
        .execute();
      expect(entries).to.have.lengthOf(8);
      for (const { kind, detail } of entries) {
        expect(kind).to.equal('configuration');
        expect(JSON.parse(detail ?? '')).to.include({ who: 'operator', change: 'added' });
      }
      expect((await verifyJournal(database.kysely)).ok).to.equal(true);
    });

    it('keeps a certificate to one information system, and says whose it is', async () => {
      await seedSandbox(context);
      const text = await refusal(`
kind: participant
id: agency-c
name: В
systems: [{id: agency-c, certificates: [agency-a.pem]}]
`);
      expect(text).to.include('agency-a');
      expect(await readRegistry(database).then((r) => r.findParticipant('agency-c'))).to.equal(
        undefined,
      );
    });

    it('moves a certificate between systems that are declared together', async () => {
      await seedSandbox(context);
      const swapped = ['a', 'b']
        .map((one) => {
          const other = one === 'a' ? 'b' : 'a';
          return `
kind: participant
id: agency-${one}
name: ${one}
systems: [{id: agency-${one}, certificates: [agency-${other}.pem]}]
`;
        })
        .join('---');
      await apply(context, declare(swapped));
      const fingerprint = readCertificate(readFileSync(join(folder, 'agency-a.pem'), 'utf8'));
      const registry = await readRegistry(database);
      expect(registry.systemOfCertificate(fingerprint.fingerprint)?.system.id).to.equal('agency-b');
    });

    it('refuses a system, a root, a participant and a route that do not fit', async () => {
      await seedSandbox(context);
      expect(
        await refusal('{kind: participant, id: c, name: В, systems: [{id: agency-a}]}'),
      ).to.include('agency-a');
      const type = (fields: string) => `
kind: messageType
id: other
name: Другой
versions:
  - namespace: urn://mezhved.example/birth-record/${fields.includes('taken') ? '1.0.0' : '2.0.0'}
    requestRoot: BirthRecordRequest
    responseRoot: Answer
    schemas: [schemas/birth-record-1.0.0.xsd]
${fields}`;
      const parties = 'senders: [agency-a]\nproviders: [agency-b]\nroute: {kind: queue}';
      expect(await refusal(type(`# taken\n${parties}`))).to.include('birth-record');
      expect(await refusal(type(parties.replace('agency-b', 'nobody')))).to.include('nobody');
      const strange = parties.replace('{kind: queue}', '{kind: queue, system: agency-a}');
      expect(await refusal(type(strange))).to.include('agency-a');
    });

    it('imports a certificate for a known system alone, with an entry of its own', async () => {
      await seedSandbox(context);
      const key = newKey('ec');
      const wish = { commonName: 'x', organization: 'y', notBefore: 0, notAfter: 4e12 };
      const certificate = readCertificate(issueCertificate(key, wish).certificate);
      expect(await importCertificate(context, 'agency-b', certificate)).to.equal('imported');
      expect(await importCertificate(context, 'agency-b', certificate)).to.equal('present');
      const registry = await readRegistry(database);
      expect(registry.revision).to.equal(2);
      expect(registry.systemOfCertificate(certificate.fingerprint)?.system.id).to.equal('agency-b');
      for (const system of ['agency-a', 'nobody']) {
        let thrown: unknown;
        await importCertificate(context, system, certificate).catch((error) => {
          thrown = error;
        });
        expect(thrown).to.be.instanceOf(ApplyRefused);
      }
      const last = await database.kysely
        .selectFrom('journal_entry')
        .select(['system', 'certificate', 'content_hash'])
        .orderBy('sequence', 'desc')
        .executeTakeFirst();
      expect(last).to.deep.equal({
        system: 'agency-b',
        certificate: certificate.fingerprint,
        content_hash: certificate.fingerprint,
      });
    });

    it('reaches a node that watches within two seconds', async () => {
      const changes: Registry[] = [];
      const failures: unknown[] = [];
      const watch = watchRegistry(
        database,
        0,
        async () => {
          const registry = await readRegistry(database);
          changes.push(registry);
          return registry;
        },
        (error) => failures.push(error),
      );
      try {
        const started = performance.now();
        await seedSandbox(context);
        while (changes.length === 0 && performance.now() - started < 5000) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        expect(performance.now() - started).to.be.lessThan(2000);
        expect(changes[0]?.messageTypes).to.have.lengthOf(2);
        expect(failures).to.deep.equal([]);
      } finally {
        await watch.stop();
      }
    });

    it('two who apply at once both come in, one after the other', async () => {
      const declared = ['c', 'd', 'e', 'f'].map((id) =>
        declare(`{kind: participant, id: ${id}, name: ${id}, systems: [{id: ${id}-1}]}`),
      );
      await Promise.all(
        declared.map((loaded, index) =>
          apply({ ...context, journal: new JournalWriter(database, `n${index}`) }, loaded),
        ),
      );
      const registry = await readRegistry(database);
      expect(registry.revision).to.equal(4);
      for (const id of ['c', 'd', 'e', 'f']) expect(registry.participant(id).name).to.equal(id);
      expect((await verifyJournal(database.kysely)).ok).to.equal(true);
    });
  });
});
