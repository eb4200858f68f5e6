import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { ListedKey } from '../../src/cli/cert-node-list.ts';
import { readUpstreamAnswer } from '../../src/compute/upstream-answer.ts';
import { pemOf } from '../../src/pki/asn1.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issuingKeyFromPem, privateKeyInfo } from '../../src/pki/issuing-key.ts';
import { sealKey } from '../../src/pki/sealed-key.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import type { Version } from '../../src/smev/namespaces.ts';
import { issueSigners } from '../harness/certificates.ts';
import { Client, freshMessageId, type SandboxKind, sandboxSigner } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const version = '1.3';

function exampleKey(name: string) {
  const file = (part: string) => join(checkout, 'certs.example', `${name}.${part}.pem`);
  return { key: file('key'), certificate: file('crt') };
}
const passphrase = 'ключи узла';

describe('signing keys of the node that change while it runs', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess | undefined;
  let env: NodeJS.ProcessEnv;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    await mkdir(data);
    await file('passphrase', `${passphrase}\n`);
    env = { MEZHVED_DATA: data, MEZHVED_CONFIG: await configured({}) };
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await folder.remove();
  });

  async function file(name: string, text: string | Uint8Array): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

  /** @param settings of the node */
  function configured(settings: object): Promise<string> {
    const node = { passphraseFile: 'passphrase', ...settings };
    return file('config.yaml', stringify({ compute: { threads: 1 }, node }));
  }

  const start = async () => {
    node = await startNode(join(folder.path, 'data'), env);
  };

  const cert = (...words: string[]) => mezhved(['cert', ...words], env);

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await cert(...words, '--json');
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  }

  async function stateOf(fingerprint: string): Promise<string | undefined> {
    const listed = (await command('list', '--node')) as ListedKey[];
    return listed.find((each) => each.fingerprint === fingerprint)?.state;
  }

  /** Whether the answer of the node is signed, right, by this certificate. */
  async function isSignedBy(
    fingerprint: string,
    kind: SandboxKind = 'rsa',
    of: Version = version,
  ): Promise<boolean> {
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const client = new Client(node?.url ?? '', of, sandboxSigner('agency-a', kind));
    const answer = await client.call(sendRequestCall(of, call), 'SendRequest');
    expect(answer.code, answer.text).to.equal(undefined);
    try {
      const belief = { version: of, trusted: new Set([fingerprint]) } as const;
      return readUpstreamAnswer(Buffer.from(answer.text), belief).kind === 'accepted';
    } catch {
      return false;
    }
  }

  async function becomesSignedBy(fingerprint: string, kind?: SandboxKind): Promise<void> {
    while (!(await isSignedBy(fingerprint, kind))) await wait(100);
  }

  it('a request, its certificate, a time; the next key signs, and the one before may come back', async () => {
    await start();
    const old = sandboxSigner('node').certificate.fingerprint;
    expect(await isSignedBy(old)).to.equal(true);
    const stem = join(folder.path, 'node-2027');
    const words = ['--kind', 'rsa', '--name', 'Узел', '--organization', 'Тест', '--out', stem];
    const made = await command('csr', '--node', ...words);
    expect(await readdir(folder.path), 'no file has the key').not.to.include('node-2027.key.pem');
    const [waiting] = (await command('list', '--node')).filter(
      ({ state }: ListedKey) => state === 'waiting',
    );
    expect(waiting).to.include({ id: made.id, kind: 'rsa', place: 'database' });

    const authority = (name: string) => join(checkout, 'certs.example', `ca.${name}.pem`);
    const by = ['-CA', authority('crt'), '-CAkey', authority('key'), '-set_serial', '77'];
    const issued = spawnSync('openssl', ['x509', '-req', '-in', `${stem}.csr.pem`, ...by]);
    const certificate = readCertificate(issued.stdout.toString());
    const { fingerprint } = certificate;
    await command('import', await file('node-2027.crt.pem', issued.stdout), '--node');
    expect(await stateOf(fingerprint)).to.equal('next');
    expect(await isSignedBy(old)).to.equal(true);

    // The node looks at its database every second: a time that is near is kept by all its nodes.
    const at = Date.now() + 3000;
    const moment = new Date(at).toISOString();
    await command('rotate', fingerprint.slice(0, 16), '--node', '--at', moment);
    await becomesSignedBy(fingerprint);
    expect(Date.now()).to.be.at.least(at);
    expect(await stateOf(fingerprint)).to.equal('active');
    expect(await stateOf(old)).to.equal('retiring');
    const gost = sandboxSigner('node', 'gost').certificate.fingerprint;
    expect(await isSignedBy(gost, 'gost'), 'another kind').to.equal(true);

    await command('retire', fingerprint.slice(0, 16), '--node', '--at', 'now');
    await becomesSignedBy(old);
    expect(await stateOf(fingerprint)).to.equal('retired');
    await command('rotate', fingerprint.slice(0, 16), '--node', '--at', 'now');
    await becomesSignedBy(fingerprint);

    await command('retire', fingerprint.slice(0, 16), '--node', '--erase');
    const gone = await cert('rotate', fingerprint.slice(0, 16), '--node');
    expect(gone.code).to.equal(1);
    expect(gone.stderr).to.match(/^mezhved: отказ \/ refused: [^\n]+\n$/);
  });

  it('a key with its certificate is imported: PKCS#12, PEM, PEM under a passphrase, GOST', async () => {
    const { good } = issueSigners(Date.now());
    const pems = {
      key: readFileSync(join(checkout, 'certs.example', 'node.key.pem'), 'utf8'),
      crt: readFileSync(join(checkout, 'certs.example', 'node.crt.pem'), 'utf8'),
    };
    const plain = await file('plain.key.pem', pems.key);
    const crt = await file('plain.crt.pem', pems.crt);
    const store = join(folder.path, 'node.p12');
    const password = ['--password-file', join(folder.path, 'passphrase')];
    const exported = spawnSync(
      'openssl',
      ['pkcs12', '-export', '-inkey', plain, '-in', crt, '-out', store, '-passout', 'env:P'],
      { env: { ...process.env, P: passphrase } },
    );
    expect(exported.status, exported.stderr.toString()).to.equal(0);
    await command('import', store, '--node', ...password);
    const twice = await cert('import', crt, '--node', '--key', plain);
    expect(twice.code, 'the same key').to.equal(1);

    const name = (part: string) => join(checkout, 'certs.example', `node-ec.${part}.pem`);
    const locked = createPrivateKey(readFileSync(name('key')))
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      .toString();
    const sealed = await file('ec.key.pem', locked);
    const ec = ['import', name('crt'), '--node', '--key', sealed];
    const without = await cert(...ec);
    expect(without.code, 'no passphrase').to.equal(1);
    await command(...ec, ...password);
    const gost = (part: string) => join(checkout, 'certs.example', `node-gost.${part}.pem`);
    await command('import', gost('crt'), '--node', '--key', gost('key'));
    const listed = (await command('list', '--node')) as ListedKey[];
    const imported = listed.filter(({ place }) => place === 'database');
    expect(imported.map(({ kind }) => kind)).to.have.members(['rsa', 'ec', 'gost2012-256']);
    expect(imported.map(({ state }) => state)).to.deep.equal(['next', 'next', 'next']);

    const stranger = await cert(
      ...['import', await file('x.pem', good.certificate.x509.toString())],
      '--node',
    );
    expect(stranger.code).to.equal(1);
    expect(stranger.stderr).to.include('--key');
  });

  it('with no key in the configuration, those of the database sign; without them it does not start', async () => {
    env = { ...env, MEZHVED_CONFIG: await configured({ keys: [] }) };
    const none = await mezhved(['serve'], env);
    expect(none.code).to.equal(1);
    expect(none.stderr).to.match(/^mezhved: [^\n]*cert import --node[^\n]*\n$/);
    const gost = (part: string) => join(checkout, 'certs.example', `node-gost.${part}.pem`);
    const { fingerprint } = readCertificate(readFileSync(gost('crt'), 'utf8'));
    await command('import', gost('crt'), '--node', '--key', gost('key'));
    await command('rotate', fingerprint.slice(0, 16), '--node');
    await start();
    expect(await isSignedBy(fingerprint, 'gost')).to.equal(true);
    expect(await isSignedBy(fingerprint, 'rsa'), 'the only key there is').to.equal(true);
  });

  it('a key for one service signs its answers, and those of others are signed as before', async () => {
    const name = (part: string) => join(checkout, 'certs.example', `node-ec.${part}.pem`);
    const { fingerprint } = readCertificate(readFileSync(name('crt'), 'utf8'));
    env = { ...env, MEZHVED_CONFIG: await configured({ keys: [exampleKey('node')] }) };
    const ec = ['import', name('crt'), '--node', '--key', name('key'), '--for', 'smev-1.3'];
    await command(...ec);
    await command('rotate', fingerprint.slice(0, 16), '--node');
    await start();
    const rsa = sandboxSigner('node').certificate.fingerprint;
    expect(await isSignedBy(fingerprint, 'ec'), 'of the service').to.equal(true);
    expect(await isSignedBy(rsa, 'ec', '1.2'), 'of all').to.equal(true);
    expect(await isSignedBy(rsa, 'rsa'), 'the kind of the caller comes first').to.equal(true);
  });

  it('a passphrase that is wrong, or a file that is not there, is told at start, and nothing of a key', async () => {
    const gost = (part: string) => join(checkout, 'certs.example', `node-gost.${part}.pem`);
    await command('import', gost('crt'), '--node', '--key', gost('key'));
    const { fingerprint } = readCertificate(readFileSync(gost('crt'), 'utf8'));
    await command('rotate', fingerprint.slice(0, 16), '--node');
    const cases = [
      [{ passphraseFile: await file('other', 'other-word') }, /passphraseFile не открывает/],
      [{ passphraseFile: join(folder.path, 'nowhere') }, /не читается.*nowhere/],
    ] as const;
    for (const [settings, sentence] of cases) {
      const wrong = { ...env, MEZHVED_CONFIG: await configured(settings) };
      const { code, stdout, stderr } = await mezhved(['serve'], wrong);
      expect(code).to.equal(1);
      expect(stdout + stderr).to.match(sentence);
      expect(stderr).to.match(/^mezhved: [^\n]+\n$/);
      expect(stdout + stderr).not.to.match(/other-word|-----/);
    }
  });

  it('a key file under a passphrase signs, GOST too; check-config says what is wrong with one', async () => {
    const sealedKey = async (kind: string) => {
      const stem = join(checkout, 'certs.example', `node${kind}`);
      const certificate = readCertificate(await readFile(`${stem}.crt.pem`, 'utf8'));
      const key = issuingKeyFromPem(await readFile(`${stem}.key.pem`, 'utf8'), certificate);
      const sealed = await sealKey(privateKeyInfo(key), passphrase);
      const pem = pemOf(sealed, 'ENCRYPTED PRIVATE KEY');
      return { key: await file(`sealed${kind}.pem`, pem), certificate: `${stem}.crt.pem` };
    };
    const keys = [await sealedKey(''), await sealedKey('-gost')];
    env = { ...env, MEZHVED_CONFIG: await configured({ keys }) };
    await start();
    for (const kind of ['rsa', 'gost'] as const) {
      const { fingerprint } = sandboxSigner('node', kind).certificate;
      expect(await isSignedBy(fingerprint, kind), kind).to.equal(true);
    }
    const check = async (settings: object) => {
      const checked = { ...env, MEZHVED_CONFIG: await configured({ keys, ...settings }) };
      return JSON.parse((await mezhved(['check-config', '--json'], checked)).stdout);
    };
    expect((await check({})).valid).to.equal(true);
    const { problems } = await check({ passphraseFile: await file('other', 'other-word') });
    expect(problems).to.have.lengthOf(2);
    expect(problems.join()).to.match(/node\.keys\.0: .*node\.keys\.1: /);
  });
});
