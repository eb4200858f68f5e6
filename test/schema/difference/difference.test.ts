import { expect } from 'chai';
import { differenceOf } from '../../../src/schema/difference/difference.ts';
import { type ChangeKind, kinds } from '../../../src/schema/difference/kinds.ts';
import type { SchemaFile } from '../../../src/schema/set.ts';
import { XsdUnread } from '../../../src/schema/xsd-components.ts';
import { schemaText } from '../schemas.ts';

const other: SchemaFile = {
  name: 'other.xsd',
  bytes: Buffer.from(
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:other:1.0"><xs:element name="G" type="xs:int"/></xs:schema>`,
  ),
};

function version(inner: string, more: readonly SchemaFile[] = []) {
  const main = { name: 'main.xsd', bytes: Buffer.from(schemaText(inner)) };
  return { namespace: 'urn:t', requestRoot: 'R', responseRoot: 'R', schemas: [main, ...more] };
}

function difference(a: string, b: string) {
  return differenceOf(version(a), version(b));
}

/** The root R with this inside its complex type. */
function root(inner: string, beside = ''): string {
  return `<xs:element name="R"><xs:complexType>${inner}</xs:complexType></xs:element>${beside}`;
}

function sequence(inner: string, beside = ''): string {
  return root(`<xs:sequence>${inner}</xs:sequence>`, beside);
}

function element(name: string, more = '', type = 'xs:string'): string {
  return `<xs:element name="${name}" type="${type}" ${more}/>`;
}

function text(facets: string, base = 'xs:string'): string {
  const restriction = `<xs:restriction base="${base}">${facets}</xs:restriction>`;
  return sequence(
    `<xs:element name="A"><xs:simpleType>${restriction}</xs:simpleType></xs:element>`,
  );
}

const facet = (name: string, value: string) => `<xs:${name} value="${value}"/>`;
const [A, B, C] = ['A', 'B', 'C'].map((name) => element(name)) as [string, string, string];
const maybe = (name: string) => element(name, 'minOccurs="0"');
const choice = (inner: string) => `<xs:choice>${inner}</xs:choice>`;
const any = (more: string) => `<xs:any minOccurs="0" ${more}/>`;
const attribute = (more = '', type = 'xs:string') =>
  `<xs:attribute name="a" type="${type}" ${more}/>`;
const derived = (name: string, inner: string) =>
  `<xs:complexType name="${name}"><xs:complexContent><xs:extension base="t:Base">${inner}</xs:extension></xs:complexContent></xs:complexType>`;
const base = `<xs:complexType name="Base"><xs:sequence>${A}</xs:sequence></xs:complexType>`;

