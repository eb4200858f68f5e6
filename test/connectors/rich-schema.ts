import fc from 'fast-check';
import type { SchemaFile } from '../../src/schema/set.ts';
import { escapeAttribute, escapeText } from '../../src/xml/escape.ts';

const main = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:rich" xmlns:o="urn:other"
  targetNamespace="urn:rich" elementFormDefault="qualified">
  <xs:import namespace="urn:other" schemaLocation="common/other.xsd"/>
  <xs:include schemaLocation="common/chameleon.xsd"/>
  <xs:element name="Ask">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="Number" type="xs:string"/>
        <xs:element name="Person" type="Person"/>
        <xs:element name="Item" minOccurs="0" maxOccurs="unbounded">
          <xs:complexType>
            <xs:sequence>
              <xs:element name="Tag" type="xs:string" minOccurs="0" maxOccurs="3"/>
              <xs:element name="Price" type="Price" minOccurs="0"/>
              <xs:element ref="Tree" minOccurs="0"/>
            </xs:sequence>
            <xs:attribute name="code" type="xs:string" use="required"/>
            <xs:attribute ref="o:mark"/>
          </xs:complexType>
        </xs:element>
        <xs:choice>
          <xs:element name="Phone" type="xs:string"/>
          <xs:element name="Email" type="xs:string" maxOccurs="2"/>
          <xs:element ref="o:Address"/>
        </xs:choice>
        <xs:element name="Empty"><xs:complexType><xs:attribute name="flag" type="xs:string"/></xs:complexType></xs:element>
        <xs:element name="Day" type="xs:date" nillable="true"/>
        <xs:element name="Visit" nillable="true">
          <xs:complexType><xs:sequence><xs:element name="At" type="xs:string"/></xs:sequence>
            <xs:attribute name="why" type="xs:string"/></xs:complexType>
        </xs:element>
        <xs:element name="Pair"><xs:complexType><xs:all>
          <xs:element name="A" type="xs:string"/><xs:element name="B" type="xs:string" minOccurs="0"/>
        </xs:all></xs:complexType></xs:element>
        <xs:element name="Note" minOccurs="0"><xs:complexType mixed="true"><xs:sequence>
          <xs:element name="b" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType></xs:element>
        <xs:element name="Extra" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:any namespace="##other" processContents="skip" minOccurs="0" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType></xs:element>
        <xs:element name="Turns" minOccurs="0"><xs:complexType><xs:choice maxOccurs="unbounded">
          <xs:element name="L" type="xs:string"/><xs:element name="R" type="xs:string"/>
        </xs:choice></xs:complexType></xs:element>
        <xs:element name="Around" minOccurs="0"><xs:complexType><xs:sequence>
          <xs:element name="A" type="xs:string"/><xs:element name="B" type="xs:string"/><xs:element name="A" type="xs:string"/>
        </xs:sequence></xs:complexType></xs:element>
        <xs:element name="Kind" type="xs:QName" minOccurs="0"/>
        <xs:element name="Any" type="Base" minOccurs="0"/>
        <xs:group ref="Ends"/>
      </xs:sequence>
      <xs:attributeGroup ref="Marks"/>
    </xs:complexType>
  </xs:element>
  <xs:element name="Tree"><xs:complexType><xs:sequence>
    <xs:element ref="Tree" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence><xs:attribute name="n" type="xs:string"/></xs:complexType></xs:element>
  <xs:complexType name="Base"><xs:sequence><xs:element name="Name" type="xs:string"/></xs:sequence>
    <xs:attribute name="role" type="xs:string"/></xs:complexType>
  <xs:complexType name="Person"><xs:complexContent><xs:extension base="Base"><xs:sequence>
    <xs:element name="Birth" type="Odd" minOccurs="0"/></xs:sequence>
    <xs:attribute name="age" type="xs:int"/></xs:extension></xs:complexContent></xs:complexType>
  <xs:complexType name="Price"><xs:simpleContent><xs:extension base="xs:decimal">
    <xs:attribute name="currency" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType>
  <xs:group name="Ends"><xs:sequence><xs:element name="End" type="xs:string" maxOccurs="unbounded"/></xs:sequence></xs:group>
  <xs:attributeGroup name="Marks"><xs:attribute name="Id" type="xs:ID"/></xs:attributeGroup>
</xs:schema>`;

const other = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="urn:other" targetNamespace="urn:other">
  <xs:attribute name="mark" type="xs:string"/>
  <xs:element name="Address"><xs:complexType><xs:sequence>
    <xs:element name="City" type="xs:string"/>
    <xs:element name="Line" form="qualified" type="xs:string" minOccurs="0" maxOccurs="2"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

const chameleon = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="Odd"><xs:list itemType="Part"/></xs:simpleType>
  <xs:simpleType name="Part"><xs:restriction base="xs:string"/></xs:simpleType>
</xs:schema>`;

/** Two namespaces, qualified and not, and everything that JSON finds hard. */
export const richSchema: readonly SchemaFile[] = [
  { name: 'rich.xsd', bytes: Buffer.from(main) },
  { name: 'common/other.xsd', bytes: Buffer.from(other) },
  { name: 'common/chameleon.xsd', bytes: Buffer.from(chameleon) },
];
export const richRoot = { namespace: 'urn:rich', local: 'Ask' };

