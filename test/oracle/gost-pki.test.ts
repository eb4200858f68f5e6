import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { type Certificate, readCertificate } from '../../src/pki/certificate.ts';
import { readDetached } from '../../src/pki/cms-read.ts';
import { contentHashOf, signDetached } from '../../src/pki/cms-sign.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import { isGostKey, readGostPrivateKey, readGostPublicKey } from '../../src/pki/gost-key.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import {
  type GostKeyPair,
  type IssuingKey,
  newGostKey,
  newKey,
  privateKeyPem,
} from '../../src/pki/issuing-key.ts';
import { makeRequest, readRequest } from '../../src/pki/request.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import { judgeCertificate } from '../../src/pki/trust.ts';
import { signerFromPem } from '../../src/signature/signer.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';

/** openssl's words for a key, the digest of its signatures, and what the curve is called here. */
const made = (
  [
    ['gost2012_256', 'A', 'md_gost12_256', 'CryptoPro-A'],
    ['gost2012_256', 'TCA', 'md_gost12_256', 'TC26-256-A'],
    ['gost2012_512', 'A', 'md_gost12_512', 'TC26-512-A'],
    ['gost2012_512', 'C', 'md_gost12_512', 'TC26-512-C'],
    ['gost2012_512', 'B', 'md_gost12_512', 'TC26-512-B'],
    ['gost2012_256', 'B', 'md_gost12_256', 'CryptoPro-B'],
    ['gost2012_256', 'C', 'md_gost12_256', 'CryptoPro-C'],
    ['gost2012_256', 'TCB', 'md_gost12_256', 'CryptoPro-A'],
    ['gost2012_256', 'TCC', 'md_gost12_256', 'CryptoPro-B'],
    ['gost2012_256', 'TCD', 'md_gost12_256', 'CryptoPro-C'],
  ] as const
).slice(0, process.env['MEZHVED_FULL'] === '1' ? undefined : 4);

const content = Buffer.from('Вложение, подписанное отдельно\r\nи с концами строк\n');
const at = Date.UTC(2026, 5, 1);
const wish = {
  commonName: 'Ведомство',
  organization: 'Тест',
  notBefore: Date.UTC(2020, 0, 1),
  notAfter: Date.UTC(2060, 0, 1),
};

