import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { readCertificate } from '../../src/pki/certificate.ts';
import { signDetached } from '../../src/pki/cms-sign.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import type { SchemaPackage } from '../../src/schema/package.ts';
import {
  packageManifest,
  packageSigner,
  signedOctets,
} from '../../src/schema/package-signature.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { archive } from './archives.ts';
import { schemaText } from './schemas.ts';

const text = schemaText('');
const zipped: SchemaPackage = { zip: archive([{ name: 'a.xsd', content: text }]) };
const folder: SchemaPackage = {
  files: ['commons/b.xsd', 'a.xsd', 'A-1.xsd'].map((name) => ({ name, bytes: Buffer.from(text) })),
};
const packages = { 'an archive': zipped, 'a folder': folder };
const wish = { commonName: 'Ведомство', organization: 'Тест', notBefore: Date.UTC(2026, 0, 1) };
const anyone = () => true;

describe('signatures of packages', function () {
  this.timeout(20_000);
  let place: string;

  before(() => {
    place = mkdtempSync(join(tmpdir(), 'mezhved-signature-'));
  });
  after(() => rmSync(place, { recursive: true }));

  const file = (name: string, content: string | Uint8Array) => {
    const path = join(place, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };

  for (const kind of ['rsa', 'ec'] as const) {
    for (const [what, signed] of Object.entries(packages)) {
      it(`are verified as OpenSSL made them: ${kind}, ${what}`, async () => {
        const pair = issueCertificate(newKey(kind), { ...wish, notAfter: Date.UTC(2040, 0, 1) });
        const signature = execFileSync('openssl', [
          ...['cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256'],
          ...['-in', file('content', signedOctets(signed))],
          ...['-signer', file('crt.pem', pair.certificate), '-inkey', file('key.pem', pair.key)],
        ]);
        const { fingerprint } = readCertificate(pair.certificate);
        const is = (other: string) => other === fingerprint;
        const signer = await packageSigner(signed, signature, is);
        expect(signer).to.have.nested.property('certificate.fingerprint', fingerprint);
        const other = await packageSigner(signed, signature, () => false);
        expect(other).include({ refused: 'signer-unknown' });
        const another = await packageSigner({ zip: Buffer.from('PK') }, signature, is);
        expect(another).include({ refused: 'message-digest-differs' });
        const cut = await packageSigner(signed, signature.subarray(0, -3), is);
        expect(cut).include({ refused: 'malformed' });
        const nothing = await packageSigner(signed, Buffer.alloc(0), is);
        expect(nothing).include({ refused: 'malformed' });
      });
    }
  }

  for (const kind of ['gost2012-256', 'gost2012-512'] as const) {
    it(`are verified as this node makes them, and OpenSSL agrees: ${kind}`, async function () {
      const key = newGostKey(kind);
      const pair = issueCertificate(key, { ...wish, notAfter: Date.UTC(2040, 0, 1) });
      const certificate = readCertificate(pair.certificate);
      const digest = contentDigest(kind === 'gost2012-256' ? 'streebog256' : 'streebog512');
      digest.update(signedOctets(folder));
      const signature = signDetached({ key, certificate, digest: digest.digest() });
      expect(await packageSigner(folder, signature, anyone)).to.include({ certificate });
      const changed = { files: folder.files.slice(1) };
      expect(await packageSigner(changed, signature, anyone)).include({
        refused: 'message-digest-differs',
      });
      const openssl = new GostOpenssl(needGostEngine(this));
      try {
        const { good, said } = openssl.ask(
          ...['cms', '-verify', '-binary', '-inform', 'DER', '-noverify', '-out', '/dev/null'],
          ...['-in', file('sig', signature), '-content', file('content', signedOctets(folder))],
        );
        expect(good, said).equal(true);
      } finally {
        openssl.end();
      }
    });
  }

  it('of an old GOST are taken by name alone', async () => {
    const key = newGostKey('gost2001');
    const pair = issueCertificate(key, { ...wish, notAfter: Date.UTC(2040, 0, 1) });
    const certificate = readCertificate(pair.certificate);
    const digest = contentDigest('gost94');
    digest.update(signedOctets(zipped));
    const signature = signDetached({ key, certificate, digest: digest.digest() });
    expect(await packageSigner(zipped, signature, anyone)).include({ refused: 'algorithm' });
    const signer = await packageSigner(zipped, signature, anyone, { gost2001: true });
    expect(signer).to.include({ certificate });
  });

  it('of a folder are made over what sha256sum prints', function () {
    for (const { name, bytes } of folder.files) file(`folder/${name}`, bytes);
    const command = "find . -name '*.xsd' -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum";
    const { status, stdout } = spawnSync('sh', ['-c', command], { cwd: join(place, 'folder') });
    if (status !== 0) {
      process.stdout.write(
        'SKIPPED: the manifest of a folder: there is no GNU find and sha256sum\n',
      );
      return this.skip();
    }
    expect(stdout.toString()).equal(packageManifest(folder.files).toString());
  });
});
