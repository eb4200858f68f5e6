import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readPemPair } from '../../src/pki/keystore.ts';
import { readPkcs12 } from '../../src/pki/pkcs12.ts';
import { signerFromPem } from '../../src/signature/signer.ts';
import { selfSigned } from '../signature/documents.ts';

describe('keys in files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mezhved-keys-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [kind, password] of [
    ['rsa', 'secret'],
    ['ec', 'secret'],
    ['ec', 'пароль'],
  ] as const) {
    it(`are read from a PKCS#12 file that openssl made: ${kind}, ${password}`, function () {
      if (spawnSync('openssl', ['version']).status !== 0) {
        process.stdout.write('SKIPPED: PKCS#12 of another maker: install openssl\n');
        this.skip();
      }
      const pair = selfSigned(kind);
      const file = (name: string) => join(folder, `${kind}.${name}`);
      writeFileSync(file('key'), pair.key);
      writeFileSync(file('crt'), pair.certificate);
      // Another certificate lies in the file too, as a chain does.
      writeFileSync(file('chain'), selfSigned('ec').certificate);
      const made = spawnSync('openssl', [
        ...['pkcs12', '-export', '-inkey', file('key'), '-in', file('crt')],
        ...['-certfile', file('chain'), '-passout', `pass:${password}`, '-out', file('p12')],
      ]);
      expect(made.status, made.stderr.toString()).to.equal(0);
      const read = readPkcs12(file('p12'), password);
      const signer = signerFromPem(read.key, read.certificate);
      expect(signer.keyKind).to.equal(kind);
      expect(signer.certificate).to.equal(signerFromPem(pair.key, pair.certificate).certificate);
      for (const wrong of ['other', 'другой', '']) {
        expect(() => readPkcs12(file('p12'), wrong)).to.throw(file('p12'));
      }
    });
  }

  it('are told plainly when they cannot be read, without their content', () => {
    const absent = join(folder, 'absent.pem');
    expect(() => readPemPair({ key: absent, certificate: absent })).to.throw(absent);
    expect(() => readPkcs12(absent, '')).to.throw(absent);
    const junk = join(folder, 'junk');
    writeFileSync(junk, 'СЕКРЕТ');
    for (const work of [
      () => readPemPair({ key: junk, certificate: junk }),
      () => readPkcs12(junk, ''),
    ]) {
      expect(work).to.throw(junk).with.property('message').that.does.not.include('СЕКРЕТ');
    }
  });

  it('must belong together and be of a kind that signs', () => {
    const [a, b] = [selfSigned('ec'), selfSigned('ec')];
    expect(() => signerFromPem(a.key, b.certificate)).to.throw('does not belong');
    expect(() => signerFromPem('junk', b.certificate)).to.throw('not readable');
  });
});
