import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { exampleFingerprints, exampleKeyProblem } from '../../src/pki/examples.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newKey } from '../../src/pki/issuing-key.ts';
import { readNodePassphrase } from '../../src/pki/keystore.ts';
import { checkout, mezhved, temporaryFolder } from '../harness/node.ts';

describe('the example keys', () => {
  const node = readFileSync(join(checkout, 'certs.example', 'node.crt.pem'), 'utf8');

  it('sign in the sandbox and nowhere else', () => {
    expect(exampleKeyProblem('sandbox', node)).to.equal(undefined);
    expect(exampleKeyProblem('production', node)).to.be.a('string');
  });

  it('are the sixteen of certs.example, and no key of an operator is taken for one', () => {
    expect(exampleFingerprints().size).to.equal(16);
    const at = Date.now();
    const wish = { commonName: 'own', organization: 'own', notBefore: at, notAfter: at + 1000 };
    const { certificate } = issueCertificate(newKey('ec'), wish);
    expect(exampleKeyProblem('production', certificate)).to.equal(undefined);
  });

  it('seal under a passphrase that is none outside the sandbox, a copy of it neither', async () => {
    const passphraseFile = join(checkout, 'certs.example', 'node.passphrase');
    const { path, remove } = await temporaryFolder();
    const copy = join(path, 'copy');
    const own = join(path, 'own');
    writeFileSync(copy, readFileSync(passphraseFile, 'utf8').trimEnd());
    writeFileSync(own, 'own\n');
    expect(readNodePassphrase('sandbox', { passphraseFile })).to.be.a('string');
    expect(readNodePassphrase('production', { passphraseFile })).to.equal(undefined);
    expect(readNodePassphrase('production', { passphraseFile: copy })).to.equal(undefined);
    expect(readNodePassphrase('production', { passphraseFile: own })).to.equal('own');
    expect(readNodePassphrase('production', {})).to.equal(undefined);
    await remove();
  });

  it('are told by check-config of a production node', async () => {
    const { code, stdout } = await mezhved(['check-config', '--json'], {
      MEZHVED_CONFIG: join(checkout, 'test', 'harness', 'production.yaml'),
    });
    expect(code).to.equal(1);
    expect(JSON.parse(stdout).problems.join()).to.contain('certs.example');
  });
});
