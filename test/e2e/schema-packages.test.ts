import { spawnSync } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ListedVersion } from '../../src/cli/schema-list.ts';
import { zipOf } from '../../src/schema/bundle/zip.ts';
import { compileSchemas } from '../../src/schema/compile.ts';
import { readPackage } from '../../src/schema/package.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { signText } from '../../src/signature/insert.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { withXml } from '../../src/xml/document.ts';
import { Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const type = 'birth-record';
const packageFolder = join(checkout, 'examples', 'versions', 'birth-record-1.1.0');
const schemaName = 'birth-record-1.1.0.xsd';

describe('packages of schemas that partners bring to a node', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let inbox: string;
  let schema: Buffer;

  before(async () => {
    folder = await temporaryFolder();
    inbox = join(folder.path, 'inbox');
    await mkdir(join(inbox, type), { recursive: true });
    await writeFile(
      join(folder.path, 'config.yaml'),
      stringify({ compute: { threads: 1 }, schemas: { inbox: 'inbox', lookMs: 200 } }),
    );
    schema = await readFile(join(packageFolder, schemaName));
    node = await startNode(join(folder.path, 'data'), {
      MEZHVED_CONFIG: join(folder.path, 'config.yaml'),
    });
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const schemaCommand = (...words: string[]) => mezhved(['schema', ...words], node.env);

  async function listed(version: string): Promise<ListedVersion | undefined> {
    const { stdout } = await schemaCommand('list', '--type', type, '--json');
    return (JSON.parse(stdout) as ListedVersion[]).find((each) => each.version === version);
  }

  /** The schema under another number, so that it is another version. */
  function renumbered(version: string): Buffer {
    return Buffer.from(
      schema.toString().replaceAll('birth-record/1.1.0', `birth-record/${version}`),
    );
  }

  const archive = (version: string) => zipOf([{ name: 'a.xsd', bytes: renumbered(version) }]);

  /** What stands beside a package, once it says this. */
  async function told(path: string, outcome: string): Promise<string> {
    for (;;) {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text?.startsWith(outcome)) return text;
      await wait(100);
    }
  }

  /** @param personal with the signature of a person */
  async function send(personal: boolean): Promise<string> {
    const signer = sandboxSigner('agency-a');
    const client = new Client(node.url, '1.3', signer);
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const signed = client
      .sign(sendRequestCall('1.3', call))
      .replace(/(<b:MessagePrimaryContent><[^ >]+)/, '$1 Id="PERSONAL"');
    const person = () => signText(signText(signed, 'personal', signer), 'caller', signer);
    const unsigned = () => client.sign(sendRequestCall('1.3', call));
    const answer = await client.post(personal ? person() : unsigned(), 'SendRequest');
    return answer.code ?? 'accepted';
  }

  it('are refused with file, line, rule and how to mend, and leave nothing', async () => {
    const broken = join(folder.path, 'broken');
    await mkdir(broken);
    const text = schema.toString().replace('type="RecordNumber" minOccurs="0"', 'type="Nothing"');
    await writeFile(join(broken, schemaName), text);
    const admit = ['admit', broken, '--type', type, '--version', '9.9'];
    const { code, stdout } = await schemaCommand(...admit);
    expect(code).to.equal(1);
    expect(stdout).to.match(/birth-record-1\.1\.0\.xsd:\d+ src-resolve: /);
    expect(await listed('9.9')).to.equal(undefined);
    const unknown = await schemaCommand('admit', broken, '--type', 'none', '--version', '1');
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr).to.match(/нет вида сведений none/);
    expect((await schemaCommand('admit', '/none', '--type', type, '--version', '1')).code).to.equal(
      2,
    );
    const badName = ['admit', packageFolder, '--type', type, '--version', '../1'];
    expect((await schemaCommand(...badName)).code).to.equal(2);
  });

  it('are taken out of a folder, and what came of each stands beside it', async () => {
    const place = (name: string) => join(inbox, type, name);
    await writeFile(place('2.0.0.zip'), archive('2.0.0'));
    await writeFile(place('2.1.0.zip'), Buffer.from('PK but no archive'));
    await writeFile(place('no name at all.zip'), archive('2.2.0'));
    expect(await told(place('2.0.0.zip.txt'), 'admitted')).to.include('birth-record 2.0.0\n');
    expect(await told(place('2.1.0.zip.txt'), 'refused')).to.match(/birth-record 2\.1\.0\n.*zip-/s);
    expect((await listed('2.0.0'))?.state).to.equal('admitted');
    expect(await listed('2.1.0')).to.equal(undefined);
    expect(await readFile(place('2.0.0.zip.admitted'))).to.have.length.above(100);
    // Links lead to what is not the sender's to read, or to write.
    const victim = join(folder.path, 'victim');
    await writeFile(victim, archive('2.3.0'));
    await symlink(victim, place('2.3.0.zip'));
    await symlink(victim, place('2.4.0.zip.txt'));
    await writeFile(place('2.4.0.zip'), Buffer.from('PK but no archive'));
    await mkdir(place('2.6.0.zip.p7s'));
    await writeFile(place('2.6.0.zip'), archive('2.6.0'));
    expect(await told(place('2.4.0.zip.txt'), 'refused')).to.include('zip-');
    expect(await told(place('2.6.0.zip.txt'), 'refused')).to.include('2.6.0.zip.p7s: ');
    expect(Buffer.from(archive('2.3.0')).equals(await readFile(victim))).to.equal(true);
    expect(await listed('2.3.0')).to.equal(undefined);
    // The same name with other bytes.
    await writeFile(place('2.0.0.zip'), archive('2.0.1'));
    expect(await told(place('2.0.0.zip.txt'), 'refused')).to.include('байты её другие');
  });

  it('are tried on recorded messages before they count', async () => {
    expect(await send(false)).to.equal('accepted');
    const plan = async (version: string) => {
      const { code, stdout } = await schemaCommand('plan', type, version, '--json');
      return { code, ...JSON.parse(stdout) };
    };
    const compatible = await plan('2.0.0');
    expect(compatible).to.deep.include({ code: 0, safe: true, from: '1.0.0', to: '2.0.0' });
    expect(compatible.replay).to.deep.include({ judged: 1, fit: 1, misfits: [] });
    const demanding = join(folder.path, 'demanding');
    await mkdir(demanding);
    const text = renumbered('2.5.0').toString();
    const required = text.replace(
      'name="Purpose" type="Name" minOccurs="0"',
      'name="Purpose" type="Name"',
    );
    await writeFile(join(demanding, 'a.xsd'), required);
    const admitted = await schemaCommand('admit', demanding, '--type', type, '--version', '2.5.0');
    expect(admitted.code, admitted.stdout).to.equal(0);
    const breaking = await plan('2.5.0');
    expect(breaking).to.deep.include({ code: 1, safe: false });
    const [misfit] = breaking.replay.misfits;
    expect(misfit).to.include({ system: 'agency-a', side: 'request', count: 1 });
    expect(misfit.finding.path).to.equal('/BirthRecordRequest');
    const kinds = breaking.difference.changes.map(({ kind }: { kind: string }) => kind);
    expect(kinds).to.include('element-added-required');
    const told = await schemaCommand('plan', type, '2.5.0');
    expect(told.stdout)
      .to.match(/Добавлен обязательный элемент Purpose/)
      .and.match(/подошло бы 0/);
  });

  it('are shown to partners once they have a date: schemas, archive, examples that fit', async () => {
    const get = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());
    const page = async () => JSON.parse((await get(`${node.url}/types/${type}`)).toString());
    expect((await page()).versions.map(({ version }: ListedVersion) => version)).to.deep.equal([
      '1.0.0',
    ]);
    const admitted = await schemaCommand(
      'admit',
      packageFolder,
      '--type',
      type,
      '--version',
      '1.1.0',
    );
    expect(admitted.code, admitted.stderr).to.equal(0);
    const activating = ['activate', type, '1.1.0', '--at', '+1d', '--overlap', '30d'];
    expect((await schemaCommand(...activating)).code).to.equal(0);
    let versions = (await page()).versions;
    while (versions.length < 2) {
      await wait(200);
      versions = (await page()).versions;
    }
    const [, next] = versions;
    expect(next).to.include({ version: '1.1.0', state: 'next', until: null });
    const { schemas } = JSON.parse((await get(next.url)).toString());
    const files = [{ name: schemaName, bytes: await get(schemas[0]) }];
    expect(files[0]?.bytes.equals(schema)).to.equal(true);
    const packed = await readPackage({ zip: await get(next.archive) });
    expect(packed.files.map(({ name }) => name)).to.deep.equal([schemaName]);
    const compiled = compileSchemas(files, schemaName);
    for (const [url, root] of [
      [next.exampleRequest, 'BirthRecordRequest'],
      [next.exampleResponse, 'BirthRecordResponse'],
    ]) {
      withXml(await get(url), (document) => {
        expect(document.root.name).to.equal(root);
        expect(validateElement(compiled, document.root)).to.deep.equal([]);
      });
    }
    compiled.dispose();
  });

  it('are taken only with the signature of whom the type names; a person must sign content that wants it', async () => {
    const declared = {
      ...{ kind: 'messageType', id: type, name: 'Сведения о рождении' },
      versions: [
        {
          namespace: 'urn://mezhved.example/birth-record/1.0.0',
          ...{ requestRoot: 'BirthRecordRequest', responseRoot: 'BirthRecordResponse' },
          schemas: [join(checkout, 'config/sandbox/schemas/birth-record-1.0.0.xsd')],
        },
      ],
      ...{ senders: ['agency-a'], providers: ['agency-b'], route: { kind: 'queue' } },
      ...{ schemaSigners: ['agency-b'], personalSignature: 'required' },
    };
    const file = join(folder.path, 'type.yaml');
    await writeFile(file, stringify(declared));
    const applied = await mezhved(['apply', file], node.env);
    expect(applied.code, applied.stderr).to.equal(0);
    const zip = join(folder.path, 'package.zip');
    await writeFile(zip, archive('3.0.0'));
    const admit = ['admit', zip, '--type', type, '--version', '3.0.0'];
    const unsigned = await schemaCommand(...admit);
    expect(unsigned.code).to.equal(1);
    expect(unsigned.stderr).to.match(/нужна подпись пакета участником \(agency-b\)/);
    const sign = async (who: string, what = zip) => {
      const out = join(folder.path, `${who}.p7s`);
      const key = (part: string) => join(checkout, 'certs.example', `${who}.${part}.pem`);
      const words = ['sign', what, '--as', 'attachment', '--key', key('key'), '--cert', key('crt')];
      const { code, stderr } = await mezhved([...words, '--out', out], node.env);
      expect(code, stderr).to.equal(0);
      return out;
    };
    const stranger = await schemaCommand(...admit, '--signature', await sign('agency-a'));
    expect(stranger.code).to.equal(1);
    expect(stranger.stderr).to.match(/не тот, кто вправе/);
    const other = await schemaCommand(...admit, '--signature', await sign('agency-b', file));
    expect(other.code, 'over other bytes').to.equal(1);
    const own = await schemaCommand(...admit, '--signature', await sign('agency-b'), '--json');
    expect(own.code, own.stderr).to.equal(0);
    expect(JSON.parse(own.stdout)).to.deep.include({ outcome: 'admitted' });
    const { fingerprint } = sandboxSigner('agency-b').certificate;
    expect(await listed('3.0.0')).to.include({ signer: fingerprint, source: 'admitted' });
    const openssl = spawnSync('openssl', [
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', join(folder.path, 'agency-b.p7s')],
      ...['-content', zip, '-noverify', '-out', '/dev/null'],
    ]);
    expect(openssl.status, openssl.stderr.toString()).to.equal(0);

    while ((await send(false)) === 'accepted') await wait(200);
    expect(await send(false)).to.equal('PERSONAL_SIGNATURE_MISSING');
    expect(await send(true)).to.equal('accepted');
  });
});
