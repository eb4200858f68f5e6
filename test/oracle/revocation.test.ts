import { expect } from 'chai';
import type { Certificate } from '../../src/pki/certificate.ts';
import { readRevocationList } from '../../src/pki/crl.ts';
import { judgeCertificate } from '../../src/pki/trust.ts';
import { full } from '../fault/full.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { item } from '../pki/cms-documents.ts';
import { extension, type ListWish, listOf, pemOfList } from '../pki/crl-stand.ts';
import { day, families, Issuing, type Made, now } from '../pki/path-stand.ts';

interface Stand {
  readonly root: Made;
  readonly middle: Made;
  readonly leaf: Certificate;
}

/** Lists, and what a message gets that the leaf signed: where lists are demanded, and where not. */
interface Case {
  readonly lists: readonly Buffer[];
  readonly hard: string;
  readonly soft: string;
}

const trusted = 'trusted';
const revoked = 'CERTIFICATE_REVOKED';
const unknown = 'CERTIFICATE_STATUS_UNKNOWN';

function cases({ root, middle, leaf }: Stand, by: Issuing): Record<string, () => Case> {
  const both = (ofLeaf: Buffer): readonly Buffer[] => [listOf(root, []), ofLeaf];
  const impostor = by.authority('Промежуточный', root);
  const wished = (wish: ListWish, ...entries: Certificate[]) => listOf(middle, entries, wish);
  const reason = (code: number) => extension('2.5.29.21', false, item(0x0a, Buffer.from([code])));
  return {
    'lists without it': () => ({ lists: both(wished({})), hard: trusted, soft: trusted }),
    'a list with others': () => ({
      lists: both(wished({}, middle.certificate)),
      hard: trusted,
      soft: trusted,
    }),
    'a list with it': () => ({ lists: both(wished({}, leaf)), hard: revoked, soft: revoked }),
    'a list with its issuer': () => ({
      lists: [listOf(root, [middle.certificate]), wished({})],
      hard: revoked,
      soft: revoked,
    }),
    'no list at all': () => ({ lists: [], hard: unknown, soft: trusted }),
    'no list of its issuer': () => ({ lists: [listOf(root, [])], hard: unknown, soft: trusted }),
    'no list of the authority above': () => ({ lists: [wished({})], hard: unknown, soft: trusted }),
    'a list that is out of date': () => ({
      lists: both(wished({ thisUpdate: now - 9 * day, nextUpdate: now - 1000 })),
      hard: unknown,
      soft: trusted,
    }),
    'a list that is out of date and has it': () => ({
      lists: both(wished({ thisUpdate: now - 9 * day, nextUpdate: now - 1000 }, leaf)),
      hard: revoked,
      soft: revoked,
    }),
    'a list of tomorrow': () => ({
      lists: both(wished({ thisUpdate: now + day, nextUpdate: now + 2 * day })),
      hard: unknown,
      soft: trusted,
    }),
    'a list by a look-alike of the issuer': () => ({
      lists: both(listOf(impostor, [leaf])),
      hard: unknown,
      soft: trusted,
    }),
    'an older list with it, and a later one without': () => ({
      lists: [
        ...both(wished({})),
        wished({ thisUpdate: now - 5 * day, nextUpdate: now + day }, leaf),
      ],
      hard: trusted,
      soft: trusted,
    }),
    'an entry with a reason': () => ({
      lists: both(wished({ entryExtensions: [reason(1)] }, leaf)),
      hard: revoked,
      soft: revoked,
    }),
    'a number of the list': () => ({
      lists: both(
        wished({ extensions: [extension('2.5.29.20', false, item(0x02, Buffer.from([7])))] }),
      ),
      hard: trusted,
      soft: trusted,
    }),
  };
}

describe('revocation and OpenSSL', function () {
  this.timeout(60_000);
  let openssl: GostOpenssl;
  before(function () {
    openssl = new GostOpenssl(needGostEngine(this));
  });
  after(() => openssl?.end());

  for (const [family, { make }] of Object.entries(families).slice(0, full ? undefined : 2)) {
    describe(family, () => {
      const by = new Issuing(make);
      const root = by.authority('Корневой');
      const middle = by.authority('Промежуточный', root);
      const { certificate: leaf } = by.issue('Лист', middle);
      const anchors = [root.certificate];
      const intermediates = [middle.certificate];

      function judge(mode: 'hard' | 'soft', lists: readonly Buffer[]): string {
        const revocation = { mode, lists: lists.map(readRevocationList), answers: new Map() };
        const trust = { anchors, intermediates, revocation };
        return judgeCertificate(leaf, trust, now)?.code ?? trusted;
      }

      for (const [name, makeCase] of Object.entries(cases({ root, middle, leaf }, by))) {
        it(`${name}: the same verdict where lists are demanded`, () => {
          const { lists, hard, soft } = makeCase();
          expect(judge('hard', lists), 'hard').to.equal(hard);
          expect(judge('soft', lists), 'soft').to.equal(soft);
          openssl.write('anchors.pem', root.certificate.x509.toString());
          openssl.write('others.pem', middle.certificate.x509.toString());
          openssl.write('leaf.pem', leaf.x509.toString());
          openssl.write('lists.pem', lists.map(pemOfList).join(''));
          const { good, said } = openssl.ask(
            ...['verify', '-no-CApath', '-no-CAstore', '-attime', String(now / 1000)],
            ...['-crl_check_all', '-CAfile', 'anchors.pem', '-untrusted', 'others.pem'],
            ...(lists.length === 0 ? [] : ['-CRLfile', 'lists.pem']),
            'leaf.pem',
          );
          expect(good, said).to.equal(hard === trusted);
        });
      }

      it('a list of some certificates alone, or of changes, is not taken', () => {
        for (const id of ['2.5.29.28', '2.5.29.27']) {
          const partial = listOf(middle, [], { extensions: [extension(id, true, item(0x30))] });
          expect(() => readRevocationList(partial)).to.throw(id);
        }
        const indirect = listOf(middle, [leaf], {
          entryExtensions: [extension('2.5.29.29', true, item(0x30))],
        });
        expect(() => readRevocationList(indirect)).to.throw('2.5.29.29');
      });

      it('an issuer without cRLSign makes no list', () => {
        const mute = by.authority('Немой', root, { keyUsage: 0x04 });
        const { certificate } = by.issue('Лист', mute);
        const lists = [listOf(root, []), listOf(mute, [certificate])].map(readRevocationList);
        const trust = {
          anchors,
          intermediates: [mute.certificate],
          revocation: { mode: 'soft' as const, lists, answers: new Map() },
        };
        expect(judgeCertificate(certificate, trust, now)).to.equal(undefined);
      });
    });
  }
});