export const value = fc
  .oneof(
    fc.constantFrom('', ' ', '007', '1.50', 'true', 'null', '<&>"\'', ' a\tb\nc\r ', ']]>', 'ё'),
    fc.constantFrom('\u{1f600}', '__proto__', '-0', '1e5', '&amp;', '{"a":1}'),
    fc.string({ maxLength: 8, unit: 'grapheme' }),
  )
  .filter((text) => !/[^\t\n\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(text));

const text = value.map(escapeText);

function attribute(name: string, given: fc.Arbitrary<string> = value): fc.Arbitrary<string> {
  return given.map((each) => ` ${name}="${escapeAttribute(each)}"`);
}

function element(name: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((all) => {
    const attributes = all.filter((each) => /^ [\w:]+=".*"$/s.test(each) && isAttribute(each));
    const content = all.filter((each) => !attributes.includes(each));
    return `<${name}${attributes.join('').replaceAll(mark, '')}>${content.join('')}</${name}>`;
  });
}

// What stands in attributes is marked, so that no text is taken for one.
const mark = '\u{e000}';
const isAttribute = (part: string) => part.endsWith(`${mark}"`);
const marked = (name: string, given?: fc.Arbitrary<string>) =>
  attribute(name, given).map((each) => each.replace(/"$/, `${mark}"`));

const maybe = (part: fc.Arbitrary<string>) => fc.oneof(part, fc.constant(''));
const many = (part: fc.Arbitrary<string>, most: number, least = 0) =>
  fc.array(part, { maxLength: most, minLength: least }).map((all) => all.join(''));

const tree = fc.letrec<{ tree: string }>((tie) => ({
  tree: element(
    'r:Tree',
    maybe(marked('n')),
    fc.oneof({ maxDepth: 3 }, fc.constant(''), fc.array(tie('tree'), { maxLength: 2 }).map(join)),
  ),
})).tree;

function join(parts: readonly string[]): string {
  return parts.join('');
}

const item = element(
  'r:Item',
  marked('code'),
  maybe(marked('o:mark')),
  many(element('r:Tag', text), 3),
  maybe(element('r:Price', maybe(marked('currency')), fc.constantFrom('1.50', '007', '-0'))),
  maybe(tree),
);

const contact = fc.oneof(
  element('r:Phone', text),
  many(element('r:Email', text), 2, 1),
  element('o:Address', element('City', text), many(element('o:Line', text), 2)),
);

const any = `<x:Else xmlns:x="urn:x" xmlns="urn:y" a="x:b"><in>t</in> x:v</x:Else>`;
const typed =
  '<r:Any xsi:type="r:Person" age="007"><r:Name>n</r:Name><r:Birth>b c</r:Birth></r:Any>';

/** Documents of the schema. */
export const richDocument: fc.Arbitrary<string> = fc
  .tuple(
    element('r:Number', text),
    element(
      'r:Person',
      maybe(marked('role')),
      maybe(marked('age', fc.constantFrom('1', '007'))),
      element('r:Name', text),
      maybe(element('r:Birth', text)),
    ),
    many(item, 3),
    contact,
    element('r:Empty', maybe(marked('flag'))),
    fc.constantFrom(
      '<r:Day xsi:nil="true"></r:Day>',
      '<r:Day xsi:nil="1"></r:Day>',
      '<r:Day>2026-01-02</r:Day>',
    ),
    fc.oneof(
      element('r:Visit', maybe(marked('why')), element('r:At', text)),
      element('r:Visit', maybe(marked('why')), fc.constant(` xsi:nil="true${mark}"`)),
    ),
    fc.oneof(
      element('r:Pair', element('r:A', text), maybe(element('r:B', text))),
      element('r:Pair', element('r:B', text), element('r:A', text)),
    ),
    maybe(element('r:Note', text, element('r:b', text), text)),
    maybe(element('r:Extra', fc.constantFrom('', any, any + any))),
    maybe(
      fc
        .array(fc.oneof(element('r:L', text), element('r:R', text)), { minLength: 1, maxLength: 4 })
        .map((turns) => `<r:Turns>${turns.join('')}</r:Turns>`),
    ),
    maybe(element('r:Around', element('r:A', text), element('r:B', text), element('r:A', text))),
    fc.constantFrom('', '<r:Kind>o:mark</r:Kind>', '<r:Kind xmlns:k="urn:other">k:mark</r:Kind>'),
    fc.constantFrom('', typed, '<r:Any role="x"><r:Name></r:Name></r:Any>'),
    many(element('r:End', text), 3, 1),
    fc.constantFrom('', ' Id="i1"', ' xsi:schemaLocation="urn:rich rich.xsd"'),
  )
  .map((parts) => {
    const declared =
      'xmlns:r="urn:rich" xmlns:o="urn:other" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
    return `<r:Ask ${declared}${parts.at(-1)}>${parts.slice(0, -1).join('')}</r:Ask>`;
  });
