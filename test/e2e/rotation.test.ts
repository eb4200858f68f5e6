import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { issueSigners } from '../harness/certificates.ts';
import { type Answer, Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { listOf, pemOfList } from '../pki/crl-stand.ts';

const version = '1.3';
const day = 86_400_000;

describe('certificates of systems that change while a node runs', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;

  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  function send(signer: Signer): Promise<Answer> {
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    return new Client(node.url, version, signer).call(
      sendRequestCall(version, call),
      'SendRequest',
    );
  }

  async function codeOf(signer: Signer): Promise<string> {
    return (await send(signer)).code ?? 'accepted';
  }

  /** A node takes a change up within two seconds where the machine has time for it. */
  async function becomes(signer: Signer, code: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    let got = await codeOf(signer);
    for (; got !== code && Date.now() < deadline; got = await codeOf(signer)) await wait(200);
    expect(got).to.equal(code);
  }

  async function fileOf(name: string, ...pems: string[]): Promise<string> {
    const file = join(folder.path, name);
    await writeFile(file, pems.join(''));
    return file;
  }

  const pemOf = ({ certificate }: Signer) => certificate.x509.toString();

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await mezhved([...words, '--json'], node.env);
    return { code, told: stdout === '' ? stderr : JSON.parse(stdout) };
  }

  it('rotate at once, without overlap: the old one is refused by a text that names the new', async () => {
    const old = sandboxSigner('agency-a');
    const { good: fresh } = issueSigners(Date.now());
    const file = await fileOf('new.pem', pemOf(fresh));
    expect(await codeOf(fresh), 'nobody knows it').to.equal('SENDER_UNKNOWN');
    const rotated = await command(
      ...['cert', 'rotate', file, '--system', 'agency-a', '--at', 'now', '--overlap', '0'],
    );
    expect(rotated.code).to.equal(0);
    expect(rotated.told.replaced).to.deep.equal([old.certificate.fingerprint]);
    await becomes(fresh, 'accepted');
    const refused = await send(old);
    expect(refused.code).to.equal('CERTIFICATE_REPLACED');
    expect(refused.text).to.include(fresh.certificate.serial);
    expect(refused.text).to.include(rotated.told.from.slice(0, 16));
    expect(await codeOf(sandboxSigner('agency-a', 'gost')), 'another kind').to.equal('accepted');

    const why = await command('cert', 'why', await fileOf('old.pem', pemOf(old)));
    expect(why.code).to.equal(1);
    expect(why.told.verdict).to.equal('CERTIFICATE_REPLACED');
    const listed = (await command('cert', 'list')).told as { fingerprint: string; until: string }[];
    const ended = listed.find(({ fingerprint }) => fingerprint === old.certificate.fingerprint);
    expect(ended?.until).to.equal(rotated.told.until);

    const back = ['cert', 'rotate', old.certificate.fingerprint.slice(0, 16)];
    const undone = await command(...back, '--system', 'agency-a', '--overlap', '0');
    expect(undone.told.replaced).to.deep.equal([fresh.certificate.fingerprint]);
    await becomes(old, 'accepted');
    expect(await codeOf(fresh)).to.equal('CERTIFICATE_REPLACED');
  });

  it('retire: taken no more, and a prefix of several is refused', async () => {
    const signer = sandboxSigner('agency-b', 'ec');
    expect(await codeOf(signer), 'no sender, but known').to.equal('ACCESS_DENIED');
    const { fingerprint } = signer.certificate;
    expect((await command('cert', 'retire', fingerprint.slice(0, 4))).code).to.equal(1);
    expect((await command('cert', 'retire', fingerprint.slice(0, 16))).code).to.equal(0);
    await becomes(signer, 'CERTIFICATE_REPLACED');
  });

  it('an intermediate authority counts from when it is declared, and `why` says that it lacks', async () => {
    const pem = readFileSync(join(checkout, 'certs.example', 'ca.key.pem'), 'utf8');
    const root = {
      key: createPrivateKey(pem),
      commonName: 'Испытательный УЦ Межвед (RSA)',
      organization: 'Межвед: испытательный стенд',
    };
    const name = { commonName: 'Промежуточный', organization: 'Тест' };
    const valid = { notBefore: Date.now() - day, notAfter: Date.now() + day };
    const key = newKey('ec');
    const middle = issueCertificate(key, { ...name, ...valid, ca: true }, root);
    const by = { key, ...name };
    const leaf = issueCertificate(newKey('ec'), { ...name, commonName: 'ИС', ...valid }, by);
    const signer = signerFromPem(leaf.key, leaf.certificate);
    const file = await fileOf('leaf.pem', leaf.certificate);
    expect((await command('cert', 'import', file, '--system', 'agency-a')).code).to.equal(0);
    await becomes(signer, 'CERTIFICATE_UNTRUSTED');

    const whole = await fileOf('chain.pem', leaf.certificate, middle.certificate);
    const before = await command('cert', 'why', whole);
    expect(before.code).to.equal(1);
    expect(before.told.todo.join()).to.include('kind: intermediate');

    await fileOf('middle.pem', middle.certificate);
    const declared = await fileOf(
      'middle.yaml',
      'kind: intermediate\nid: middle\ncertificate: middle.pem\n',
    );
    expect((await command('apply', declared)).code).to.equal(0);
    await becomes(signer, 'accepted');
    const after = await command('cert', 'why', file);
    expect(after.code).to.equal(0);
    expect(after.told.path.map(({ anchor }: { anchor: boolean }) => anchor)).to.deep.equal([
      false,
      false,
      true,
    ]);
    const { stdout } = await mezhved(['cert', 'why', file], node.env);
    expect(stdout).to.include('доверенный / trusted');
  });

  it('a list of revoked certificates counts at once, and is that of its issuer alone', async () => {
    const pem = readFileSync(join(checkout, 'certs.example', 'ca-ec.key.pem'), 'utf8');
    const crt = readFileSync(join(checkout, 'certs.example', 'ca-ec.crt.pem'), 'utf8');
    const certificate = readCertificate(crt);
    const issuer = { key: createPrivateKey(pem), commonName: '', organization: '' };
    const signer = sandboxSigner('agency-a', 'ec');
    expect(await codeOf(signer)).to.equal('accepted');
    const dates = { thisUpdate: Date.now() - 1000, nextUpdate: Date.now() + day };
    const strange = listOf({ issuer: { ...issuer, key: newKey('ec') }, certificate }, [], dates);
    const refused = await command('cert', 'crl', await fileOf('strange.pem', pemOfList(strange)));
    expect(refused.code).to.equal(1);
    const list = listOf({ issuer, certificate }, [signer.certificate], dates);
    const loaded = await command('cert', 'crl', await fileOf('list.pem', pemOfList(list)));
    expect(loaded).to.deep.include({ code: 0 });
    expect(loaded.told).to.include({ outcome: 'imported', revoked: 1 });
    await becomes(signer, 'CERTIFICATE_REVOKED');
    const why = await command('cert', 'why', await fileOf('revoked.pem', pemOf(signer)));
    expect(why.told.verdict).to.equal('CERTIFICATE_REVOKED');
    const empty = listOf({ issuer, certificate }, [], { ...dates, thisUpdate: Date.now() });
    const again = await command('cert', 'crl', await fileOf('empty.pem', pemOfList(empty)));
    expect(again.code).to.equal(0);
    await becomes(signer, 'accepted');
    const older = await command('cert', 'crl', await fileOf('list.pem', pemOfList(list)));
    expect(older.code, 'an older list').to.equal(1);
  });

  it('a time without its zone, or that ends before it begins, is refused before anything changes', async () => {
    const file = await fileOf('x.pem', pemOf(sandboxSigner('agency-a')));
    const zoneless = await command(
      'cert',
      'rotate',
      file,
      '--system',
      'agency-a',
      '--at',
      '2026-12-01T03:00',
    );
    expect(zoneless.code).to.equal(2);
    const backwards = await fileOf(
      'back.yaml',
      `kind: trustAnchor\nid: back\ncertificate: x.pem\nfrom: '2026-12-02T00:00:00Z'\nuntil: '2026-12-01T00:00:00Z'\n`,
    );
    const { code, told } = await command('apply', backwards);
    expect(code).to.equal(2);
    expect(String(told)).to.include('until');
  });
});
