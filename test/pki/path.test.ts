import { expect } from 'chai';
import fc from 'fast-check';
import { readCertificate } from '../../src/pki/certificate.ts';
import { certificateParts } from '../../src/pki/der.ts';
import { readExtensions } from '../../src/pki/extensions.ts';
import { pathsOf } from '../../src/pki/path.ts';
import { checkPath } from '../../src/pki/path-checks.ts';
import { bestPath } from '../../src/pki/trust.ts';
import { item, oid, sequence } from './cms-documents.ts';
import { extensions, families, Issuing, type Made, now } from './path-stand.ts';

const make = families['GOST of 256 bits']?.make ?? (() => expect.fail());

describe('paths of certificates', function () {
  this.timeout(60_000);
  const by = new Issuing(make);
  const certificates = (...made: Made[]) => made.map(({ certificate }) => certificate);

  it('are found through the shortest of several ways first, and all ways are known', () => {
    const root = by.authority('Корневой');
    const middle = by.authority('Промежуточный', root);
    const other = by.authority('Промежуточный', root, {}, middle.issuer.key);
    const leaf = by.issue('Лист', middle);
    const trust = {
      anchors: certificates(root),
      intermediates: certificates(middle, other),
    };
    const paths = pathsOf(leaf.certificate, trust);
    expect(paths.map((path) => path.certificates.length)).to.deep.equal([3, 3]);
    expect(paths.every(({ broken }) => broken === undefined)).to.equal(true);
  });

  it('end where authorities that certify each other would lead on for ever', () => {
    const all = ['А', 'Б', 'В', 'Г', 'Д', 'Е'].map((name) => by.authority(name));
    const crossed = all.flatMap((issuer) =>
      all
        .filter((each) => each !== issuer)
        .map(({ issuer: { key, commonName } }) => by.authority(commonName, issuer, {}, key)),
    );
    const [first = expect.fail('no authority')] = all;
    const leaf = by.issue('Лист', first);
    const trust = { anchors: [], intermediates: certificates(...crossed) };
    const paths = pathsOf(leaf.certificate, trust);
    expect(paths.length).to.be.within(1, 16);
    expect(paths.every(({ broken }) => broken !== undefined)).to.equal(true);
  });

  it('must name a policy where one is wanted, all the way up', () => {
    const root = by.authority('Корневой');
    const wanted = '1.2.643.100.113.1';
    const named = [extensions.policies('1.2.3', wanted)];
    const any = [extensions.policies('2.5.29.32.0')];
    const judge = (middleHas: typeof named, leafHas: typeof named) => {
      const middle = by.authority('Промежуточный', root, { extensions: middleHas });
      const leaf = by.issue('Лист', middle, { extensions: leafHas });
      const trust = { anchors: certificates(root), intermediates: certificates(middle) };
      const { checks } = bestPath(leaf.certificate, { ...trust, policies: [wanted] }, now);
      return checks.filter(({ good }) => !good).map(({ rule, at }) => `${rule} ${at}`);
    };
    expect(judge(named, named)).to.deep.equal([]);
    expect(judge(any, named)).to.deep.equal([]);
    expect(judge(named, any)).to.deep.equal([]);
    expect(judge([], named)).to.deep.equal(['policy 1']);
    expect(judge(named, [])).to.deep.equal(['policy 0']);
  });

  it('say of each certificate what was looked at, the anchor too', () => {
    const root = by.authority('Корневой');
    const leaf = by.issue('Лист', root);
    const [path = expect.fail('no path')] = pathsOf(leaf.certificate, {
      anchors: certificates(root),
      intermediates: [],
    });
    const looked = checkPath(path, now).map(({ rule, at }) => `${at} ${rule}`);
    expect(looked).to.include.members(['0 issuer', '0 purpose', '1 authority', '1 not-after']);
    expect(checkPath(path, now).every(({ good }) => good)).to.equal(true);
  });
});

describe('extensions of a certificate', () => {
  const by = new Issuing(make);

  it('are refused where one stands there twice', () => {
    const twice = [extensions.unknown(false), extensions.unknown(false)];
    expect(() => by.issue('Лист', undefined, { extensions: twice })).to.throw('twice');
  });

  it('tell where lists and responders are', () => {
    const uri = (text: string) => item(0x86, Buffer.from(text));
    const crl = sequence(
      sequence(item(0xa0, item(0xa0, uri('http://crl.example/a'), uri('ldap://crl.example/b')))),
    );
    const access = sequence(
      sequence(oid('1.3.6.1.5.5.7.48.1'), uri('http://ocsp.example/')),
      sequence(oid('1.3.6.1.5.5.7.48.2'), uri('http://ca.example/ca.crt')),
    );
    const { certificate } = by.issue('Лист', undefined, {
      extensions: [
        { id: '2.5.29.31', critical: false, value: crl },
        { id: '1.3.6.1.5.5.7.1.1', critical: false, value: access },
      ],
    });
    expect(certificate.extensions.crlUrls).to.deep.equal([
      'http://crl.example/a',
      'ldap://crl.example/b',
    ]);
    expect(certificate.extensions.ocspUrls).to.deep.equal(['http://ocsp.example/']);
  });

  it('that were altered are read or refused, and nothing else happens', () => {
    const full = by.authority('УЦ', undefined, {
      pathLength: 3,
      extensions: [
        extensions.permitsOrganization('Тест'),
        extensions.hosts('a.example'),
        extensions.policies('1.2.3'),
      ],
    });
    const { extensions: list } = certificateParts(full.certificate.der);
    const octets = Buffer.concat(list.map(({ whole }) => whole));
    const seed = Number(process.env['MEZHVED_SEED'] ?? Date.now() % 2 ** 31);
    process.stdout.write(`        seed ${seed}: MEZHVED_SEED=${seed} draws the same\n`);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(octets.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const changed = Buffer.from(full.certificate.der);
          const start = changed.indexOf(octets);
          for (const [at, octet] of changes) changed[start + at] = octet;
          try {
            readCertificate(changed);
          } catch (error) {
            expect(error).to.be.instanceOf(Error);
          }
          try {
            readExtensions(certificateParts(changed).extensions);
          } catch (error) {
            expect(error).to.be.instanceOf(RangeError);
          }
        },
      ),
      { seed, numRuns: 2000 },
    );
  });
});