/** One edit each way: what it is called, and whether old messages are refused and new ones taken. */
const edits: readonly [
  title: string,
  before: string,
  now: string,
  forward: [ChangeKind, string, boolean, boolean][],
  back: [ChangeKind, string, boolean, boolean][],
][] = [
  [
    'an optional element',
    sequence(A),
    sequence(A + maybe('B')),
    [['element-added-optional', 'R/B', false, true]],
    [['element-removed', 'R/B', true, false]],
  ],
  [
    'a required element',
    sequence(A),
    sequence(B + A),
    [['element-added-required', 'R/B', true, true]],
    [['element-removed', 'R/B', true, true]],
  ],
  [
    'need',
    sequence(A + maybe('B')),
    sequence(A + B),
    [['made-required', 'R/B', true, false]],
    [['made-optional', 'R/B', false, true]],
  ],
  [
    'occurrence',
    sequence(A),
    sequence(element('A', 'maxOccurs="unbounded"')),
    [['occurs-widened', 'R/A', false, true]],
    [['occurs-narrowed', 'R/A', true, false]],
  ],
  [
    'a branch',
    sequence(choice(A + B)),
    sequence(choice(A + B + C)),
    [['branch-added', 'R/C', false, true]],
    [['branch-removed', 'R/C', true, false]],
  ],
  [
    'an element that becomes a choice',
    sequence(A + C),
    sequence(choice(A + B) + C),
    [['branch-added', 'R/B', false, true]],
    [['branch-removed', 'R/B', true, false]],
  ],
  [
    'order',
    sequence(A + B),
    sequence(B + A),
    [['order-changed', 'R/A', true, true]],
    [['order-changed', 'R/B', true, true]],
  ],
  [
    'an order that is let go',
    sequence(A + B),
    root(`<xs:all>${A}${B}</xs:all>`),
    [['order-changed', 'R', false, true]],
    [['order-changed', 'R', true, false]],
  ],
  [
    'structure',
    sequence(A + B),
    root(choice(A + B)),
    [['content-restructured', 'R', true, true]],
    [['content-restructured', 'R', true, true]],
  ],
  [
    'an optional group',
    sequence(A),
    sequence(`${A}<xs:sequence minOccurs="0">${B}${C}</xs:sequence>`),
    [
      ['element-added-optional', 'R/B', false, true],
      ['element-added-optional', 'R/C', false, true],
    ],
    [
      ['element-removed', 'R/B', true, false],
      ['element-removed', 'R/C', true, false],
    ],
  ],
  [
    'nillable',
    sequence(A),
    sequence(element('A', 'nillable="true"')),
    [['nillable-widened', 'R/A', false, true]],
    [['nillable-narrowed', 'R/A', true, false]],
  ],
  [
    'a default',
    sequence(element('A', 'default="x"')),
    sequence(element('A', 'default="y"')),
    [['default-changed', 'R/A', false, false]],
    [['default-changed', 'R/A', false, false]],
  ],
  [
    'a fixed value',
    sequence(A),
    sequence(element('A', 'fixed="x"')),
    [['fixed-changed', 'R/A', true, false]],
    [['fixed-changed', 'R/A', false, true]],
  ],
  [
    'form',
    sequence(A),
    sequence(element('A', 'form="unqualified"')),
    [['form-changed', 'R/A', true, true]],
    [['form-changed', 'R/A', true, true]],
  ],
  [
    'mixed content',
    sequence(A),
    sequence(A).replace('<xs:complexType>', '<xs:complexType mixed="true">'),
    [['mixed-widened', 'R', false, true]],
    [['mixed-narrowed', 'R', true, false]],
  ],
  [
    'a wildcard',
    sequence(any('namespace="##other" processContents="lax"')),
    sequence(any('namespace="##any" processContents="lax"')),
    [['wildcard-widened', 'R/*', false, true]],
    [['wildcard-narrowed', 'R/*', true, false]],
  ],
  [
    'how a wildcard is judged',
    sequence(any('namespace="urn:x" processContents="skip"')),
    sequence(any('namespace="urn:x" processContents="strict"')),
    [['wildcard-narrowed', 'R/*', true, false]],
    [['wildcard-widened', 'R/*', false, true]],
  ],
  [
    'an optional attribute',
    root(''),
    root(attribute()),
    [['attribute-added-optional', 'R/@a', false, true]],
    [['attribute-removed', 'R/@a', true, false]],
  ],
  [
    'a required attribute',
    root(''),
    root(attribute('use="required"')),
    [['attribute-added-required', 'R/@a', true, true]],
    [['attribute-removed', 'R/@a', true, true]],
  ],
  [
    'need of an attribute',
    root(attribute()),
    root(attribute('use="required"')),
    [['attribute-made-required', 'R/@a', true, false]],
    [['attribute-made-optional', 'R/@a', false, true]],
  ],
  [
    'the form of an attribute',
    root(attribute()),
    root(attribute('form="qualified"')),
    [['form-changed', 'R/@a', true, true]],
    [['form-changed', 'R/@a', true, true]],
  ],
  [
    'any attribute',
    root(''),
    root('<xs:anyAttribute namespace="##other"/>'),
    [['wildcard-widened', 'R/@*', false, true]],
    [['wildcard-narrowed', 'R/@*', true, false]],
  ],
  [
    'the type of a value',
    sequence(element('A', '', 'xs:int')),
    sequence(element('A', '', 'xs:long')),
    [['type-changed', 'R/A', false, true]],
    [['type-changed', 'R/A', true, false]],
  ],
  [
    'the type of an attribute',
    root(attribute('', 'xs:int')),
    root(attribute('', 'xs:date')),
    [['type-changed', 'R/@a', true, true]],
    [['type-changed', 'R/@a', true, true]],
  ],
  [
    'a value of a list',
    text(facet('enumeration', 'x')),
    text(facet('enumeration', 'x') + facet('enumeration', 'y')),
    [['values-added', 'R/A', false, true]],
    [['values-removed', 'R/A', true, false]],
  ],
  [
    'length',
    text(facet('maxLength', '5')),
    text(facet('maxLength', '9')),
    [['length-widened', 'R/A', false, true]],
    [['length-narrowed', 'R/A', true, false]],
  ],
  [
    'digits',
    text(facet('totalDigits', '3'), 'xs:decimal'),
    text(facet('totalDigits', '5'), 'xs:decimal'),
    [['digits-widened', 'R/A', false, true]],
    [['digits-narrowed', 'R/A', true, false]],
  ],
  [
    'range',
    text(facet('minInclusive', '10'), 'xs:int'),
    text(facet('minInclusive', '9'), 'xs:int'),
    [['range-widened', 'R/A', false, true]],
    [['range-narrowed', 'R/A', true, false]],
  ],
  [
    'a pattern',
    text(facet('pattern', '\\d+')),
    text(facet('pattern', '[0-9]+')),
    [['pattern-changed', 'R/A', true, true]],
    [['pattern-changed', 'R/A', true, true]],
  ],
  [
    'another pattern',
    text(facet('pattern', '\\d+')),
    text(facet('pattern', '\\d+') + facet('pattern', 'x')),
    [['pattern-widened', 'R/A', false, true]],
    [['pattern-narrowed', 'R/A', true, false]],
  ],
  [
    'elements instead of text',
    sequence(element('A')),
    sequence(
      `<xs:element name="A"><xs:complexType><xs:sequence>${B}</xs:sequence></xs:complexType></xs:element>`,
    ),
    [['content-kind-changed', 'R/A', true, true]],
    [['content-kind-changed', 'R/A', true, true]],
  ],
  [
    'an abstract type',
    sequence(element('A', '', 't:Base'), base + derived('D', '')),
    sequence(
      element('A', '', 't:Base'),
      base.replace('name="Base"', 'name="Base" abstract="true"') + derived('D', ''),
    ),
    [['abstract-changed', 'R/A', true, false]],
    [['abstract-changed', 'R/A', false, true]],
  ],
  [
    'a derived type',
    sequence(element('A', '', 't:Base'), base),
    sequence(element('A', '', 't:Base'), base + derived('D', '')),
    [['derived-type-added', 'R/A', false, true]],
    [['derived-type-removed', 'R/A', true, false]],
  ],
  [
    'block',
    sequence(A),
    sequence(element('A', 'block="extension"')),
    [['block-changed', 'R/A', true, true]],
    [['block-changed', 'R/A', true, true]],
  ],
  [
    'uniqueness',
    sequence(A),
    sequence(A).replace(
      '</xs:element>',
      '<xs:unique name="u"><xs:selector xpath="t:A"/><xs:field xpath="."/></xs:unique></xs:element>',
    ),
    [['constraint-changed', 'R', true, true]],
    [['constraint-changed', 'R', false, true]],
  ],
  [
    'documentation',
    sequence(A),
    sequence(
      A.replace(
        '/>',
        '><xs:annotation><xs:documentation>A letter.</xs:documentation></xs:annotation></xs:element>',
      ),
    ),
    [['documentation-changed', 'R/A', false, false]],
    [['documentation-changed', 'R/A', false, false]],
  ],
];

