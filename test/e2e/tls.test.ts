import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Agent, type Dispatcher, Client as Kept } from 'undici';
import { readCertificate } from '../../src/pki/certificate.ts';
import type { Issued } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { full } from '../fault/full.ts';
import { signedRequest } from '../fault/load.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { encrypted, TlsAuthority, TlsFolder } from '../harness/tls-authority.ts';

const run = promisify(execFile);
const curl = async (...words: string[]) => (await run('curl', ['-sS', '-g', ...words])).stdout;
const changes = full ? 200 : 6;
const agency = ['agency-a.key.pem', 'agency-a.crt.pem'].map((name) =>
  join(checkout, 'certs.example', name),
);
const signing = ['--key', agency[0] ?? '', '--cert', agency[1] ?? ''];
const example = join(checkout, 'examples', 'birth-record-request.xml');

describe('a node under TLS', function () {
  this.timeout(60_000);
  const authority = new TlsAuthority();
  const ca = authority.certificate;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let files: TlsFolder;
  let node: NodeProcess | undefined;
  beforeEach(async () => {
    folder = await temporaryFolder();
    files = new TlsFolder(folder.path);
    files.write('ca.crt.pem', ca);
    files.write('passphrase', 'pass\n');
  });
  afterEach(async () => {
    await node?.stop();
    node = undefined;
    await folder.remove();
  });

  /** A configuration with TLS on every port; the settings of the SOAP port and of the admin port as given. */
  async function configured(tls = '', adminTls = ''): Promise<NodeJS.ProcessEnv> {
    const pair = 'key: tls.key.pem, certificate: tls.crt.pem, passphraseFile: passphrase';
    const text = [
      'compute: { threads: 1 }',
      `tls: { ${pair}${tls} }`,
      `adminTls: { ${pair}${adminTls} }`,
      `attachments: { ftp: { tls: { mode: required, ${pair} } } }`,
    ].join('\n');
    const data = join(folder.path, 'data');
    await mkdir(data, { recursive: true });
    return {
      ...{ MEZHVED_CONFIG: files.write('config.yaml', text), MEZHVED_DATA: data },
      MEZHVED_FTP_LISTEN: '127.0.0.1:0',
    };
  }

  const put = ({ key, certificate }: Issued) =>
    files.put({ key: encrypted(key, 'pass'), certificate });

  async function start(tls = '', adminTls = '', issued = authority.issue()): Promise<NodeProcess> {
    put(issued);
    const env = await configured(tls, adminTls);
    node = await startNode(join(folder.path, 'data'), env);
    return node;
  }

  const portOf = (url: string) => Number(new URL(url).port);

  /** The certificate that a new handshake sees. */
  async function seen(url: string, trust = ca): Promise<string> {
    const socket = connect({ port: portOf(url), ca: trust, servername: 'localhost' });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return readCertificate(raw).fingerprint;
  }

  /** The same of the file store, by another client. */
  async function seenByFtp(url: string): Promise<string> {
    const words = ['s_client', '-starttls', 'ftp', '-connect', `127.0.0.1:${portOf(url)}`];
    const asked = run('openssl', words);
    asked.child.stdin?.end();
    return readCertificate((await asked).stdout).fingerprint;
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await wait(50);
  }

  it('answers by https alone, and says so in its addresses', async () => {
    const { url, adminUrl, storeUrl, output } = await start();
    expect(output())
      .to.match(/SOAP\s+https:/)
      .and.match(/--ca CA\.pem/);
    const wsdl = await curl('--cacert', files.ca, `${url}/smev/v1.2/ws?wsdl`);
    expect(wsdl).to.include(`location="${url}/smev/v1.2/ws"`);
    const metrics = await curl('--cacert', files.ca, adminUrl.replace(/health.*/, 'metrics'));
    for (const place of ['tls', 'adminTls', 'attachments.ftp.tls']) {
      const line = new RegExp(`^mezhved_tls_expires_seconds\\{tls="${place}"\\} \\d{5}`, 'm');
      expect(metrics).to.match(line);
      expect(metrics).to.include(`mezhved_tls_refused{tls="${place}"} 0\n`);
    }
    for (const address of [url, adminUrl]) {
      const plain = `http://127.0.0.1:${portOf(address)}`;
      const failed = await curl(`${plain}/health/live`).catch(({ code }) => code);
      expect(failed, 'no answer by plain HTTP').to.be.oneOf([52, 56]);
      for (const version of ['1.0', '1.1']) {
        const words = ['--tls-max', version, '--ciphers', 'DEFAULT:@SECLEVEL=0', '--cacert'];
        const old = await curl(...words, files.ca, address).catch(({ code }) => code);
        expect(old, `TLS ${version}`).to.equal(35);
      }
    }
    const list = [
      '--ssl-reqd',
      '--cacert',
      files.ca,
      '-u',
      'agency-a:agency-a-files',
      `${storeUrl}/`,
    ];
    expect(await curl(...list)).to.equal('');
  });

  it('is found healthy by the check that the documentation gives', async () => {
    const { adminUrl } = await start();
    const text = await readFile(join(checkout, 'docs', 'deployment.md'), 'utf8');
    const [, script = ''] = /test: \[CMD, node, -e, "(require\('https'\)[^"]+)"\]/.exec(text) ?? [];
    const check = (ca: string) =>
      run(process.execPath, [
        '-e',
        script
          .replace('8081', String(portOf(adminUrl)))
          .replace('/etc/mezhved/keys/ca.crt.pem', ca),
      ]).then(
        () => 0,
        ({ code }) => code,
      );
    expect(await check(files.ca)).to.equal(0);
    const other = new TlsAuthority('another CA').certificate;
    expect(await check(files.write('other.pem', other))).to.equal(1);
  });

  it('is called by send with the authority that is named, and by no other trust', async () => {
    const { url } = await start();
    const to = ['send', example, '--to', `${url}/smev/v1.2/ws`, ...signing];
    expect(await mezhved([...to, '--ca', files.ca])).to.include({ code: 0 });
    const distrusting = await mezhved(to);
    expect(distrusting).to.include({ code: 3 });
    expect(distrusting.stderr).to.match(/certificate/);
    expect(await mezhved([...to, '--client-key', files.key])).to.include({ code: 2 });
    const odd = await mezhved([
      ...to,
      '--ca',
      files.ca,
      '--client-key',
      example,
      '--client-cert',
      example,
    ]);
    expect(odd).to.include({ code: 2 });
    expect(odd.stderr).to.include(example);
    const gone = await mezhved([...to, '--ca', '/nowhere.pem']);
    expect(gone).to.include({ code: 2 });
  });

  it('wants a certificate of its clients where that is required', async () => {
    const mutual = (how: string) => `, clientCa: clients.pem, clientAuth: ${how}`;
    const clients = new TlsAuthority('CA of clients');
    files.write('clients.pem', clients.certificate);
    const own = clients.issue(newKey('rsa'));
    const foreign = authority.issue(newKey('rsa'));
    const shown = (name: string, { key, certificate }: Issued) =>
      [files.write(`${name}.key`, key), files.write(`${name}.crt`, certificate)] as const;
    const [ownKey, ownCertificate] = shown('own', own);
    const [foreignKey, foreignCertificate] = shown('foreign', foreign);
    const { url, adminUrl } = await start(mutual('required'), mutual('optional'));
    const trust = ['--cacert', files.ca];
    const mine = [...trust, '--key', ownKey, '--cert', ownCertificate];
    const others = [...trust, '--key', foreignKey, '--cert', foreignCertificate];
    const live = (address: string, words: string[]) =>
      curl(...words, `https://127.0.0.1:${portOf(address)}/health/live`).then(
        () => 'answered',
        () => 'refused',
      );
    expect(await live(url, mine)).to.equal('answered');
    expect(await live(url, trust)).to.equal('refused');
    expect(await live(url, others)).to.equal('refused');
    expect(await live(adminUrl, mine)).to.equal('answered');
    expect(await live(adminUrl, trust)).to.equal('answered');
    expect(await live(adminUrl, others)).to.equal('refused');
    const to = ['send', example, '--to', `${url}/smev/v1.2/ws`, ...signing, '--ca', files.ca];
    const with_ = ['--client-key', ownKey, '--client-cert', ownCertificate];
    expect(await mezhved([...to, ...with_])).to.include({ code: 0 });
    expect(await mezhved(to)).to.include({ code: 3 });
  });

  it('does not start with files that will not do, and says which in one sentence', async () => {
    const good = authority.issue();
    const cases: readonly [string, () => unknown, RegExp][] = [
      [
        'a wrong passphrase',
        () => files.write('passphrase', 'secret-word'),
        /passphrase.*tls\.key\.pem$/,
      ],
      [
        "another's key",
        () => put({ ...good, key: authority.issue().key }),
        /not that of.*crt\.pem$/,
      ],
      ['a file that is gone', () => writeFile(files.passphrase, ''), /is empty: .*passphrase$/],
      [
        'an expired certificate',
        () => put(authority.issue(newKey('ec'), { notAfter: Date.now() - 60_000 })),
        /expired on.*tls\.crt\.pem$/,
      ],
    ];
    for (const [name, spoil, message] of cases) {
      put(good);
      files.write('passphrase', 'pass');
      const env = {
        ...(await configured()),
        ...{ MEZHVED_LISTEN: '127.0.0.1:0', MEZHVED_ADMIN_LISTEN: '127.0.0.1:0' },
      };
      await spoil();
      const { code, stdout, stderr } = await mezhved(['serve'], env);
      expect(code, name).to.equal(1);
      expect(stdout).to.equal('');
      expect(stderr).to.match(/^mezhved: tls: [^\n]+\n$/);
      expect(stderr.trim()).to.match(message).and.match(/[а-я]/);
      expect(stderr).not.to.match(/secret-word|-----/);
      const checked = await mezhved(['check-config', '--json'], env);
      expect(checked.code).to.equal(1);
      const { problems } = JSON.parse(checked.stdout) as { problems: string[] };
      expect(problems).to.have.lengthOf(3);
      expect(problems.join()).to.match(/tls: .*adminTls: .*attachments\.ftp\.tls: /);
    }
  });

  it('is taken by check-config, which notes an address that does not fit', async () => {
    put(authority.issue());
    const env = await configured();
    for (const [publicUrl, count] of [
      ['https://smev.example', 0],
      ['http://smev.example', 1],
    ] as const) {
      const words = ['check-config', '--json'];
      const { code, stdout } = await mezhved(words, { ...env, MEZHVED_PUBLIC_URL: publicUrl });
      expect(code).to.equal(0);
      const { notes } = JSON.parse(stdout) as { notes: string[] };
      expect(notes).to.have.lengthOf(count);
      expect(stdout).not.to.include('-----');
    }
  });

  it('serves on with the old pair while another is half written, says so, and takes the whole', async () => {
    const first = authority.issue();
    const next = authority.issue(newKey('rsa'));
    const { url, adminUrl, output } = await start('', '', first);
    const metrics = () => curl('--cacert', files.ca, adminUrl.replace(/health.*/, 'metrics'));
    put({ key: next.key, certificate: first.certificate });
    await until(async () => (await metrics()).includes('mezhved_tls_refused{tls="tls"} 1'));
    const remarks = async () => {
      const health = await curl('--cacert', files.ca, adminUrl);
      return (JSON.parse(health) as { remarks: { tlsRefused: number } }).remarks.tlsRefused;
    };
    await until(async () => (await remarks()) === 3);
    expect(await seen(url)).to.equal(readCertificate(first.certificate).fingerprint);
    const told = () => output().match(/"level":"error"[^\n]*"tls":"tls"[^\n]*not that of/g);
    expect(told()).to.have.lengthOf(1);
    put(next);
    const fingerprint = readCertificate(next.certificate).fingerprint;
    await until(async () => (await seen(url)) === fingerprint);
    await until(async () => (await remarks()) === 0);
    expect(told()).to.have.lengthOf(1);
    expect(output()).to.match(new RegExp(`"tls":"tls","fingerprint":"${fingerprint}","notAfter"`));
    expect(output()).not.to.include('-----');
  });

  it(`takes up ${changes} certificates, and no request fails meanwhile`, async function () {
    this.timeout(60_000 + changes * 10_000);
    const { url, adminUrl, storeUrl } = await start();
    const origin = url.replace('127.0.0.1', 'localhost');
    const kept = new Kept(origin, { connect: { ca } });
    const fresh = new Agent({ connect: { ca }, pipelining: 0 });
    let connections = 0;
    kept.on('connect', () => {
      connections += 1;
    });
    const failures: string[] = [];
    let answered = 0;
    let over = false;
    const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: '"urn:SendRequest"' };
    const load = async (dispatcher: Dispatcher) => {
      while (!over) {
        try {
          const { statusCode, body } = await dispatcher.request({
            ...{ origin, path: '/smev/v1.3/ws', method: 'POST', headers },
            body: signedRequest().bytes,
          });
          const text = await body.text();
          if (statusCode === 200) answered += 1;
          else failures.push(`${statusCode} ${text}`);
        } catch (error) {
          failures.push(String(error));
        }
        // The machine has to have time for the tests beside this.
        await wait(10);
      }
    };
    const loads = [load(kept), load(fresh)];
    const list = [
      '--ssl-reqd',
      '--cacert',
      files.ca,
      '-u',
      'agency-a:agency-a-files',
      `${storeUrl}/`,
    ];
    const rsa = newKey('rsa');
    for (let change = 0; change < changes; change += 1) {
      const next = authority.issue(change % 2 === 0 ? rsa : newKey('ec'));
      const { fingerprint } = readCertificate(next.certificate);
      put(next);
      await until(async () => (await seen(url)) === fingerprint);
      await until(async () => (await seen(adminUrl)) === fingerprint);
      await until(async () => (await seenByFtp(storeUrl)) === fingerprint);
      if (change % 5 === 0) expect(await curl(...list)).to.equal('');
    }
    over = true;
    await Promise.all(loads);
    await Promise.all([kept.close(), fresh.close()]);
    expect(failures).to.deep.equal([]);
    expect(answered).to.be.greaterThan(changes);
    expect(connections, 'connections of the client that keeps its own').to.equal(1);
  });
});
