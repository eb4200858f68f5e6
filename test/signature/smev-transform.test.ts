import { expect } from 'chai';
import fc from 'fast-check';
import { Fault } from '../../src/fault/fault.ts';
import { smevTransform } from '../../src/signature/smev-transform.ts';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { withXml } from '../../src/xml/document.ts';

function transformed(xml: string): string {
  return withXml(
    Buffer.from(xml),
    (document) => smevTransform(canonicalize(document.root)).toString(),
    { processingInstructions: 'allow' },
  );
}

const open = '<ns1:a xmlns:ns1="urn:a">';
const text = (inner: string) => transformed(`<a xmlns="urn:a">${inner}</a>`);

describe('the SMEV transform', () => {
  const cases: Record<string, [string, string]> = {
    'drops declaration, comments and instructions': [
      '<?xml version="1.0"?><a xmlns="urn:a"><!-- c --><?p q?>x</a>',
      `${open}x</ns1:a>`,
    ],
    'drops white space between elements and keeps it inside text': [
      '<a xmlns="urn:a">\n <b> x \n</b>\t</a>',
      `${open}<ns1:b> x \n</ns1:b></ns1:a>`,
    ],
    'judges text on both sides of an instruction by itself': [
      '<a xmlns="urn:a"> <?p q?>x</a>',
      `${open}x</ns1:a>`,
    ],
    'keeps a no-break space': ['<a xmlns="urn:a">\u00a0</a>', `${open}\u00a0</ns1:a>`],
    'numbers a namespace anew in each sibling that uses it first': [
      '<a xmlns="urn:a"><b xmlns="urn:b"/><c xmlns="urn:b"/></a>',
      `${open}<ns2:b xmlns:ns2="urn:b"></ns2:b><ns3:c xmlns:ns3="urn:b"></ns3:c></ns1:a>`,
    ],
    'gives one prefix to a namespace that has two': [
      '<p:a xmlns:p="urn:a" xmlns:q="urn:a"><q:b/></p:a>',
      `${open}<ns1:b></ns1:b></ns1:a>`,
    ],
    'sorts qualified attributes first, by namespace, then name, by code units': [
      '<a xmlns="urn:a" xmlns:y="urn:y" xmlns:x="urn:x" b="1" B="2" y:a="3" x:z="4" я="5"/>',
      '<ns1:a xmlns:ns1="urn:a" xmlns:ns2="urn:x" xmlns:ns3="urn:y" ns2:z="4" ns3:a="3" B="2" b="1" я="5"></ns1:a>',
    ],
    'escapes attribute values in its own way': [
      '<a xmlns="urn:a" b="&lt;&amp;>&quot;\'&#9;&#10;&#13;"/>',
      '<ns1:a xmlns:ns1="urn:a" b="&lt;&amp;>&quot;\'&#x9;&#xa;&#xd;"></ns1:a>',
    ],
    'does not rewrite prefixes in content': [
      '<a xmlns="urn:a" xmlns:t="urn:t">t:x</a>',
      `${open}t:x</ns1:a>`,
    ],
  };
  for (const [name, [xml, expected]] of Object.entries(cases)) {
    it(name, () => expect(transformed(xml)).to.equal(expected));
  }

  it('escapes > in short text only at its start and after ]', () => {
    expect(text('&gt;a&gt;]&gt;&lt;&gt;')).to.equal(`${open}&gt;a>]&gt;&lt;></ns1:a>`);
  });

  it('escapes > in long text at the start of each 512 units, after what was escaped, and after ]', () => {
    const long = `&gt;&gt;${'x'.repeat(20)}&gt;&amp;&gt;]&gt;`;
    expect(text(long)).to.equal(`${open}&gt;&gt;${'x'.repeat(20)}>&amp;&gt;]&gt;</ns1:a>`);
    const block = 'x'.repeat(512);
    expect(text(`${block}&gt;x&gt;`)).to.equal(`${open}${block}&gt;x></ns1:a>`);
    expect(text(`x${block}&gt;`)).to.equal(`${open}x${block}></ns1:a>`);
  });

  it('leaves a surrogate pair whole where a block ends inside it', () => {
    const pair = `&amp;${'x'.repeat(510)}\u{1F600}`;
    expect(text(pair)).to.equal(`${open}${pair}</ns1:a>`);
  });

  it('writes CR as a reference in lower case', () => {
    expect(text('a&#13;b')).to.equal(`${open}a&#xd;b</ns1:a>`);
  });

  it('writes DEL and the C1 controls as references in text, and raw in values', () => {
    expect(text('\x7e\x7f\x85\x9f\xa0')).to.equal(`${open}\x7e&#x7f;&#x85;&#x9f;\xa0</ns1:a>`);
    expect(text('&#133;&gt;')).to.equal(`${open}&#x85;></ns1:a>`);
    expect(text(`${'x'.repeat(20)}&#133;&gt;`)).to.equal(
      `${open}${'x'.repeat(20)}&#x85;&gt;</ns1:a>`,
    );
    expect(transformed('<a xmlns="urn:a" b="&#127;&#133;"/>')).to.equal(
      '<ns1:a xmlns:ns1="urn:a" b="\x7f\x85"></ns1:a>',
    );
  });

  it('refuses elements without a namespace and attributes xml:*', () => {
    for (const xml of [
      '<a/>',
      '<a xmlns="urn:a"><b xmlns=""/></a>',
      '<a xmlns="urn:a" xml:lang="ru"/>',
    ]) {
      const thrown = (() => {
        try {
          return transformed(xml);
        } catch (error) {
          return error;
        }
      })();
      expect(thrown).to.be.instanceOf(Fault);
      expect((thrown as Fault).code).to.equal('TRANSFORM_REFUSED');
    }
  });

  it('gives the same for any prefixes, order of attributes and white space between elements', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '>', '<', '&', '"', ']', '\u00a0', 'я') });
    const escaped = (given: string) => given.replace(/[<&>"]/g, (c) => `&#${c.codePointAt(0)};`);
    fc.assert(
      fc.property(value, value, fc.constantFrom('p', 'zz', 'ns7'), (inner, attribute, prefix) => {
        const plain = `<a xmlns="urn:a" c="1" b="${escaped(attribute)}"><d>x${escaped(inner)}</d></a>`;
        const other = `<${prefix}:a xmlns:${prefix}="urn:a" b="${escaped(attribute)}" c="1">\n  <${prefix}:d>x${escaped(inner)}</${prefix}:d>\n</${prefix}:a>`;
        expect(transformed(other)).to.equal(transformed(plain));
      }),
    );
  });

  it('takes a megabyte of attributes, of elements, of text', () => {
    const many = (count: number, make: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => make(n)).join('');
    const inputs = [
      `<a xmlns="urn:a" ${many(20_000, (n) => `a${n}="&lt;" `)}/>`,
      `<a xmlns="urn:a">${many(60_000, () => '<b>&gt;</b>')}</a>`,
      `<a xmlns="urn:a">${'&amp;>'.repeat(150_000)}</a>`,
    ];
    for (const xml of inputs) expect(transformed(xml).length).to.be.greaterThan(xml.length / 3);
  });
});