/** Other ways of writing the same. */
const same: readonly [title: string, before: string, now: string][] = [
  [
    'a sequence in a sequence',
    sequence(A + B + C),
    sequence(`<xs:sequence>${A}${B}</xs:sequence>${C}`),
  ],
  [
    'a named group',
    sequence(A + B),
    sequence(
      '<xs:group ref="t:G"/>',
      `<xs:group name="G"><xs:sequence>${A}${B}</xs:sequence></xs:group>`,
    ),
  ],
  [
    'a named type',
    text(facet('maxLength', '5')),
    sequence(
      element('A', '', 't:S'),
      `<xs:simpleType name="S"><xs:restriction base="xs:string"><xs:maxLength value="5"/></xs:restriction></xs:simpleType>`,
    ),
  ],
  [
    'a base',
    sequence(A + B),
    `<xs:element name="R" type="t:D"/>${base}${derived('D', `<xs:sequence>${B}</xs:sequence>`)}`,
  ],
  [
    'a choice of optional parts',
    sequence(`<xs:choice minOccurs="0">${A}${B}</xs:choice>`),
    sequence(choice(maybe('A') + B)),
  ],
  [
    'a repeated choice of one',
    sequence(element('A', 'maxOccurs="4"')),
    sequence(`<xs:choice maxOccurs="4">${A}</xs:choice>`),
  ],
  [
    'a split repetition',
    sequence(element('A', 'minOccurs="2" maxOccurs="3"')),
    sequence(A + A + maybe('A')),
  ],
  [
    'an attribute group',
    root(attribute()),
    root(
      '<xs:attributeGroup ref="t:G"/>',
      `<xs:attributeGroup name="G">${attribute()}</xs:attributeGroup>`,
    ),
  ],
  ['a global element', sequence(A), sequence('<xs:element ref="t:A"/>', A)],
  [
    'steps of restriction',
    text(facet('minLength', '1') + facet('maxLength', '5')),
    text(facet('maxLength', '5'), 't:S') +
      `<xs:simpleType name="S"><xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction></xs:simpleType>`,
  ],
];

