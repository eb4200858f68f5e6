import { createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { readCertificate } from '../../src/pki/certificate.ts';
import { certifyRequest, issueCertificate } from '../../src/pki/issue.ts';
import { type IssuingKey, newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { makeRequest, readRequest } from '../../src/pki/request.ts';
import { seeded } from '../xml/random.ts';
import { mutated, mutation } from './mutations.ts';

const wish = { commonName: 'Ведомство', organization: 'Тест' };

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
}

describe('certificate requests', () => {
  const kinds: readonly (readonly [string, IssuingKey])[] = [
    ['gost2012-256', newGostKey('gost2012-256')],
    ['gost2012-512', newGostKey('gost2012-512')],
    ['rsa', newKey('rsa')],
    ['ec', newKey('ec')],
  ];
  for (const [kind, key] of kinds) {
    it(`ask for what they say, and prove the key: ${kind}`, () => {
      const text = makeRequest(key, wish);
      const request = readRequest(text);
      expect(readRequest(derOf(text))).to.deep.equal(request);
      expect(request.keyKind).to.equal(kind);
      const times = { notBefore: 0, notAfter: 1 };
      const issued = issueCertificate(key, { ...wish, ...times }).certificate;
      const { parts } = readCertificate(issued);
      expect(request.subjectName).to.deep.equal(parts.subjectName);
      expect(request.publicKeyInfo).to.deep.equal(parts.publicKeyInfo);
    });

    it(`are granted by an authority, for the key and the name that they prove: ${kind}`, () => {
      const request = readRequest(makeRequest(key, wish));
      const authority = { key: newKey('ec'), commonName: 'УЦ', organization: 'Тест' };
      const terms = { notBefore: 0, notAfter: 86_400_000 };
      const granted = readCertificate(certifyRequest(request, terms, authority));
      expect(granted.parts.publicKeyInfo).to.deep.equal(request.publicKeyInfo);
      expect(granted).to.deep.include({ ...terms, keyKind: kind, maySign: true });
      expect(granted.subject).to.include(wish.commonName);
      expect(granted.issuer).to.include(authority.commonName);
      expect(granted.x509.verify(createPublicKey(authority.key))).to.equal(true);
    });
  }

  it('are refused where another key signed, or nothing can be read', () => {
    const [mine, other] = kinds.map(([, key]) => derOf(makeRequest(key, wish)));
    const own = derOf(makeRequest(newGostKey('gost2012-256'), wish));
    // The last octets are the signature.
    const swapped = Buffer.concat([(mine ?? own).subarray(0, -64), own.subarray(-64)]);
    expect(() => readRequest(swapped)).to.throw(RangeError, 'is wrong');
    expect(() => readRequest(other?.subarray(1) ?? own)).to.throw(RangeError);
    for (const junk of ['', 'x', makeRequest(newKey('ec'), wish).slice(100)]) {
      expect(() => readRequest(junk)).to.throw(RangeError);
    }
  });

  it('whatever their octets, are read or refused', () => {
    const mine = derOf(makeRequest(newGostKey('gost2012-256'), wish));
    const right = readRequest(mine);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (changes) => {
        try {
          expect(readRequest(mutated(mine, changes))).to.deep.equal(right);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
      seeded(1500),
    );
  });
});