describe('GOST in PKI and OpenSSL’s engine', () => {
  let engine: string;
  let openssl: GostOpenssl;
  before(function () {
    engine = needGostEngine(this);
    openssl = new GostOpenssl(engine);
    openssl.write('content', content);
  });
  after(() => openssl?.end());

  const keyWords = (algorithm: string, set: string) => [
    ...['-algorithm', algorithm],
    ...(algorithm === 'rsa' ? [] : ['-pkeyopt', `paramset:${set}`]),
  ];

  function makeAuthority(algorithm: string, set: string, digest: string): Certificate {
    openssl.run('genpkey', ...keyWords(algorithm, set), '-out', 'ca.key');
    openssl.run(
      ...['req', '-x509', '-new', '-key', 'ca.key', `-${digest}`, '-days', '9', '-utf8'],
      ...['-config', 'req.cnf', '-extensions', 'ca', '-subj', '/O=Тест/CN=УЦ', '-out', 'ca'],
    );
    return readCertificate(openssl.read('ca').toString());
  }

  for (const [algorithm, set, digest, curve] of made) {
    it(`reads and believes what it made: ${algorithm}, ${set}`, () => {
      const ca = makeAuthority(algorithm, set, digest);
      expect(ca.gostKey?.curve.name).to.equal(curve);
      expect(ca.subject).to.equal('O=Тест, CN=УЦ');
      openssl.run('genpkey', ...keyWords(algorithm, set), '-out', 'leaf.key');
      openssl.run(
        ...['req', '-new', '-key', 'leaf.key', '-config', 'req.cnf', '-subj', '/CN=leaf'],
        ...[`-${digest}`, '-out', 'leaf.csr'],
      );
      const request = readRequest(openssl.read('leaf.csr').toString());
      openssl.run(
        ...['x509', '-req', '-in', 'leaf.csr', '-CA', 'ca', '-CAkey', 'ca.key', `-${digest}`],
        ...['-set_serial', '17', '-days', '5', '-out', 'leaf'],
      );
      const leaf = readCertificate(openssl.read('leaf').toString());
      expect(leaf.parts.publicKeyInfo).to.deep.equal(request.publicKeyInfo);
      expect(judgeCertificate(leaf, { anchors: [ca], intermediates: [] }, Date.now())).to.equal(
        undefined,
      );
      const impostor = makeAuthority(algorithm, set, digest);
      expect(
        judgeCertificate(leaf, { anchors: [impostor], intermediates: [] }, Date.now())?.code,
      ).to.equal('CERTIFICATE_UNTRUSTED');
      const key = openssl.read('leaf.key').toString();
      expect(signerFromPem(key, openssl.read('leaf').toString()).certificate).to.equal(leaf);
    });
  }

  const ours: readonly (readonly [string, () => IssuingKey])[] = [
    ['256 bits', () => newGostKey('gost2012-256')],
    ['512 bits', () => newGostKey('gost2012-512')],
    ['RSA', () => newKey('rsa')],
    ['ECDSA', () => newKey('ec')],
  ];

  for (const [name, make] of ours) {
    it(`finds good what is made here: ${name}`, () => {
      const [caKey, key] = [make(), make()];
      const ca = issueCertificate(caKey, { ...wish, commonName: 'УЦ', ca: true });
      const issuer = { key: caKey, commonName: 'УЦ', organization: wish.organization };
      const leaf = issueCertificate(key, wish, issuer);
      openssl.write('our-ca', ca.certificate);
      openssl.write('our', leaf.certificate);
      openssl.write('our.key', privateKeyPem(key));
      expect(openssl.run('verify', '-CAfile', 'our-ca', 'our')).to.contain('our: OK');
      expect(openssl.run('x509', '-in', 'our', '-noout', '-pubkey')).to.equal(
        openssl.run('pkey', '-in', 'our.key', '-pubout'),
      );
      openssl.write('our.csr', makeRequest(key, wish));
      expect(openssl.run('req', '-verify', '-in', 'our.csr', '-noout')).to.contain('OK');
      const certificate = readCertificate(leaf.certificate);
      const digest = contentDigest(contentHashOf(key));
      digest.update(content);
      openssl.write(
        'our.p7s',
        signDetached({ key, certificate, digest: digest.digest(), signingTime: at }),
      );
      const words = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'our.p7s'];
      const verify = [...words, '-content', 'content', '-CAfile', 'our-ca', '-out', 'seen'];
      expect(openssl.run(...verify)).to.match(/successful/i);
      openssl.write('content', 'другое');
      expect(openssl.ask(...verify).good).to.equal(false);
      openssl.write('content', content);
    });
  }

  const sign = (digest: string, ...words: string[]) => {
    openssl.run(
      ...['cms', '-sign', '-binary', '-outform', 'DER', '-md', digest, '-signer', 'ca'],
      ...['-inkey', 'ca.key', '-in', 'content', '-out', 'p7s', ...words],
    );
    return readDetached(openssl.read('p7s'));
  };

  const signers = [...made, ['rsa', '', 'sha256', ''], ['rsa', '', 'sha512', '']] as const;
  for (const [algorithm, set, digest] of signers) {
    it(`signs content that is verified here: ${algorithm}, ${set || digest}`, () => {
      const certificate = makeAuthority(algorithm, set, digest);
      for (const words of [[], ['-keyid']]) {
        const signature = sign(digest, ...words);
        expect(signature.certificate).to.equal(certificate);
        expect(signature.signingTime).to.be.closeTo(Date.now(), 60_000);
        const hasher = contentDigest(signature.hash);
        for (const octet of content) hasher.update(Buffer.from([octet]));
        const right = hasher.digest();
        verifyDetached(signature, right);
        const wrong = createHash('sha256').update('x').digest();
        expect(() => verifyDetached(signature, wrong)).to.throw('хэш содержимого');
      }
    });
  }

  it('signs in ways that are refused here', () => {
    makeAuthority('gost2012_256', 'A', 'md_gost12_256');
    expect(() => sign('md_gost12_256', '-noattr')).to.throw('подписанных атрибутов');
    expect(() => sign('md_gost12_256', '-nocerts')).to.throw('сертификата подписавшего');
    expect(() => sign('md_gost12_256', '-nodetach')).to.throw('не отсоединённая');
    makeAuthority('rsa', '', 'sha256');
    expect(() => sign('sha1'))
      .to.throw('алгоритм подписи')
      .with.property('reason', 'algorithm');
  });

  for (const [algorithm, set] of made) {
    it(`reads private keys written here, and writes what is read here: ${algorithm}, ${set}`, () => {
      const wrapping = new GostOpenssl(engine, { GOST_PK_FORMAT: 'LEGACY_PK_WRAP' });
      try {
        for (const maker of [openssl, wrapping]) {
          maker.run('genpkey', ...keyWords(algorithm, set), '-out', 'some.key');
          const key = maker.read('some.key').toString();
          expect(isGostKey(key)).to.equal(true);
          const pair: GostKeyPair = {
            kind: algorithm === 'gost2012_256' ? 'gost2012-256' : 'gost2012-512',
            key: readGostPrivateKey(key),
          };
          maker.write('again.key', privateKeyPem(pair));
          // A curve of two names is written under its first.
          const point = (name: string) => {
            const pem = maker.run('pkey', '-in', name, '-pubout').replace(/-----[^-]+-----/g, '');
            return readGostPublicKey(Buffer.from(pem, 'base64'))?.key.point;
          };
          expect(point('again.key')).to.deep.equal(point('some.key'));
        }
      } finally {
        wrapping.end();
      }
    });
  }

  it('believes nothing that was signed with GOST R 34.10-2001', () => {
    const ca = makeAuthority('gost2001', 'A', 'md_gost94');
    expect(ca.keyKind).to.equal('gost2001');
    expect(ca.gostKey?.curve.name).to.equal('CryptoPro-A');
    openssl.run('genpkey', '-algorithm', 'rsa', '-out', 'leaf.key');
    openssl.run('req', '-new', '-key', 'leaf.key', '-subj', '/CN=leaf', '-out', 'leaf.csr');
    openssl.run(
      ...['x509', '-req', '-in', 'leaf.csr', '-CA', 'ca', '-CAkey', 'ca.key', '-md_gost94'],
      ...['-set_serial', '17', '-days', '5', '-out', 'leaf'],
    );
    const leaf = readCertificate(openssl.read('leaf').toString());
    expect(judgeCertificate(leaf, { anchors: [ca], intermediates: [] }, Date.now())?.code).to.equal(
      'CERTIFICATE_UNTRUSTED',
    );
  });
});
