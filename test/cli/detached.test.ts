import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readRequest } from '../../src/pki/request.ts';
import { sandboxKinds } from '../harness/client.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { checkout, mezhved } from '../harness/node.ts';

describe('signatures of attachments and requests of certificates, by command', function () {
  this.timeout(60_000);
  let folder: string;
  const file = (name: string) => join(folder, name);
  const example = (kind: string, ending: string) =>
    join(checkout, 'certs.example', `agency-a${kind === 'rsa' ? '' : `-${kind}`}.${ending}.pem`);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mezhved-detached-'));
    writeFileSync(file('scan.bin'), Buffer.alloc(3_000_000, 'страница'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function signed(kind: string): Promise<void> {
    const pair = ['--key', example(kind, 'key'), '--cert', example(kind, 'crt')];
    const made = await mezhved([
      ...['sign', file('scan.bin'), '--as', 'attachment', '--out', file('scan.p7s')],
      ...pair,
    ]);
    expect(made.code).to.equal(0);
  }

  async function judged(name: string): Promise<Record<string, unknown>> {
    const detached = ['--detached', file('scan.p7s')];
    const { stdout } = await mezhved(['verify', file(name), ...detached, '--json']);
    return JSON.parse(stdout).signatures[0];
  }

  for (const kind of sandboxKinds) {
    it(`are made with ${kind} and judged, digest and value apart`, async () => {
      await signed(kind);
      const good = { digest: 'good', signature: 'good', trust: 'trusted' };
      expect(await judged('scan.bin'))
        .to.include(good)
        .and.not.have.property('problem');
      writeFileSync(file('other.bin'), 'other');
      expect(await judged('other.bin')).to.include({ digest: 'bad', signature: 'good' });
      const bytes = readFileSync(file('scan.p7s'));
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      writeFileSync(file('scan.p7s'), bytes);
      expect(await judged('scan.bin')).to.include({ digest: 'good', signature: 'bad' });
      writeFileSync(file('scan.p7s'), 'no signature');
      expect(await judged('scan.bin')).to.include({ digest: 'bad', signature: 'bad' });
    });
  }

  for (const kind of ['gost', 'gost512', 'rsa']) {
    it(`are found good by OpenSSL with its GOST engine, ${kind}`, async function () {
      const openssl = new GostOpenssl(needGostEngine(this));
      try {
        await signed(kind);
        const { good, said } = openssl.ask(
          ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', file('scan.p7s')],
          ...['-content', file('scan.bin'), '-noverify', '-out', openssl.path('content')],
        );
        expect(good, said).to.equal(true);
      } finally {
        openssl.end();
      }
    });
  }

  it('ask for a certificate with a key of their own, and write no key over', async () => {
    const holder = ['--name', 'Система', '--organization', 'Ведомство'];
    for (const kind of ['gost2012-256', 'gost2012-512', 'ec']) {
      const words = ['cert', 'csr', '--kind', kind, ...holder, '--out', file(kind), '--json'];
      expect((await mezhved(words)).code).to.equal(0);
      const request = readRequest(readFileSync(file(`${kind}.csr.pem`), 'utf8'));
      expect(request.keyKind).to.equal(kind);
      expect(statSync(file(`${kind}.key.pem`)).mode & 0o777).to.equal(0o600);
      expect((await mezhved(words)).code).to.equal(2);
    }
  });
});
