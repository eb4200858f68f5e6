import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Canonicalization, canonicalize, carried } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements, everyElement } from '../../src/xml/navigate.ts';
import { canonicalizeByLibxml2 } from '../harness/libxml2-c14n.ts';
import { randomElement, seeded } from './random.ts';
import { wideDocument } from './random-wide.ts';

const inclusive: Canonicalization = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const exclusive: Canonicalization = 'http://www.w3.org/2001/10/xml-exc-c14n#';

function octets(text: string, method: Canonicalization, prefixes: readonly string[] = []): string {
  return withXml(Buffer.from(text), ({ root }) => canonicalize(root, method, prefixes).toString());
}

function ofChild(text: string, method: Canonicalization, prefixes: readonly string[] = []): string {
  return withXml(Buffer.from(text), ({ root }) => {
    const [inner] = childElements(root);
    if (inner === undefined) throw new Error('no child');
    return canonicalize(inner, method, prefixes).toString();
  });
}

describe('canonicalize', () => {
  // Exclusive XML Canonicalization 1.0 §2.2, its own example in our words.
  const text =
    '<n0:local xmlns:n0="foo:bar" xmlns:n3="ftp://example.org" xml:lang="ru">' +
    '<n1:e xmlns:n1="urn:1"><n3:stuff/></n1:e></n0:local>';

  it('leaves unused namespaces and xml:lang of ancestors out in the exclusive form', () => {
    expect(ofChild(text, exclusive)).to.equal(
      '<n1:e xmlns:n1="urn:1"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:e>',
    );
  });

  it('takes what a PrefixList names', () => {
    expect(ofChild(text, exclusive, ['n0'])).to.match(/^<n1:e xmlns:n0="foo:bar" xmlns:n1=/);
    expect(ofChild('<a xmlns="urn:d" xmlns:p="urn:p"><p:b/></a>', exclusive, [''])).to.equal(
      '<p:b xmlns="urn:d" xmlns:p="urn:p"></p:b>',
    );
  });

  it('takes namespaces and xml:lang of ancestors along in the inclusive form', () => {
    expect(ofChild(text, inclusive)).to.match(
      /^<n1:e xmlns:n0=.* xmlns:n1=.* xmlns:n3=.* xml:lang="ru">/,
    );
  });

  it('refuses a relative namespace name anywhere in the document, as libxml2 does', () => {
    for (const name of ['rel', './a', '1a:b', '/x', '?q', '#f', '//x/y', '+a:b']) {
      for (const text of [
        `<a xmlns="${name}"><b/></a>`,
        `<a><b/><c xmlns:p="${name}"/></a>`,
        `<a><b xmlns="${name}"/></a>`,
      ]) {
        expect(() => ofChild(text, exclusive), text).to.throw();
      }
    }
    expect(ofChild('<a xmlns:p="a+1-.:b"><p:b/></a>', exclusive)).to.contain('a+1-.:b');
  });

  it('drops comments and expands CDATA', () => {
    expect(octets('<a>1<!-- x -->2<![CDATA[<&>]]></a>', exclusive)).to.equal(
      '<a>12&lt;&amp;&gt;</a>',
    );
  });

  it('gives what xmllint gives for random documents, in both forms', function () {
    if (spawnSync('xmllint', ['--version']).status !== 0) {
      process.stdout.write('SKIPPED: xmllint: install the Debian package libxml2-utils\n');
      this.skip();
    }
    this.timeout(60_000);
    const { seed, numRuns } = seeded(40);
    const folder = mkdtempSync(join(tmpdir(), 'mezhved-c14n-'));
    const file = join(folder, 'document.xml');
    try {
      for (const document of fc.sample(randomElement, { seed, numRuns })) {
        writeFileSync(file, document);
        for (const [option, method] of [
          ['--exc-c14n', exclusive],
          ['--c14n', inclusive],
        ] as const) {
          const { status, stdout } = spawnSync('xmllint', [option, file], { encoding: 'utf8' });
          expect(status).to.equal(0);
          // xmllint keeps comments; what has none is the same document.
          expect(octets(document, method)).to.equal(stdout.replace(/<!--[\s\S]*?-->/g, ''));
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gives what libxml2 gives, for every element in its place, in both forms, with any PrefixList', () => {
    const lists = fc.subarray(['', 'p', 'q', 'имя', 'unbound', '#default']);
    fc.assert(
      fc.property(
        wideDocument({ unqualified: true, instructions: true }),
        lists,
        (document, list) => {
          withXml(
            Buffer.from(document),
            (parsed) => {
              for (const element of everyElement(parsed)) {
                for (const method of [inclusive, exclusive]) {
                  const ours = canonicalize(element, method, list).toString();
                  expect(ours).to.equal(canonicalizeByLibxml2(element, method, list).toString());
                }
              }
            },
            { processingInstructions: 'allow' },
          );
        },
      ),
      seeded(process.env['MEZHVED_FULL'] === '1' ? 3000 : 150),
    );
  }).timeout(120_000);

  it('gives the same for the canonical form again', () => {
    fc.assert(
      fc.property(randomElement, (document) => {
        const once = octets(document, exclusive);
        expect(octets(once, exclusive)).to.equal(once);
      }),
      seeded(300),
    );
  });
});

describe('carried', () => {
  it('keeps a namespace that is declared inside and used in values alone', () => {
    const text = '<a xmlns="urn:a"><b xmlns:k="urn:k">k:x</b></a>';
    withXml(Buffer.from(text), ({ root }) => {
      expect(carried(root).toString()).to.equal(text);
    });
  });

  it('takes no xml:* attribute of what is around it', () => {
    withXml(Buffer.from('<a xml:lang="ru"><b>x</b></a>'), ({ root }) => {
      const [b] = childElements(root);
      if (b === undefined) throw new Error('no child');
      expect(carried(b).toString()).to.equal('<b>x</b>');
      expect(canonicalize(b).toString()).to.equal('<b>x</b>');
    });
  });

  it('has the canonical form of the first place in any other place', () => {
    fc.assert(
      fc.property(randomElement, randomElement, (inner, outer) => {
        const wrapped = `<w xmlns:s="urn:s" xmlns:r="urn:r">${inner}</w>`;
        const moved = withXml(Buffer.from(wrapped), ({ root }) => {
          const [element] = childElements(root);
          return element === undefined ? '' : carried(element).toString();
        });
        const place = `<z xmlns="urn:z" xmlns:p="urn:other">${moved}${outer}</z>`;
        expect(ofChild(place, exclusive)).to.equal(ofChild(wrapped, exclusive));
      }),
      seeded(200),
    );
  });

  it('keeps prefixes that only content uses', () => {
    const text = '<a xmlns:p="urn:p"><b t="p:T"/></a>';
    withXml(Buffer.from(text), ({ root }) => {
      const [b] = childElements(root);
      expect(b && carried(b).toString()).to.equal('<b xmlns:p="urn:p" t="p:T"></b>');
    });
  });
});
