import { expect } from 'chai';
import type { Certificate } from '../../src/pki/certificate.ts';
import type { PathRule } from '../../src/pki/path-checks.ts';
import { bestPath } from '../../src/pki/trust.ts';
import { full } from '../fault/full.ts';
import { GostOpenssl, needGostEngine } from '../harness/gost-engine.ts';
import { day, extensions, families, Issuing, type Made, now } from '../pki/path-stand.ts';

/** A certificate with what stands around it, and the rules that it breaks; none where it is good. */
interface Case {
  readonly certificate: Certificate;
  readonly anchors: readonly Certificate[];
  readonly intermediates?: readonly Certificate[];
  readonly broken: readonly PathRule[];
  /** Policies that are wanted. */
  readonly policies?: readonly string[];
  /** Its verdict where it is another, and why. */
  readonly openssl?: { readonly good: boolean; readonly since: string };
}

type Wishes = Parameters<Issuing['issue']>[2];

/** A root, an intermediate and a leaf, each as wished. */
function chain(
  by: Issuing,
  wishes: { readonly root?: Wishes; readonly middle?: Wishes; readonly leaf?: Wishes } = {},
) {
  const root = by.authority('Корневой', undefined, wishes.root);
  const middle = by.authority('Промежуточный', root, wishes.middle);
  const leaf = by.issue('Лист', middle, wishes.leaf);
  return { root, middle, leaf };
}

