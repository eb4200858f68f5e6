import { expect } from 'chai';
import fc from 'fast-check';
import { readCertificate } from '../../src/pki/certificate.ts';
import { type Issued, issueCertificate } from '../../src/pki/issue.ts';
import { newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { judgeTlsPair, type TlsTexts, TlsUnfit } from '../../src/pki/tls-pair.ts';
import { encrypted, TlsAuthority } from '../harness/tls-authority.ts';
import { seeded } from '../xml/random.ts';
import { mutated, mutation } from './mutations.ts';

const files = {
  ...{ key: '/etc/k.pem', certificate: '/etc/c.pem', passphraseFile: '/etc/p' },
  clientCa: '/etc/ca.pem',
};
const hour = 3_600_000;

describe('a key and a certificate for TLS', () => {
  const authority = new TlsAuthority();
  const good = authority.issue();
  const secret = 'слово 1';

  const textsOf = ({ key, certificate }: Issued, more: Partial<TlsTexts> = {}): TlsTexts => ({
    ...{ key, certificate, passphrase: undefined, clientCa: undefined },
    ...more,
  });
  const judge = (texts: TlsTexts, now = Date.now()) => judgeTlsPair(files, texts, now);

  function unfit(texts: TlsTexts, now = Date.now()): TlsUnfit {
    try {
      judge(texts, now);
    } catch (error) {
      if (error instanceof TlsUnfit) return error;
      throw error;
    }
    throw new Error('the pair was taken');
  }

  for (const [name, key] of [
    ['RSA', newKey('rsa')],
    ['P-256', newKey('ec')],
    ['P-384', newKey('ec', 'secp384r1')],
    ['P-521', newKey('ec', 'secp521r1')],
  ] as const) {
    it(`is taken with ${name}, plain or under a passphrase`, () => {
      const issued = authority.issue(key);
      const { fingerprint, notAfter } = readCertificate(issued.certificate);
      const plain = judge(textsOf(issued, { clientCa: authority.certificate }));
      expect(plain).to.include({ fingerprint, notAfter, clientCa: authority.certificate });
      const texts = textsOf(issued, { key: encrypted(issued.key, secret), passphrase: secret });
      expect(judge(texts).key).to.equal(issued.key);
    });
  }

  it('has its intermediates behind it, each whole', () => {
    const chain = good.certificate + authority.certificate;
    expect(judge(textsOf({ ...good, certificate: chain })).certificate).to.equal(chain);
    const cut = chain.slice(0, -100);
    expect(unfit(textsOf({ ...good, certificate: cut })).message).to.match(
      /cannot be read: \S+c\./,
    );
    const many = good.certificate.repeat(11);
    expect(unfit(textsOf({ ...good, certificate: many })).message).to.match(/more than 10/);
  });

  const other = authority.issue();
  const small = authority.issue(newKey('rsa', 1024));
  const bitcoin = authority.issue(newKey('ec', 'secp256k1'));
  const gostKey = newGostKey('gost2012-256');
  const gost = issueCertificate(gostKey, {
    ...{ commonName: 'gost', organization: 'Test' },
    ...{ notBefore: Date.now() - hour, notAfter: Date.now() + hour },
  });
  const locked = encrypted(good.key, secret);
  const expired = authority.issue(newKey('ec'), { notAfter: Date.now() - hour });
  const bad: readonly [string, TlsTexts, RegExp][] = [
    ['a key that is no PEM', textsOf({ ...good, key: 'no' }), /not PEM: \/etc\/k\.pem$/],
    ['an empty key', textsOf({ ...good, key: '' }), /not PEM: \/etc\/k\.pem$/],
    [
      'a key cut short',
      textsOf({ ...good, key: good.key.slice(0, 120) }),
      /key cannot be read: .*k/,
    ],
    ['an encrypted key alone', textsOf({ ...good, key: locked }), /passphraseFile is not set: .*k/],
    [
      'a wrong passphrase',
      textsOf(good, { key: locked, passphrase: 'другое' }),
      /\/etc\/p .*passphrase .* does not open the key.*: \/etc\/k\.pem$/,
    ],
    [
      'an encrypted key cut short',
      textsOf(good, { key: locked.slice(0, 200), passphrase: secret }),
      /does not open the key, or the key is broken: \/etc\/k\.pem$/,
    ],
    ['a certificate that is no PEM', textsOf({ ...good, certificate: 'no' }), /not PEM: .*c\.pem$/],
    [
      'a certificate cut short',
      textsOf({ ...good, certificate: good.certificate.slice(0, 300) }),
      /certificate cannot be read: \/etc\/c\.pem$/,
    ],
    [
      'a certificate of garbage',
      textsOf({ ...good, certificate: good.certificate.replace('MII', 'AII') }),
      /certificate cannot be read: \/etc\/c\.pem$/,
    ],
    ["another's key", textsOf({ ...good, key: other.key }), /not that of .*k\.pem, \/etc\/c\.pem$/],
    ['a key of GOST', textsOf(gost), /no GOST: \/etc\/k\.pem$/],
    ['RSA of 1024 bits', textsOf(small), /2048 bits or more.*: \/etc\/c\.pem$/],
    ['the curve secp256k1', textsOf(bitcoin), /P-256.*: \/etc\/c\.pem$/],
    ['a certificate that expired', textsOf(expired), /expired on \d{4}-\d\d-\d\d: \/etc\/c\.pem$/],
    ['authorities that are none', textsOf(good, { clientCa: 'no' }), /not PEM: \/etc\/ca\.pem$/],
    [
      'authorities cut short',
      textsOf(good, { clientCa: authority.certificate.slice(0, 200) }),
      /cannot be read: \/etc\/ca\.pem$/,
    ],
  ];
  for (const [name, texts, message] of bad) {
    it(`is not taken: ${name}; the file is named, in two languages, and nothing of its content`, () => {
      const said = unfit(texts).message;
      expect(said).to.match(message).and.to.match(/[а-я]/);
      expect(said.split('\n')).to.have.lengthOf(1);
      for (const text of [texts.key, texts.certificate, texts.passphrase ?? '', secret]) {
        for (const line of text.split('\n').filter(({ length }) => length > 2)) {
          expect(said).not.to.include(line);
        }
      }
    });
  }

  it('is not taken before its time, and says when that is', () => {
    const notBefore = Math.floor((Date.now() + hour) / 1000) * 1000;
    const early = authority.issue(newKey('ec'), { notBefore });
    expect(unfit(textsOf(early)).fitFrom).to.equal(notBefore);
    expect(judge(textsOf(early), notBefore).notAfter).to.be.greaterThan(notBefore);
    expect(unfit(textsOf(expired)).fitFrom).to.equal(undefined);
  });

  it('whatever the octets of its files, is taken or refused, and nothing of them told', () => {
    const inner = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
    const pem = (label: string, der: Buffer) =>
      `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
    const locks = encrypted(good.key, secret);
    const spoilt = fc.constantFrom<(harm: (bytes: Buffer) => Buffer) => TlsTexts>(
      (harm) => textsOf({ ...good, key: harm(Buffer.from(good.key)).toString() }),
      (harm) => textsOf({ ...good, key: pem('PRIVATE KEY', harm(inner(good.key))) }),
      (harm) =>
        textsOf(good, {
          key: pem('ENCRYPTED PRIVATE KEY', harm(inner(locks))),
          passphrase: secret,
        }),
      (harm) => textsOf({ ...good, certificate: harm(Buffer.from(good.certificate)).toString() }),
      (harm) =>
        textsOf({ ...good, certificate: pem('CERTIFICATE', harm(inner(good.certificate))) }),
      (harm) => textsOf(good, { clientCa: pem('CERTIFICATE', harm(inner(good.certificate))) }),
    );
    fc.assert(
      fc.property(spoilt, fc.array(mutation, { minLength: 1, maxLength: 3 }), (spoil, changes) => {
        try {
          judge(spoil((bytes) => mutated(bytes, changes)));
        } catch (error) {
          expect(error).to.be.instanceOf(TlsUnfit);
          expect(String(error))
            .to.match(/: \/etc\/[^\n]+$/)
            .and.not.match(/[A-Za-z0-9+/]{30}/);
        }
      }),
      seeded(1500),
    );
  });
});
