import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Certificate, readCertificate } from '../../src/pki/certificate.ts';
import { CmsError } from '../../src/pki/cms-error.ts';
import { cmsOids, readDetached } from '../../src/pki/cms-read.ts';
import { contentHashOf, signDetached } from '../../src/pki/cms-sign.ts';
import { verifyDetached } from '../../src/pki/cms-verify.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { type IssuingKey, newGostKey, newKey } from '../../src/pki/issuing-key.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import { seeded } from '../xml/random.ts';
import {
  attribute,
  item,
  octets,
  oid,
  type SignedDataParts,
  sequence,
  signedData,
} from './cms-documents.ts';
import { mutated, mutation } from './mutations.ts';

const at = Date.UTC(2026, 5, 1, 12, 30, 15);
const content = Buffer.from('вложение');

function certified(key: IssuingKey): Certificate {
  const wish = {
    commonName: 'Подписавший',
    organization: 'Тест',
    notBefore: at - 1000,
    notAfter: at + 1000,
  };
  return readCertificate(issueCertificate(key, wish).certificate);
}

function digestFor(key: IssuingKey, bytes: Uint8Array = content): Buffer {
  const digest = contentDigest(contentHashOf(key));
  digest.update(bytes);
  return digest.digest();
}

function reasonOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CmsError) return error.reason;
    throw error;
  }
  return 'good';
}