describe('the difference of two versions', () => {
  function told(before: string, now: string) {
    return difference(before, now).changes.map(({ kind, path, refusesOld, allowsNew }) => [
      kind,
      path,
      refusesOld,
      allowsNew,
    ]);
  }

  for (const [title, before, now, forward, back] of edits) {
    it(`tells ${title}`, () => {
      expect(told(before, now)).to.deep.equal(forward);
      expect(told(now, before)).to.deep.equal(back);
    });
  }

  for (const [title, before, now] of same) {
    it(`is none for ${title}`, () => {
      expect(told(before, now)).to.deep.equal([]);
      expect(told(now, before)).to.deep.equal([]);
    });
  }

  it('tells the roots, and a root that is missing', () => {
    const a = version(`${sequence(A)}${element('Other')}`);
    const b = { ...a, responseRoot: 'Other' };
    expect(differenceOf(a, b).changes.map(({ kind }) => kind)).to.deep.equal([
      'root-changed',
      'content-kind-changed',
    ]);
    expect(differenceOf(a, b).request.verdict).to.equal('compatible');
    const lost = differenceOf(a, { ...a, requestRoot: 'None' });
    expect(lost.changes.map(({ kind }) => kind)).to.deep.equal(['root-changed', 'root-missing']);
    expect(lost.request).to.include({ refusesOld: true, allowsNew: true });
    expect(lost.answer).to.include({ refusesOld: false, allowsNew: false });
  });

  it('tells namespaces that differ in their versions once, and compares the rest', () => {
    const uses = (number: string) =>
      sequence(`<xs:element ref="o:G" xmlns:o="urn:other:${number}"/>`).replace(
        /^/,
        `<xs:import namespace="urn:other:${number}" schemaLocation="other.xsd"/>`,
      );
    const later = Buffer.from(other.bytes)
      .toString()
      .replace('1.0', '2.1')
      .replace('xs:int', 'xs:long');
    const a = version(uses('1.0'), [other]);
    const b = version(uses('2.1'), [{ name: 'other.xsd', bytes: Buffer.from(later) }]);
    const [wider, namespace, ...rest] = differenceOf(a, b).changes;
    expect(rest).to.deep.equal([]);
    expect(namespace).to.deep.include({ kind: 'type-changed', path: 'R/G', verdict: 'compatible' });
    expect(wider).to.deep.include({ kind: 'namespace-changed', places: 1 });
    expect(wider?.text.en).to.contain('urn:other:2.1');
  });

  it('tells a change of a named type once, with places', () => {
    const uses = 'ABCDE'
      .split('')
      .map((name) => element(name, '', 't:S'))
      .join('');
    const type = (length: number) =>
      sequence(
        uses,
        `<xs:simpleType name="S"><xs:restriction base="xs:string"><xs:maxLength value="${length}"/></xs:restriction></xs:simpleType>`,
      );
    const { changes } = difference(type(5), type(4));
    expect(changes).to.have.lengthOf(1);
    expect(changes[0]).to.deep.include({
      kind: 'length-narrowed',
      path: 'R/A',
      places: 5,
      verdict: 'breaking',
    });
    expect(changes[0]?.examples).to.deep.equal(['R/A', 'R/B', 'R/C']);
    expect(changes[0]?.sides).to.deep.equal(['request', 'answer']);
    expect(changes[0]?.text.ru).to.equal('A: длина сужена, было 0…5, стало 0…4');
  });

  it('ends with types that hold themselves', () => {
    const tree = (more: string) =>
      `<xs:element name="R" type="t:T"/><xs:complexType name="T"><xs:sequence>${A}<xs:element name="Sub" type="t:T" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>${more}</xs:complexType>`;
    const { changes } = difference(tree(''), tree(attribute()));
    expect(changes.map(({ path, places }) => [path, places])).to.deep.equal([['R/@a', 2]]);
    expect(changes[0]?.examples).to.deep.equal(['R/@a', 'R/Sub/@a']);
  });

  it('counts what cannot be told as breaking', () => {
    const big = (name: string) =>
      sequence(
        `<xs:sequence maxOccurs="999"><xs:sequence maxOccurs="998">${element(name, 'maxOccurs="997"')}${maybe('Z')}</xs:sequence>${maybe('Y')}</xs:sequence>`,
      );
    const { request } = difference(big('A'), big('A').replace('997', '996'));
    expect(request.refusesOld).to.equal(true);
  });

  it('compares content in any order, however much', () => {
    const names = Array.from({ length: 40 }, (_, index) => `E${index}`);
    const all = (...elements: string[]) =>
      root(`<xs:all>${names.map((name) => element(name)).join('')}${elements.join('')}</xs:all>`);
    expect(told(all(), all())).to.deep.equal([]);
    const added = ['element-added-optional', 'R/B', false, true];
    expect(told(all(), all(maybe('B')))).to.deep.equal([added]);
    const [order] = told(all(), sequence(names.map((name) => element(name)).join('')));
    expect(order).to.deep.equal(['order-changed', 'R', true, true]);
  });

  it('says whom it breaks', () => {
    const { request, answer } = difference(sequence(A), sequence(A + maybe('B')));
    expect(request).to.deep.include({ verdict: 'compatible', breaks: [] });
    expect(answer).to.deep.include({ verdict: 'breaking', breaks: ['readers'] });
    expect(answer.text.en).to.contain('old messages are taken');
  });

  it('says that it does not read xs:redefine', () => {
    const a = version(`<xs:redefine schemaLocation="b.xsd"/>${sequence(A)}`);
    expect(() => differenceOf(a, a)).to.throw(XsdUnread, 'xs:redefine');
  });

  it('has a sentence in both languages for each kind', () => {
    for (const [kind, { ru, en }] of Object.entries(kinds)) {
      expect(ru, kind).to.match(/[а-я]/);
      expect(en, kind).to.not.match(/[а-я]/);
    }
  });
});
