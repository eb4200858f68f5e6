import { expect } from 'chai';
import { readCertificate } from '../../src/pki/certificate.ts';
import { readDetached } from '../../src/pki/cms-read.ts';
import { contentHashOf, signDetached } from '../../src/pki/cms-sign.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import type { GostKeyKind } from '../../src/pki/gost-key.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { type GostKeyPair, newGostKey } from '../../src/pki/issuing-key.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import { needSantuario, Santuario } from '../harness/santuario.ts';

const content = Buffer.from('Вложение, подписанное отдельно\r\n');
const kinds: readonly (readonly [GostKeyKind, string])[] = [
  ['gost2012-256', 'GOST3411-2012-256WITHECGOST3410-2012-256'],
  ['gost2012-512', 'GOST3411-2012-512WITHECGOST3410-2012-512'],
  ['gost2001', 'GOST3411WITHECGOST3410'],
];

function digestOf(key: GostKeyPair): Buffer {
  const digest = contentDigest(contentHashOf(key));
  digest.update(content);
  return digest.digest();
}

describe('detached signatures and BouncyCastle', function () {
  this.timeout(120_000);
  let bouncy: Santuario;
  before(function () {
    needSantuario(this);
    bouncy = new Santuario();
  });
  after(() => bouncy?.close());

  for (const [kind, algorithm] of kinds) {
    it(`agree both ways: ${kind}`, async () => {
      const key = newGostKey(kind);
      const wish = { commonName: 'Подписавший', organization: 'Тест', notBefore: 0 };
      const pair = issueCertificate(key, { ...wish, notAfter: Date.UTC(2040, 0, 1) });
      const certificate = readCertificate(pair.certificate);
      const digest = digestOf(key);
      for (const encoding of ['BER', 'DER'] as const) {
        const theirs = readDetached(await bouncy.signCms(content, pair, algorithm, encoding));
        expect(theirs.certificate).to.equal(certificate);
        verifyDetached(theirs, digest);
      }
      const ours = signDetached({ key, certificate, digest, signingTime: Date.UTC(2026, 5, 1) });
      expect(await bouncy.verifyCms(content, ours)).to.equal(true);
      const refused = await bouncy.verifyCms(Buffer.from('другое'), ours).catch(String);
      expect(refused).to.match(/message-digest/);
    });
  }
});
