import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalize } from '../../src/xml/canonicalize.ts';
import { type ParseRules, withXml, XmlRefused } from '../../src/xml/document.ts';
import { elementsWithId } from '../../src/xml/ids.ts';
import { child, childElements, everyElement, pathOf } from '../../src/xml/navigate.ts';
import { placesOf } from '../../src/xml/places.ts';
import { randomElement, seeded } from './random.ts';

function problem(text: string | Buffer, rules: ParseRules = {}): string {
  try {
    return withXml(Buffer.from(text as string), () => 'read', rules);
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error;
    return `${error.problem}:${error.line}`;
  }
}

describe('parseXml', () => {
  it('refuses what it names, by line', () => {
    expect(problem('<a/>')).to.equal('read');
    expect(problem('<a>\n<b></a>')).to.equal('malformed:2');
    expect(problem('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')).to.equal('doctype:1');
    expect(problem('<!-- x -->\n<!DOCTYPE a><a/>')).to.equal('doctype:2');
    expect(problem('<a>\n<?x y?></a>')).to.match(/^processing-instruction:/);
    expect(problem('<a/><?x y?>')).to.match(/^processing-instruction:/);
    expect(problem('<a>\n<?x y?></a>', { processingInstructions: 'allow' })).to.equal('read');
    expect(problem('<a>'.repeat(300) + '</a>'.repeat(300))).to.match(/^depth:/);
    expect(problem(Buffer.from('\ufeff<a/>'))).to.equal('encoding:1');
    expect(problem(Buffer.from('<a/>', 'utf16le'))).to.equal('encoding:1');
    expect(problem('<?xml version="1.0" encoding="windows-1251"?><a/>')).to.equal('encoding:1');
    expect(problem(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]))).to.match(
      /^malformed/,
    );
  });

  it('finds a declaration however much white space stands in it, or as long as its prefix is', () => {
    const far = ' \n'.repeat(500);
    for (const declared of [`xmlns${far}=${far}`, `xmlns:${'p'.repeat(500)}=`]) {
      expect(problem(`<a ${declared}"urn:a&amp;b"/>`)).to.match(/^malformed/);
      withXml(Buffer.from(`<a ${declared}"relative"/>`), ({ root }) =>
        expect(() => canonicalize(root)).to.throw(XmlRefused),
      );
    }
    withXml(Buffer.from('<a b="xmlns=\'r\'">xmlns="r"</a>'), ({ root }) => canonicalize(root));
  });

  // libxml2 writes '&' in namespace names unescaped, so that two names have one canonical form.
  it('refuses a namespace name that canonical XML would have to escape', () => {
    for (const name of ['urn:a&amp;b', 'urn:a&#38;amp;b', 'urn:a&#9;b', 'urn:&lt;']) {
      expect(problem(`<a>\n<p:b xmlns:p="${name}"/></a>`), name).to.equal('malformed:2');
      expect(problem(`<a>\n<b xmlns  =  '${name}'/></a>`), name).to.equal('malformed:2');
    }
    expect(problem(`<a xmlns:p='urn:"'/>`)).to.equal('malformed:1');
    expect(
      problem('<a b="&amp;" xmlns="urn:a;b=\'c\'"><![CDATA[xmlns="&"]]> xmlns="&amp;"</a>'),
    ).to.equal('read');
  });
});

describe('elementsWithId', () => {
  const found = (text: string, id: string) =>
    withXml(Buffer.from(text), (document) => elementsWithId(document, id).map(pathOf));

  it('finds every kind of Id in document order', () => {
    const text =
      '<a Id="x"><b w:Id="x" xmlns:w="urn:w"/><c><d xml:id="x"/></c><e ID=" x "/><f id="y"/></a>';
    expect(found(text, 'x')).to.deep.equal(['/a', '/a/b', '/a/c/d', '/a/e']);
    expect(found(text, 'y')).to.deep.equal(['/a/f']);
    expect(found(text, 'z')).to.deep.equal([]);
    expect(found('<a other="x">x</a>', 'x')).to.deep.equal([]);
  });

  it('stops at its limit', () => {
    expect(found(`<a>${'<b Id="x"/>'.repeat(100)}</a>`, 'x')).to.have.length(4);
  });

  it('walks a wide and a deep document without recursion', () => {
    const deep = `${'<a>'.repeat(250)}${'<b/>'.repeat(100_000)}<c Id="x"/>${'</a>'.repeat(250)}`;
    expect(found(deep, 'x')).to.have.length(1);
  });
});

describe('childElements', () => {
  it('passes over processing instructions, comments and text, and misses nothing behind them', () => {
    const text = Buffer.from('<a><?x y?><b/>t<!-- c --><c/><?z?><![CDATA[d]]><b/></a>');
    const rules = { processingInstructions: 'allow' } as const;
    const read = withXml(
      text,
      ({ root }) => [childElements(root).map(pathOf), child(root, '', 'c')?.name],
      rules,
    );
    expect(read).to.deep.equal([['/a/b[1]', '/a/c', '/a/b[2]'], 'c']);
  });
});

describe('placesOf', () => {
  it('finds each element of random documents where the parser does', () => {
    fc.assert(
      fc.property(randomElement, (text) => {
        const places = placesOf(text);
        withXml(Buffer.from(text), (document) => {
          let index = 0;
          for (const element of everyElement(document)) {
            const place = places[index];
            const name = element.prefix === '' ? element.name : `${element.prefix}:${element.name}`;
            expect(text.slice(place?.start, place?.afterName)).to.equal(`<${name}`);
            expect(text.slice(place?.inside).startsWith('>')).to.equal(false);
            expect(text[(place?.end ?? 0) - 1]).to.equal('>');
            index += 1;
          }
          expect(places).to.have.length(index);
          expect(places[0]?.end).to.equal(text.length);
        });
      }),
      seeded(300),
    );
  });

  it('is not misled by markup in comments, CDATA and attributes', () => {
    const text =
      `<?xml version="1.0"?><!-- <x> --><a b="<!-- >" c='"/>'><![CDATA[</a>]]><d/></a>`.replace(
        '<!-- >',
        '>',
      );
    const [a, d] = placesOf(text);
    expect(text.slice(a?.start, a?.inside)).to.equal(`<a b=">" c='"/>'>`);
    expect(text.slice(a?.endTag)).to.equal('</a>');
    expect(text.slice(d?.start, d?.end)).to.equal('<d/>');
  });
});
