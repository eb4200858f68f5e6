import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { readCertificate } from '../../src/pki/certificate.ts';
import type { Signer } from '../../src/signature/signer.ts';
import { openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import { full } from '../fault/full.ts';
import { issueSigners } from '../harness/certificates.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { freshPostgres } from '../harness/postgres.ts';
import { listOf, pemOfList } from '../pki/crl-stand.ts';

const hour = 3_600_000;
/** Declarations of config/sandbox. */
const seeded = 8;

describe('a plan while the node runs', function () {
  this.timeout(120_000);
  for (const store of full ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)) {
    describe(`on ${store}`, () => {
      let node: NodeProcess;
      let folder: Awaited<ReturnType<typeof temporaryFolder>>;
      let database: Awaited<ReturnType<typeof freshPostgres>>;

      before(async function () {
        if (store === 'postgres') {
          database = await freshPostgres();
          if (database === undefined) {
            process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
            this.skip();
          }
        }
        folder = await temporaryFolder();
        const env = database === undefined ? {} : { MEZHVED_DATABASE_URL: database.url };
        node = await startNode(join(folder.path, 'data'), env);
        for (const signer of [rsa, rsa, ec]) expect(await send(signer)).to.equal('accepted');
      });
      after(async () => {
        await node?.stop();
        await folder?.remove();
        await database?.drop();
      });

      const rsa = sandboxSigner('agency-a');
      const ec = sandboxSigner('agency-a', 'ec');

      let firstSent: string | undefined;

      async function send(signer: Signer): Promise<string> {
        const messageId = freshMessageId();
        firstSent ??= messageId;
        const call = { messageId, content: birthRequest('Тест') };
        return (await new Client(node.url, '1.3', signer).sendRequest(call)).code ?? 'accepted';
      }

      const plan = (...words: string[]) => mezhved([...words, '--plan'], node.env);

      async function fileOf(name: string, text: string): Promise<string> {
        const file = join(folder.path, name);
        await writeFile(file, text);
        return file;
      }

      it('cert rotate: says whose messages would be refused, from when, and what to do', async () => {
        const { good } = issueSigners(Date.now());
        const pem = await fileOf('new.pem', good.certificate.x509.toString());
        const at = new Date(Date.now() + hour).toISOString();
        const words = ['cert', 'rotate', pem, '--system', 'agency-a', '--at', at];
        const until = new Date(Date.parse(at) + hour).toISOString();
        const { code, stdout, stderr } = await plan(...words, '--overlap', '1h', '--json');
        expect(code, stderr).to.equal(1);
        const { planned, rehearsal } = JSON.parse(stdout);
        expect(planned).to.equal(true);
        expect(rehearsal).to.include({ judged: 3, unread: 0, momentsLeftOut: 0 });
        expect(rehearsal.moments.slice(1)).to.deep.equal([at, until]);
        expect(rehearsal.refused).to.have.lengthOf(1);
        const [refused] = rehearsal.refused;
        const about = { code: 'CERTIFICATE_REPLACED', system: 'agency-a', count: 2, of: 3 };
        const { fingerprint } = rsa.certificate;
        expect(refused).to.deep.include({ ...about, certificate: fingerprint, moment: until });
        expect(refused.first.messageId).to.equal(firstSent);
        expect(refused.reason).to.include(good.certificate.serial);
        expect(refused.todo).to.include(`before ${until}, or lengthen --overlap`);
      });

      it('cert retire, cert crl: 1 where it is in use', async () => {
        const retired = await plan('cert', 'retire', ec.certificate.fingerprint.slice(0, 16));
        expect(retired.code, retired.stdout).to.equal(1);
        expect(retired.stdout).to.include('nothing was changed');
        expect(retired.stdout).to.match(
          /would be refused: 1\n.*CERTIFICATE_REPLACED: agency-a, \w+, birth-record: 1 .*of its last 3/,
        );
        const key = createPrivateKey(readFileSync(join(checkout, 'certs.example/ca-ec.key.pem')));
        const issuer = { key, commonName: '', organization: '' };
        const certificate = readCertificate(
          readFileSync(join(checkout, 'certs.example/ca-ec.crt.pem'), 'utf8'),
        );
        const dates = { thisUpdate: Date.now() - 1000, nextUpdate: Date.now() + hour };
        const list = listOf({ issuer, certificate }, [ec.certificate], dates);
        const listed = await plan('cert', 'crl', await fileOf('list.pem', pemOfList(list)));
        expect(listed.code, listed.stdout + listed.stderr).to.equal(1);
        expect(listed.stdout).to.include('CERTIFICATE_REVOKED');
      });

      it('apply: the difference, then the rehearsal; the node takes messages meanwhile', async () => {
        const taken = `kind: participant\nid: agency-a\nname: А\nsystems: [{ id: other }]\n`;
        const file = await fileOf('taken.yaml', taken);
        const planning = plan('apply', file);
        const sent = [];
        for (let n = 0; n < 5; n += 1) sent.push(await send(rsa));
        const { code, stdout } = await planning;
        expect(new Set(sent)).to.deep.equal(new Set(['accepted']));
        expect(code).to.equal(1);
        expect(stdout).to.match(/~ [^\n]*agency-a[\s\S]*SENDER_UNKNOWN/);
        const same = await plan('apply', join(checkout, 'config', 'sandbox'));
        expect(same.code, same.stdout).to.equal(0);
        expect(same.stdout).to.include('nothing of the last 8 messages would be refused');
      });

      it('nothing of it stands in the journal or in what is declared', async () => {
        const { kysely, close } = openDatabase(
          database?.url ?? `sqlite:${join(folder.path, 'data', 'mezhved.db')}`,
        );
        try {
          const { revision } = await kysely
            .selectFrom('revision')
            .select('revision')
            .executeTakeFirstOrThrow();
          expect(revision).to.equal(1);
          const changed = await kysely
            .selectFrom('journal_entry')
            .select('id')
            .where('kind', '=', 'configuration')
            .execute();
          expect(changed).to.have.lengthOf(seeded);
        } finally {
          await close();
        }
        expect((await mezhved(['journal', 'verify'], node.env)).code).to.equal(0);
      });
    });
  }
});

