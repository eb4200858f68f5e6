import { expect } from 'chai';
import fc from 'fast-check';
import { curveByOid } from '../../src/gost/curves.ts';
import { publicKeyOf } from '../../src/gost/keys.ts';
import { fromLittleEndian, toLittleEndian } from '../../src/gost/numbers.ts';
import { pemOf } from '../../src/pki/asn1.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { certificateParts } from '../../src/pki/der.ts';
import {
  gostKeyFits,
  isGostKey,
  readGostPrivateKey,
  readGostPublicKey,
} from '../../src/pki/gost-key.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newGostKey, newKey, privateKeyPem } from '../../src/pki/issuing-key.ts';
import { signerFromPem } from '../../src/signature/signer.ts';
import { seeded } from '../xml/random.ts';
import { item, octets, oid, sequence } from './cms-documents.ts';
import { mutated, mutation } from './mutations.ts';

const keyOid = '1.2.643.7.1.1.1.1';
const digestOid = '1.2.643.7.1.1.2.2';
const curveOid = '1.2.643.2.2.35.1';
const curve = curveByOid(curveOid);
if (curve === undefined) throw new Error('no CryptoPro-A');
const pair = newGostKey('gost2012-256', curve);
const { scalar } = pair.key;

const parameters = sequence(oid(curveOid), oid(digestOid));

function pkcs8(secret: Uint8Array, named = sequence(oid(keyOid), parameters)): string {
  const der = sequence(item(0x02, Buffer.from([0])), named, octets(secret));
  return pemOf(der, 'PRIVATE KEY');
}

function bigEndian(): Buffer {
  return Buffer.from(scalar).reverse();
}

describe('GOST private keys', () => {
  it('are read bare, in an OCTET STRING and as an INTEGER', () => {
    const positive = (bytes: Buffer) =>
      (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
    for (const secret of [scalar, octets(scalar), item(0x02, positive(bigEndian()))]) {
      const text = pkcs8(secret);
      expect(isGostKey(text)).to.equal(true);
      expect(Buffer.from(readGostPrivateKey(text).scalar)).to.deep.equal(Buffer.from(scalar));
    }
    const small = readGostPrivateKey(pkcs8(item(0x02, Buffer.from([5]))));
    expect(fromLittleEndian(small.scalar)).to.equal(5n);
    expect(readGostPrivateKey(privateKeyPem(pair)).curve).to.equal(curve);
  });

  it('are refused without a part of them where they are wrong', () => {
    const wrong = {
      'another length': pkcs8(octets(scalar.subarray(1))),
      masked: pkcs8(octets(Buffer.concat([scalar, scalar]))),
      zero: pkcs8(Buffer.alloc(32)),
      'not below q': pkcs8(toLittleEndian(curve.q, 32)),
      'an unknown curve': pkcs8(scalar, sequence(oid(keyOid), sequence(oid('1.2.643.2.2.35.99')))),
      'no curve': pkcs8(scalar, sequence(oid(keyOid))),
      'a curve of 512 bits': pkcs8(
        scalar,
        sequence(oid(keyOid), sequence(oid('1.2.643.7.1.2.1.2.1'))),
      ),
      'another kind': privateKeyPem(newKey('ec')),
      junk: 'junk',
    };
    for (const [name, text] of Object.entries(wrong)) {
      expect(() => readGostPrivateKey(text), name)
        .to.throw(RangeError)
        .with.property('message')
        .that.does.not.match(/[0-9a-f]{8}/);
    }
    expect(isGostKey(wrong['another kind'])).to.equal(false);
    expect(isGostKey(wrong.junk)).to.equal(false);
  });

  it('are told to have a passphrase where they have one', () => {
    const { certificate } = issueCertificate(pair, { ...names, notBefore: 0, notAfter: 1 });
    const text = privateKeyPem(pair).replaceAll('PRIVATE', 'ENCRYPTED PRIVATE');
    expect(() => signerFromPem(text, certificate)).to.throw('has a passphrase');
  });

  it('whatever their octets, are read or refused', () => {
    const der = Buffer.from(privateKeyPem(pair).replace(/-----[^-]+-----/g, ''), 'base64');
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (changes) => {
        const text = pemOf(mutated(der, changes), 'PRIVATE KEY');
        isGostKey(text);
        try {
          readGostPrivateKey(text);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
      seeded(1500),
    );
  });
});

const names = { commonName: 'Ведомство', organization: 'Тест' };

describe('GOST public keys', () => {
  const point = publicKeyOf(pair.key).point;
  const info = (bytes: Uint8Array, params = parameters, kind = keyOid) =>
    sequence(sequence(oid(kind), params), item(0x03, Buffer.from([0]), octets(bytes)));

  it('are read with the digest among their parameters and without', () => {
    for (const params of [parameters, sequence(oid(curveOid))]) {
      const read = readGostPublicKey(info(point, params));
      expect(read?.kind).to.equal('gost2012-256');
      expect(Buffer.from(read?.key.point ?? [])).to.deep.equal(Buffer.from(point));
    }
    expect(readGostPublicKey(info(point, parameters, '1.2.643.2.2.19'))?.kind).to.equal('gost2001');
    expect(readGostPublicKey(info(point, parameters, '1.2.840.10045.2.1'))).to.equal(undefined);
  });

  it('are refused off the curve', () => {
    const off = Buffer.from(point);
    off[0] = (off[0] ?? 0) ^ 1;
    for (const bytes of [off, Buffer.alloc(64), Buffer.alloc(64, 0xff), point.subarray(1)]) {
      expect(() => readGostPublicKey(info(bytes))).to.throw(RangeError);
    }
  });

  it('in a certificate with a bad point are none, and the certificate is readable', () => {
    const issued = issueCertificate(pair, { ...names, notBefore: 0, notAfter: 1 });
    const good = readCertificate(issued.certificate);
    expect(gostKeyFits(pair.key, good)).to.equal(true);
    const at = good.der.indexOf(point);
    const bad = Buffer.from(good.der);
    bad[at] = (bad[at] ?? 0) ^ 1;
    const read = readCertificate(bad);
    expect(read).to.include({ keyKind: 'gost2012-256', gostKey: undefined, publicKey: undefined });
    expect(read.subject).to.equal(good.subject);
    expect(gostKeyFits(pair.key, read)).to.equal(false);
  });

  it('and certificates, whatever their octets, are read or refused', () => {
    const issued = issueCertificate(pair, { ...names, notBefore: 0, notAfter: 1 });
    const { der } = readCertificate(issued.certificate);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = mutated(der, changes);
        try {
          readGostPublicKey(certificateParts(bytes).publicKeyInfo);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
        try {
          readCertificate(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(Error).and.not.instanceOf(TypeError);
        }
      }),
      seeded(1500),
    );
  });
});