describe('detached signatures', () => {
  const key = newGostKey('gost2012-256');
  const certificate = certified(key);
  const digest = digestFor(key);
  const { issuerName, serial } = certificate.parts;
  const right: SignedDataParts = {
    type: cmsOids.signedData,
    contentType: cmsOids.data,
    content: [],
    certificates: [certificate.der],
    sid: sequence(issuerName, item(0x02, serial)),
    digestOid: '1.2.643.7.1.1.2.2',
    attributes: [
      attribute(cmsOids.contentType, oid(cmsOids.data)),
      attribute(cmsOids.messageDigest, octets(digest)),
    ],
    signatureOid: '1.2.643.7.1.1.1.1',
    signers: 1,
  };
  const reason = (change: Partial<SignedDataParts>, of = digest) =>
    reasonOf(() => verifyDetached(readDetached(signedData({ ...right, ...change }, key)), of));

  const kinds: readonly (readonly [string, IssuingKey])[] = [
    ['GOST, 256 bits', key],
    ['GOST, 512 bits', newGostKey('gost2012-512')],
    ['GOST of 2001', newGostKey('gost2001')],
    ['RSA', newKey('rsa')],
    ['ECDSA', newKey('ec')],
  ];
  for (const [name, signing] of kinds) {
    it(`are verified as they were made: ${name}`, () => {
      const own = certified(signing);
      const made = signDetached({
        key: signing,
        certificate: own,
        digest: digestFor(signing),
        signingTime: at,
      });
      const old = { gost2001: own.keyKind === 'gost2001' };
      const read = readDetached(made, old);
      expect(read).to.include({ certificate: own, signingTime: at, kind: own.keyKind });
      verifyDetached(read, digestFor(signing));
      const other = digestFor(signing, Buffer.from('другое'));
      expect(reasonOf(() => verifyDetached(read, other))).to.equal('message-digest-differs');
      const broken = { ...read, signature: Buffer.from(read.signature) };
      broken.signature[5] = (broken.signature[5] ?? 0) ^ 1;
      expect(reasonOf(() => verifyDetached(broken, digestFor(signing)))).to.equal(
        'signature-wrong',
      );
      const timeless = readDetached(signDetached({ key: signing, certificate: own, digest }), old);
      expect(timeless.signingTime).to.equal(undefined);
    });
  }

  it('of 2001 are refused where nobody asks for them', () => {
    const signing = newGostKey('gost2001');
    const own = certified(signing);
    const made = signDetached({ key: signing, certificate: own, digest: digestFor(signing) });
    expect(reasonOf(() => readDetached(made))).to.equal('algorithm');
  });

  it('say what is wrong with them', () => {
    const [type, messageDigest] = right.attributes as [Buffer, Buffer];
    const twice = attribute(cmsOids.messageDigest, octets(digest), octets(digest));
    const cases: Record<string, Partial<SignedDataParts>> = {
      good: {},
      'not-signed-data': { type: cmsOids.data },
      'content-included': { content: [content] },
      'not-one-signer': { signers: 2 },
      'certificate-absent': { certificates: [] },
      'attributes-absent': { attributes: [] },
      'content-type-absent': { attributes: [messageDigest] },
      'content-type-differs': {
        attributes: [attribute(cmsOids.contentType, oid(cmsOids.signedData)), messageDigest],
      },
      'message-digest-absent': { attributes: [type] },
      algorithm: { digestOid: '1.3.14.3.2.26' },
      malformed: { attributes: [type, messageDigest, messageDigest] },
      'certificate-key': {
        digestOid: '2.16.840.1.101.3.4.2.1',
        signatureOid: '1.2.840.113549.1.1.11',
      },
    };
    for (const [expected, change] of Object.entries(cases)) {
      expect(reason(change), expected).to.equal(expected);
    }
    expect(reason({ contentType: cmsOids.signedData })).to.equal('not-signed-data');
    expect(reason({ signers: 0 })).to.equal('not-one-signer');
    expect(reason({ attributes: [type, twice] })).to.equal('message-digest-absent');
    expect(reason({ signatureOid: '1.2.643.7.1.1.3.3' })).to.equal('algorithm');
    expect(reason({ signatureOid: '1.2.643.7.1.1.3.2' })).to.equal('good');
    expect(reason({ certificates: [certified(newKey('ec')).der] })).to.equal('certificate-absent');
    expect(reason({}, randomBytes(32))).to.equal('message-digest-differs');
  });

  it('bring OCSP responses along, among lists and what else is said of revocation', () => {
    const said = (format: string, value: Buffer) => item(0xa1, oid(format), value);
    const list = sequence(item(0x02, Buffer.from([1])));
    const responses = [1, 2, 3, 4, 5].map((n) => sequence(item(0x0a, Buffer.from([n]))));
    const revocation = [
      ...[list, said('1.3.6.1.5.5.7.16.4', sequence()), item(0xa1)],
      ...responses.map((each) => said(cmsOids.ocspResponse, each)),
    ];
    const read = (change: Partial<SignedDataParts>) =>
      readDetached(signedData({ ...right, ...change }, key)).stapled;
    expect(read({ revocation })).to.deep.equal(responses.slice(0, 4));
    expect(read({})).to.deep.equal([]);
    expect(reason({ revocation }), 'they are not signed').to.equal('good');
    const text = execFileSync('openssl', ['cms', '-cmsout', '-print', '-inform', 'DER'], {
      input: signedData({ ...right, revocation: revocation.slice(3) }, key),
      encoding: 'utf8',
    });
    expect(text).to.include(cmsOids.ocspResponse);
  });

  it('of a signer whose certificate bears another key are wrong', () => {
    const made = signedData(right, newGostKey('gost2012-256'));
    expect(reasonOf(() => verifyDetached(readDetached(made), digest))).to.equal('signature-wrong');
  });

  it('are read with indefinite lengths in their outer layers, as BouncyCastle writes them', () => {
    const made = signedData(right, key);
    const once = indefinite(made);
    const [type, data] = inner(made);
    const twice = open(0x30, type, open(0xa0, indefinite(inner(data)[0])));
    for (const ber of [once, twice]) verifyDetached(readDetached(ber), digest);
    expect(reasonOf(() => readDetached(once.subarray(0, -1)))).to.equal('malformed');
    expect(reasonOf(() => readDetached(Buffer.concat([made, Buffer.from([0])])))).to.equal(
      'malformed',
    );
  });

  it('are bounded in size, depth and certificates', () => {
    expect(reasonOf(() => readDetached(Buffer.alloc((1 << 20) + 1)))).to.equal('too-large');
    const many = Array.from({ length: 33 }, () => certificate.der);
    expect(reason({ certificates: many })).to.equal('too-large');
    for (const deep of ['3080', 'a080', '2480', '3180']) {
      const nested = Buffer.from(deep.repeat(500_000), 'hex');
      expect(reasonOf(() => readDetached(nested))).to.equal('malformed');
    }
  });

  it('whatever their octets, are read or refused, and verify as nothing else', function () {
    this.timeout(120_000);
    const made = signDetached({ key, certificate, digest, signingTime: at });
    const original = readDetached(made);
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (changes) => {
        const outcome = reasonOf(() => {
          const read = readDetached(mutated(made, changes));
          verifyDetached(read, digest);
          expect(read.signed).to.deep.equal(original.signed);
          // The octets around the key, its digest parameter say, are the issuer's to vouch for.
          expect(read.certificate.gostKey).to.deep.equal(certificate.gostKey);
        });
        expect(outcome).to.be.a('string');
      }),
      seeded(process.env['MEZHVED_FULL'] === '1' ? 20_000 : 1500),
    );
  });
});

/** The whole items in one. */
function inner(der: Buffer): [Buffer, Buffer] {
  const start = headerOf(der);
  const first = start + sizeOf(der.subarray(start));
  return [der.subarray(start, first), der.subarray(first)];
}

function headerOf(der: Buffer): number {
  const first = der[1] ?? 0;
  return first < 0x80 ? 2 : 2 + first - 0x80;
}

function sizeOf(der: Buffer): number {
  const first = der[1] ?? 0;
  return first < 0x80 ? 2 + first : headerOf(der) + der.readUIntBE(2, first - 0x80);
}

function indefinite(der: Buffer): Buffer {
  return open(der[0] ?? 0, der.subarray(headerOf(der)));
}

function open(tag: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x80]), ...parts, Buffer.from([0, 0])]);
}