function cases(by: Issuing, weak: Issuing | undefined): Record<string, () => Case> {
  const of = (
    made: { readonly root: Made; readonly middle: Made; readonly leaf: Made },
    ...broken: PathRule[]
  ): Case => ({
    certificate: made.leaf.certificate,
    anchors: [made.root.certificate],
    intermediates: [made.middle.certificate],
    broken,
  });
  const past = { notBefore: now - 9 * day, notAfter: now - day };
  const future = { notBefore: now + day, notAfter: now + 9 * day };
  return {
    'a good chain': () => of(chain(by)),
    'a chain straight to the anchor': () => {
      const root = by.authority('Корневой');
      const leaf = by.issue('Лист', root);
      return { certificate: leaf.certificate, anchors: [root.certificate], broken: [] };
    },
    'a leaf that has expired': () => of(chain(by, { leaf: past }), 'not-after'),
    'a leaf that is not valid yet': () => of(chain(by, { leaf: future }), 'not-before'),
    'an intermediate that has expired': () => of(chain(by, { middle: past }), 'not-after'),
    'an intermediate that is not valid yet': () => of(chain(by, { middle: future }), 'not-before'),
    'an anchor that has expired': () => of(chain(by, { root: past }), 'not-after'),
    'a leaf that may not sign': () => ({
      ...of(chain(by, { leaf: { keyUsage: 0x20 } }), 'purpose'),
      openssl: { good: true, since: 'it is asked for no purpose' },
    }),
    'CA:FALSE in the chain': () => of(chain(by, { middle: { ca: false } }), 'authority'),
    'an intermediate without keyCertSign': () =>
      of(chain(by, { middle: { keyUsage: 0x80 } }), 'authority'),
    'an anchor that is no authority': () => of(chain(by, { root: { ca: false } }), 'authority'),
    'more authorities than the path length allows': () =>
      of(chain(by, { root: { pathLength: 0 } }), 'path-length'),
    'as many authorities as the path length allows': () =>
      of(chain(by, { root: { pathLength: 1 }, middle: { pathLength: 0 } })),
    'an unknown anchor': () => ({
      ...of(chain(by), 'issuer'),
      anchors: [by.authority('Чужой').certificate],
    }),
    'no intermediate': () => ({ ...of(chain(by), 'issuer'), intermediates: [] }),
    'a look-alike of the intermediate with another key': () => {
      const made = chain(by);
      const other = by.authority('Промежуточный', made.root);
      return { ...of(made, 'issuer'), intermediates: [other.certificate] };
    },
    'a look-alike of the anchor with another key': () => ({
      ...of(chain(by), 'issuer'),
      anchors: [by.authority('Корневой').certificate],
    }),
    'a look-alike beside the real intermediate': () => {
      const made = chain(by);
      const other = by.authority('Промежуточный', made.root);
      return {
        ...of(made),
        intermediates: [other.certificate, made.middle.certificate],
        openssl: { good: false, since: 'it tries the first of a name alone' },
      };
    },
    'intermediates in the wrong order': () => {
      const made = chain(by);
      const lower = by.authority('Нижний', made.middle);
      const leaf = by.issue('Лист', lower);
      return {
        certificate: leaf.certificate,
        anchors: [made.root.certificate],
        intermediates: [made.middle, lower].map((each) => each.certificate),
        broken: [],
      };
    },
    'an intermediate as the anchor': () => {
      const { leaf, middle } = chain(by);
      return { certificate: leaf.certificate, anchors: [middle.certificate], broken: [] };
    },
    'an anchor that certified another authority (cross-certificate)': () => {
      const ours = by.authority('Наш');
      const theirs = by.authority('Их');
      const { key } = theirs.issuer;
      const cross = by.authority('Их', ours, {}, key);
      const leaf = by.issue('Лист', theirs);
      return {
        certificate: leaf.certificate,
        anchors: [ours.certificate],
        intermediates: [cross.certificate, theirs.certificate],
        broken: [],
      };
    },
    'two authorities that certify each other, and no anchor': () => {
      const one = by.authority('Один');
      const two = by.authority('Два');
      const crossed = [
        by.authority('Один', two, {}, one.issuer.key),
        by.authority('Два', one, {}, two.issuer.key),
      ];
      return {
        certificate: by.issue('Лист', one).certificate,
        anchors: [by.authority('Чужой').certificate],
        intermediates: crossed.map((each) => each.certificate),
        broken: ['issuer'],
      };
    },
    'a renewed intermediate beside the expired one': () => {
      const made = chain(by, { middle: past });
      const renewed = by.authority('Промежуточный', made.root, {}, made.middle.issuer.key);
      return {
        ...of(made),
        intermediates: [made.middle.certificate, renewed.certificate],
      };
    },
    'a name within the permitted organization': () =>
      of(chain(by, { middle: { extensions: [extensions.permitsOrganization('Тест')] } })),
    'a name outside the permitted organization': () =>
      of(
        chain(by, { middle: { extensions: [extensions.permitsOrganization('Другая')] } }),
        'names',
      ),
    'a name in the excluded organization': () =>
      of(chain(by, { middle: { extensions: [extensions.excludesOrganization('Тест')] } }), 'names'),
    'a host within the permitted domain': () =>
      of(
        chain(by, {
          middle: { extensions: [extensions.permitsHost('gov.example')] },
          leaf: { extensions: [extensions.hosts('smev.gov.example')] },
        }),
      ),
    'a host outside the permitted domain': () =>
      of(
        chain(by, {
          middle: { extensions: [extensions.permitsHost('gov.example')] },
          leaf: { extensions: [extensions.hosts('gov.example.attacker.example')] },
        }),
        'names',
      ),
    'a host in the excluded domain': () =>
      of(
        chain(by, {
          root: { extensions: [extensions.excludesHost('gov.example')] },
          leaf: { extensions: [extensions.hosts('smev.gov.example')] },
        }),
        'names',
      ),
    ...policyCases(by),
    'a critical extension that nobody knows': () =>
      of(chain(by, { leaf: { extensions: [extensions.unknown(true)] } }), 'critical'),
    'the same in the intermediate': () =>
      of(chain(by, { middle: { extensions: [extensions.unknown(true)] } }), 'critical'),
    'an extension that nobody knows and that is not critical': () =>
      of(chain(by, { leaf: { extensions: [extensions.unknown(false)] } })),
    ...(weak && {
      'a leaf with a weak key': () => {
        const made = chain(by);
        const leaf = weak.issue('Слабый', made.middle);
        return { ...of(made, 'key'), certificate: leaf.certificate };
      },
      'an intermediate with a weak key': () => {
        const root = by.authority('Корневой');
        const middle = weak.authority('Слабый', root);
        return of({ root, middle, leaf: by.issue('Лист', middle) }, 'key');
      },
    }),
  };
}

// Classes of means of signature (КС1 and КС2), and any policy.
const [ks1, ks2, any] = ['1.2.643.100.113.1', '1.2.643.100.113.2', '2.5.29.32.0'] as const;

