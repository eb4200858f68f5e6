import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Curve, curveByOid } from '../../src/gost/curves.ts';
import { checkPublicKey, newPrivateKey, publicKeyOf } from '../../src/gost/keys.ts';
import { signDigest, verifyDigest } from '../../src/gost/signature.ts';

/** Curves in the words of OpenSSL's engine, with the OID that each word means. */
const words: readonly (readonly [string, string, string])[] = [
  ['gost2012_256', '0', '1.2.643.2.2.35.0'],
  ['gost2012_256', 'A', '1.2.643.2.2.35.1'],
  ['gost2012_256', 'B', '1.2.643.2.2.35.2'],
  ['gost2012_256', 'C', '1.2.643.2.2.35.3'],
  ['gost2012_256', 'XA', '1.2.643.2.2.36.0'],
  ['gost2012_256', 'XB', '1.2.643.2.2.36.1'],
  ['gost2012_256', 'TCA', '1.2.643.7.1.2.1.1.1'],
  ['gost2012_256', 'TCB', '1.2.643.7.1.2.1.1.2'],
  ['gost2012_256', 'TCC', '1.2.643.7.1.2.1.1.3'],
  ['gost2012_256', 'TCD', '1.2.643.7.1.2.1.1.4'],
  ['gost2012_512', 'A', '1.2.643.7.1.2.1.2.1'],
  ['gost2012_512', 'B', '1.2.643.7.1.2.1.2.2'],
  ['gost2012_512', 'C', '1.2.643.7.1.2.1.2.3'],
  ['gost2001', 'A', '1.2.643.2.2.35.1'],
  ['gost2001', 'XB', '1.2.643.2.2.36.1'],
];

describe('curves of GOST R 34.10 and OpenSSL', function () {
  this.timeout(120_000);
  let folder: string;

  before(function () {
    if (spawnSync('openssl', ['engine', 'gost'], { timeout: 30_000 }).status !== 0) {
      process.stdout.write(
        'SKIPPED: GOST in OpenSSL: install the Debian packages openssl libengine-gost-openssl\n',
      );
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'mezhved-gost-'));
  });

  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  function file(name: string, octets?: Uint8Array): string {
    const path = join(folder, name);
    if (octets !== undefined) writeFileSync(path, octets);
    return path;
  }

  function openssl(command: string, ...args: string[]): Buffer {
    const { status, stdout, stderr } = spawnSync('openssl', [command, '-engine', 'gost', ...args]);
    if (status !== 0) throw new Error(`openssl ${command}: ${stderr}`);
    return stdout;
  }

  function isGoodForOpenssl(key: string, digest: Uint8Array, signature: Uint8Array): boolean {
    const args = ['-verify', '-inkey', key, '-in', file('digest', digest)];
    const all = ['-engine', 'gost', ...args, '-sigfile', file('signature', signature)];
    return spawnSync('openssl', ['pkeyutl', ...all]).status === 0;
  }

  for (const [kind, paramset, oid] of words) {
    it(`${kind} ${paramset}: keys and signatures, both ways`, () => {
      const curve = curveByOid(oid) as Curve;
      const pem = file('key.pem');
      openssl('genpkey', '-algorithm', kind, '-pkeyopt', `paramset:${paramset}`, '-out', pem);
      const scalar = openssl('pkey', '-in', pem, '-outform', 'DER').subarray(-curve.bytes);
      const key = { curve, scalar };
      const owner = publicKeyOf(key);
      const spki = openssl('pkey', '-in', pem, '-pubout', '-outform', 'DER');
      expect(spki.subarray(-2 * curve.bytes).equals(owner.point)).to.equal(true);
      expect(() => checkPublicKey(owner)).not.to.throw();

      const digest = randomBytes(curve.bytes);
      const args = ['-sign', '-inkey', pem, '-in', file('digest', digest)];
      const theirs = openssl('pkeyutl', ...args);
      expect(verifyDigest(owner, digest, theirs)).to.equal(true);

      const ours = signDigest(key, digest, randomBytes);
      expect(isGoodForOpenssl(pem, digest, ours)).to.equal(true);
      const stranger = signDigest(newPrivateKey(curve, randomBytes), digest, randomBytes);
      expect(isGoodForOpenssl(pem, digest, stranger)).to.equal(false);
    });
  }
});