describe('a plan without a node', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let env: NodeJS.ProcessEnv;
  before(async () => {
    folder = await temporaryFolder();
    const passphrase = join(folder.path, 'passphrase');
    await writeFile(passphrase, 'ключи узла\n');
    const config = join(folder.path, 'config.json');
    await writeFile(config, JSON.stringify({ node: { passphraseFile: passphrase } }));
    env = { MEZHVED_DATA: join(folder.path, 'data'), MEZHVED_CONFIG: config };
  });
  after(() => folder.remove());

  const file = () => join(folder.path, 'data', 'mezhved.db');

  async function revision(): Promise<number | undefined> {
    const { kysely, close } = openDatabase(`sqlite:${file()}`);
    try {
      return (await kysely.selectFrom('revision').selectAll().executeTakeFirst())?.revision;
    } finally {
      await close();
    }
  }

  it('says that nothing is recorded, and makes neither a database nor rows in an empty one', async () => {
    const { fingerprint } = sandboxSigner('agency-a').certificate;
    const words = ['cert', 'retire', fingerprint.slice(0, 16)];
    const plan = () => mezhved([...words, '--plan'], env);
    const first = await plan();
    expect(first.code, first.stderr).to.equal(0);
    expect(first.stdout).to.include('no message is recorded');
    expect(existsSync(file())).to.equal(false);
    await mkdir(join(folder.path, 'data'));
    const database = openDatabase(`sqlite:${file()}`);
    await migrate(database);
    await database.close();
    expect((await plan()).stdout).to.include('no message is recorded');
    expect(await revision()).to.equal(0);
  });

  it('cert rotate --node: says who must know the new certificate, and that nothing is refused', async () => {
    const part = (name: string) => join(checkout, 'certs.example', `node-gost.${name}.pem`);
    const from = [part('crt'), '--key', part('key')];
    const imported = await mezhved(['cert', 'import', ...from, '--node'], env);
    expect(imported.code, imported.stderr).to.equal(0);
    const before = await revision();
    const { fingerprint } = sandboxSigner('node', 'gost').certificate;
    const words = ['cert', 'rotate', fingerprint.slice(0, 16), '--node', '--plan'];
    const { code, stdout, stderr } = await mezhved([...words, '--json'], env);
    expect(code, stderr).to.equal(0);
    const told = JSON.parse(stdout);
    expect(told).to.deep.include({ planned: true, answered: ['agency-a', 'agency-b'] });
    expect(told.rehearsal.refused).to.deep.equal([]);
    expect(await revision()).to.equal(before);
  });
});