function policyCases(by: Issuing): Record<string, () => Case> {
  const { policies: names, mapsPolicies, inhibitsAnyPolicy } = extensions;
  type Extension = ReturnType<typeof names>;
  const of = (middle: Extension[], leaf: Extension[], ...broken: PathRule[]): Case => {
    const made = chain(by, { middle: { extensions: middle }, leaf: { extensions: leaf } });
    return {
      certificate: made.leaf.certificate,
      anchors: [made.root.certificate],
      intermediates: [made.middle.certificate],
      broken,
      policies: [ks1],
    };
  };
  return {
    'a wanted policy all the way': () => of([names(ks2, ks1)], [names(ks1)]),
    'a leaf of another policy': () => of([names(ks1, ks2)], [names(ks2)], 'policy'),
    'a leaf without a policy': () => of([names(ks1)], [], 'policy'),
    'an intermediate without a policy': () => of([], [names(ks1)], 'policy'),
    'an intermediate of any policy': () => of([names(any)], [names(ks1)]),
    'a leaf of any policy': () => of([names(ks1)], [names(any)]),
    'one wanted policy above, another below': () => ({
      ...of([names(ks1)], [names(ks2)], 'policy'),
      policies: [ks1, ks2],
    }),
    'a policy that the intermediate maps away': () =>
      of([names(ks1), mapsPolicies(ks1, ks2)], [names(ks1)], 'policy'),
    'a policy that the intermediate maps to the wanted one': () => ({
      ...of([names(ks1), mapsPolicies(ks1, ks2)], [names(ks2)], 'policy'),
      openssl: { good: true, since: 'it reads mappings' },
    }),
    'any policy where the intermediate forbids that': () =>
      of([names(ks1), inhibitsAnyPolicy(false)], [names(any)], 'policy'),
    'the same by a critical extension': () =>
      of([names(ks1), inhibitsAnyPolicy(true)], [names(any)], 'critical', 'policy'),
  };
}

function pemText(certificate: Certificate): string {
  const base64 = certificate.der.toString('base64').replace(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${base64.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

/** Whether OpenSSL believes it, where anything that is named as an anchor is one. */
function opensslSays(openssl: GostOpenssl, each: Case): { good: boolean; said: string } {
  const pem = (certificates: readonly Certificate[]) => certificates.map(pemText).join('');
  openssl.write('anchors.pem', pem(each.anchors));
  openssl.write('others.pem', pem(each.intermediates ?? []));
  openssl.write('leaf.pem', pem([each.certificate]));
  return openssl.ask(
    ...['verify', '-partial_chain', '-no-CApath', '-no-CAstore', '-auth_level', '2'],
    ...['-attime', String(now / 1000), '-CAfile', 'anchors.pem'],
    ...(each.intermediates?.length ? ['-untrusted', 'others.pem'] : []),
    ...(each.policies ?? []).flatMap((id) => ['-policy', id]),
    ...(each.policies ? ['-explicit_policy'] : []),
    'leaf.pem',
  );
}

// RSA and GOST of 256 bits, which are most of what there is.
const quickFamilies = 2;

describe('certificate paths and OpenSSL', function () {
  this.timeout(120_000);
  let openssl: GostOpenssl;
  before(function () {
    openssl = new GostOpenssl(needGostEngine(this));
  });
  after(() => openssl?.end());

  const judged = Object.entries(families).slice(0, full ? undefined : quickFamilies);
  for (const [family, { make, weak }] of judged) {
    describe(family, () => {
      const by = new Issuing(make);
      const all = cases(by, weak && new Issuing(weak));
      for (const [name, makeCase] of Object.entries(all)) {
        it(`${name}: the same verdict, by the rule that it is about`, () => {
          const each = makeCase();
          const { anchors, intermediates = [], policies = [] } = each;
          const trust = { anchors, intermediates, policies };
          const { checks } = bestPath(each.certificate, trust, now);
          const bad = checks.filter(({ good }) => !good).map(({ rule }) => rule);
          expect([...new Set(bad)]).to.deep.equal(each.broken);
          const { good, said } = opensslSays(openssl, each);
          expect(good, said).to.equal(each.openssl?.good ?? each.broken.length === 0);
        });
      }
    });
  }
});
