import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readCertificate } from '../../src/pki/certificate.ts';
import { certificateParts, items, only, tag } from '../../src/pki/der.ts';
import { judgeCertificate } from '../../src/pki/trust.ts';
import { signerFromPem } from '../../src/signature/signer.ts';
import { checkout } from '../harness/node.ts';
import { selfSigned } from '../signature/documents.ts';
import { seeded } from '../xml/random.ts';
import { sequence } from './cms-documents.ts';

describe('readCertificate', () => {
  it('tells what a certificate says', () => {
    const at = Date.UTC(2026, 0, 1);
    const wish = {
      commonName: 'Ведомство',
      organization: 'Тест',
      notBefore: at,
      notAfter: Date.UTC(2060, 0, 1),
    };
    const rsa = readCertificate(selfSigned('rsa', 2048, wish).certificate);
    expect(rsa.subject).to.equal('O=Тест, CN=Ведомство');
    expect(rsa.notBefore).to.equal(at);
    expect(rsa.notAfter).to.equal(wish.notAfter);
    expect(rsa).to.include({ keyKind: 'rsa', keyBits: 2048, ca: false, maySign: true });
    const ec = readCertificate(selfSigned('ec', 'secp384r1').certificate);
    expect(ec).to.include({ keyKind: 'ec', curve: 'secp384r1' });
  });

  it('gives one value for DER and PEM, again and again', () => {
    const { certificate } = selfSigned('ec');
    const first = readCertificate(certificate);
    expect(readCertificate(first.der)).to.equal(first);
    expect(first.fingerprint).to.equal(first.x509.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it('reads one without a subject', () => {
    const named = selfSigned('ec');
    const { der, parts } = readCertificate(named.certificate);
    expect(readCertificate(withoutSubject(der, parts.subjectName)).subject).to.equal('');
  });

  it('refuses what is no certificate', () => {
    for (const bad of ['', 'x', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----']) {
      expect(() => readCertificate(bad)).to.throw();
    }
  });
});

/** Issuer and subject made empty: the same name twice in a self-signed certificate. */
function withoutSubject(der: Buffer, name: Buffer): Buffer {
  const [tbs, ...rest] = items(only(der, tag.sequence));
  const fields = items(tbs?.content ?? der).map(({ whole }) =>
    whole.equals(name) ? sequence() : whole,
  );
  return sequence(sequence(...fields), ...rest.map(({ whole }) => whole));
}

describe('certificateParts', () => {
  it('reads or refuses any bytes, and never hangs', () => {
    const { der } = readCertificate(selfSigned('ec').certificate);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const changed = Buffer.from(der);
        changed[at] = byte;
        try {
          certificateParts(changed);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
      seeded(2000),
    );
  });
});

describe('certs.example', () => {
  const folder = join(checkout, 'certs.example');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('holds pairs that fit, of authorities that issued them', () => {
    const anchors = ['ca', 'ca-ec', 'ca-gost', 'ca-gost512'].map((stem) =>
      readCertificate(read(`${stem}.crt.pem`)),
    );
    const stems = readdirSync(folder)
      .filter((name) => name.endsWith('.key.pem'))
      .map((n) => n.slice(0, -8));
    expect(stems).to.have.length(16);
    for (const stem of stems) {
      const { certificate } = signerFromPem(read(`${stem}.key.pem`), read(`${stem}.crt.pem`));
      const fault = judgeCertificate(certificate, { anchors, intermediates: [] }, Date.now());
      expect(fault?.code, stem).to.equal(certificate.ca ? 'CERTIFICATE_UNTRUSTED' : undefined);
    }
  });
});
