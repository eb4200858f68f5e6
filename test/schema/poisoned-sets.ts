import type { AdmissionRule } from '../../src/schema/admission/table.ts';
import type { SchemaFile } from '../../src/schema/set.ts';
import { schema, schemaText } from './schemas.ts';

export interface PoisonedSet {
  readonly files: readonly SchemaFile[];
  readonly rule: AdmissionRule;
  /** Of the line; the first file is a.xsd. */
  readonly at?: readonly [file: string, line: number];
}

const list = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i)).join('');

/** Two right root elements on one line. */
export const roots =
  '<xs:complexType name="Root"><xs:sequence><xs:element name="x" type="xs:string"/></xs:sequence>' +
  '<xs:attribute name="Id" type="xs:ID"/></xs:complexType>' +
  '<xs:element name="R" type="t:Root"/><xs:element name="A" type="t:Root"/>';

/** What is wrong stands in the second line, behind right roots. */
const withRoots = (inner: string, rule: AdmissionRule): PoisonedSet => ({
  files: [schema('a.xsd', `${roots}\n${inner}`)],
  rule,
  at: ['a.xsd', 2],
});
/** Links come before declarations. */
const linked = (link: string, rule: AdmissionRule, ...others: SchemaFile[]): PoisonedSet => ({
  files: [schema('a.xsd', `\n${link}\n${roots}`), ...others],
  rule,
  at: ['a.xsd', 2],
});
const raw = (content: string | Buffer, rule: AdmissionRule, line?: number): PoisonedSet => ({
  files: [{ name: 'a.xsd', bytes: Buffer.from(content) }],
  rule,
  ...(line === undefined ? {} : { at: ['a.xsd', line] as const }),
});
/** The root of requests is another one, in the second line. */
const request = (declaration: string, rule: AdmissionRule): PoisonedSet => ({
  files: [
    schema('a.xsd', `${roots.replace('<xs:element name="R" type="t:Root"/>', '')}\n${declaration}`),
  ],
  rule,
  at: ['a.xsd', 2],
});
const pattern = (value: string, rule: AdmissionRule) =>
  withRoots(
    `<xs:simpleType name="P"><xs:restriction base="xs:string"><xs:pattern value="${value}"/></xs:restriction></xs:simpleType>`,
    rule,
  );
const type = (content: string, name = 'T') =>
  `<xs:complexType name="${name}">${content}</xs:complexType>`;
const group = (name: string, content: string) =>
  `<xs:group name="${name}"><xs:sequence>${content}</xs:sequence></xs:group>`;
const element = (attributes = '') => `<xs:element name="y" type="xs:string" ${attributes}/>`;
const inNamespace = (namespace: string, name: string, inner = ''): SchemaFile => ({
  name,
  bytes: Buffer.from(schemaText(inner).replaceAll('urn:t', namespace)),
});

const entities = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">\
${list(9, (i) => `<!ENTITY c${i} "${list(10, () => (i === 0 ? '&b;' : `&c${i - 1};`))}">`)}]><a>&c8;</a>`;

const envelope = 'urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.2';

const links: Readonly<Record<string, PoisonedSet>> = {
  'an include is not in the package': linked('<xs:include schemaLocation="b.xsd"/>', 'src-import'),
  'an import is not in the package': linked(
    '<xs:import namespace="urn:b" schemaLocation="b.xsd"/>',
    'src-import',
  ),
  'an import of an included file is not in the package': {
    files: [
      schema('a.xsd', `<xs:include schemaLocation="d/b.xsd"/>${roots}`),
      schema('d/b.xsd', '\n\n<xs:import namespace="urn:c" schemaLocation="c.xsd"/>'),
    ],
    rule: 'src-import',
    at: ['d/b.xsd', 3],
  },
  'an import has no place and its namespace is unknown': linked(
    '<xs:import namespace="urn:b"/>',
    'import-unresolved',
  ),
  'an import comes from the network': linked(
    '<xs:import namespace="urn:b" schemaLocation="http://127.0.0.1:1/b.xsd"/>',
    'location-network',
  ),
  'an include comes from the network': linked(
    '<xs:include schemaLocation="https://example.ru/b.xsd"/>',
    'location-network',
  ),
  'an import comes from the network without a scheme': linked(
    '<xs:import namespace="urn:b" schemaLocation="//example.ru/b.xsd"/>',
    'location-network',
  ),
  'an include comes from the disk': linked(
    '<xs:include schemaLocation="file:///etc/passwd"/>',
    'location-outside',
  ),
  'an include has an absolute path': linked(
    '<xs:include schemaLocation="/etc/passwd"/>',
    'location-outside',
  ),
  'an include climbs out of the package': linked(
    '<xs:include schemaLocation="../../b.xsd"/>',
    'location-outside',
  ),
  'an include climbs out of the package in percents': linked(
    '<xs:include schemaLocation="%2e%2e/b.xsd"/>',
    'location-outside',
  ),
  'a schema imports its own namespace': linked(
    '<xs:import namespace="urn:t" schemaLocation="b.xsd"/>',
    'import-own',
    schema('b.xsd', ''),
  ),
  'an import names one namespace and leads to another': linked(
    '<xs:import namespace="urn:b" schemaLocation="b.xsd"/>',
    'import-differs',
    inNamespace('urn:c', 'b.xsd'),
  ),
  'an include leads to another namespace': linked(
    '<xs:include schemaLocation="b.xsd"/>',
    'include-foreign',
    inNamespace('urn:b', 'b.xsd'),
  ),
  'a redefine leads to another namespace': linked(
    '<xs:redefine schemaLocation="b.xsd"/>',
    'redefine-foreign',
    inNamespace('urn:b', 'b.xsd'),
  ),
  'an override leads to another namespace': linked(
    '<xs:override schemaLocation="b.xsd"/>',
    'redefine-foreign',
    inNamespace('urn:b', 'b.xsd'),
  ),
  'an override of XSD 1.1 stands in it': linked(
    '<xs:override schemaLocation="b.xsd"/>',
    'override-unknown',
    schema('b.xsd', ''),
  ),
};

const readings: Readonly<Record<string, PoisonedSet>> = {
  'a tag is not closed': raw(
    '<xs:schema\nxmlns:xs="http://www.w3.org/2001/XMLSchema">\n',
    'xml-malformed',
    3,
  ),
  'it is no XML at all': raw('PK', 'xml-malformed'),
  'a prefix is not declared': raw('<xs:schema/>', 'xml-malformed', 1),
  'entities grow a billion times': raw(entities, 'xml-doctype', 1),
  'an entity reads a file': raw(
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    'xml-doctype',
    1,
  ),
  'a DTD is named after a comment': raw(
    '<!-- -->\n<!DOCTYPE schema SYSTEM "x.dtd"><a/>',
    'xml-doctype',
    2,
  ),
  'the encoding is none that is known': raw(
    '<?xml version="1.0" encoding="EBCDIC-XX"?><a/>',
    'xml-encoding',
    1,
  ),
  'the letters are not those of the encoding': raw(
    Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc3, 0x28]), Buffer.from('</a>')]),
    'xml-malformed',
  ),
  'the root is no schema': raw('\n<a/>', 'set-root', 2),
  'a WSDL is called a schema': raw(
    '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
    'set-root',
    1,
  ),
  'elements are nested five thousand deep': withRoots(
    type('<xs:sequence>'.repeat(5000) + '</xs:sequence>'.repeat(5000)),
    'xml-depth',
  ),
  'sixteen megabytes are nested as deep as they go': raw('<a>'.repeat(5_500_000), 'xml-elements'),
  'sixteen megabytes are empty elements': {
    files: [schema('a.xsd', '<a/>'.repeat(4_000_000))],
    rule: 'xml-elements',
  },
  'a file that nothing needs is broken': {
    files: [schema('a.xsd', roots), { name: 'b.xsd', bytes: Buffer.from('<a>') }],
    rule: 'xml-malformed',
    at: ['b.xsd', 1],
  },
};

const named: Readonly<Record<string, PoisonedSet>> = {
  'the namespace is that of the envelope': {
    files: [inNamespace(envelope, 'a.xsd', roots)],
    rule: 'namespace-reserved',
    at: ['a.xsd', 1],
  },
  'a second file takes the namespace of the envelope': {
    files: [schema('a.xsd', roots), inNamespace(envelope, 'b.xsd')],
    rule: 'namespace-reserved',
    at: ['b.xsd', 1],
  },
  'the namespace is that of XML Schema': {
    files: [inNamespace('http://www.w3.org/2001/XMLSchema', 'a.xsd', roots)],
    rule: 'namespace-reserved',
    at: ['a.xsd', 1],
  },
  'the namespace is that of SOAP': {
    files: [inNamespace('http://schemas.xmlsoap.org/soap/envelope/', 'a.xsd', roots)],
    rule: 'namespace-reserved',
    at: ['a.xsd', 1],
  },
  'the root of requests is not declared': {
    files: [schema('a.xsd', roots.replace('name="R"', 'name="Q"'))],
    rule: 'root-absent',
  },
  'the root of responses is not declared': {
    files: [schema('a.xsd', roots.replace('name="A"', 'name="Q"'))],
    rule: 'root-absent',
  },
  'the root of requests is declared inside a type alone': {
    files: [
      schema(
        'a.xsd',
        roots.replace('<xs:element name="R" type="t:Root"/>', '').replace('name="x"', 'name="R"'),
      ),
    ],
    rule: 'root-absent',
  },
  'the roots are of two namespaces': {
    files: [
      schema('a.xsd', roots.replace('name="A"', 'name="Q"')),
      inNamespace('urn:b', 'b.xsd', '<xs:element name="A" type="xs:string"/>'),
    ],
    rule: 'root-namespace',
    at: ['a.xsd', 1],
  },
  'the root of responses lies in a file that nothing leads to': {
    files: [
      schema('a.xsd', roots.replace('name="A"', 'name="Q"')),
      schema('b.xsd', '<xs:element name="A" type="xs:string"/>'),
    ],
    rule: 'root-apart',
    at: ['a.xsd', 1],
  },
  'the root of requests has no type': request('<xs:element name="R"/>', 'root-any'),
  'the root of requests is of any type': request(
    '<xs:element name="R" type="xs:anyType"/>',
    'root-any',
  ),
  'the root of requests holds any element and no other': request(
    '<xs:element name="R"><xs:complexType><xs:sequence><xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>',
    'root-any',
  ),
  'the root of requests holds any element by a group': request(
    `<xs:element name="R" type="t:T"/>${type('<xs:group ref="t:g"/>')}${group('g', '<xs:any processContents="lax"/>')}`,
    'root-any',
  ),
  'the root of requests extends any type': request(
    `<xs:element name="R" type="t:T"/>${type('<xs:complexContent><xs:extension base="xs:anyType"/></xs:complexContent>')}`,
    'root-any',
  ),
  'the root of requests is abstract and nothing substitutes it': request(
    '<xs:element name="R" type="t:Root" abstract="true"/>',
    'root-abstract',
  ),
  'the type of the root is abstract and nothing is derived from it': request(
    `<xs:element name="R" type="t:T"/><xs:complexType name="T" abstract="true"/>`,
    'root-abstract',
  ),
};

const poisons: Readonly<Record<string, PoisonedSet>> = {
  'a pattern repeats a repeat': pattern('(a+)+', 'pattern-exponential'),
  'a pattern repeats an empty repeat': pattern('(a*)*b', 'pattern-exponential'),
  'a pattern chooses between the same': pattern('(a|a)*', 'pattern-exponential'),
  'a pattern chooses between what overlaps': pattern('(aa|aaa)*', 'pattern-exponential'),
  'a pattern chooses between classes that overlap': pattern('([a-z]|\\w)+', 'pattern-exponential'),
  'a pattern repeats words whose spaces may be left out': pattern(
    '(\\w+\\s?)+',
    'pattern-exponential',
  ),
  'a pattern repeats wide counts': pattern('(\\w{1,50}\\s?){1,20}', 'pattern-exponential'),
  'a pattern repeats a repeat behind an alternative': pattern(
    'x|(y|(z+)*)+',
    'pattern-exponential',
  ),
  'a pattern repeats a class without another': pattern(
    '([a-z-[aeiou]]+b?)*',
    'pattern-exponential',
  ),
  'a pattern has anything six times in a row': pattern('.*,.*,.*,.*,.*,.*', 'pattern-polynomial'),
  'a pattern counts anything twenty-five times': pattern('(.*a){25}', 'pattern-polynomial'),
  'a pattern counts to a hundred thousand': pattern('a{100000}', 'pattern-count'),
  'a pattern counts a count': pattern('((a{100}){100}){100}', 'pattern-count'),
  'a pattern counts without an end from far away': pattern('a{99999,}', 'pattern-count'),
  'a pattern is a book': pattern('abcdefghij'.repeat(200), 'pattern-length'),
  'a pattern chooses between hundreds': pattern(
    list(450, () => 'a|').slice(0, -1),
    'pattern-complex',
  ),
  'a pattern is no pattern': pattern('([a-z', 'pattern-valid'),
  'an element occurs a million times': withRoots(
    type(`<xs:sequence>${element('maxOccurs="1000000"')}</xs:sequence>`),
    'occurs-large',
  ),
  'an element occurs at least a million times': withRoots(
    type(`<xs:sequence>${element('minOccurs="1000000" maxOccurs="unbounded"')}</xs:sequence>`),
    'occurs-large',
  ),
  'an element occurs as often as thirty digits say': withRoots(
    type(`<xs:sequence>${element(`maxOccurs="${'9'.repeat(30)}"`)}</xs:sequence>`),
    'occurs-large',
  ),
  'repeats are multiplied by each other': withRoots(
    type(`<xs:sequence maxOccurs="9999">${element('maxOccurs="9999"')}</xs:sequence>`),
    'occurs-product',
  ),
  'repeats are multiplied by way of a group': withRoots(
    `<xs:complexType name="T"><xs:group ref="t:g" maxOccurs="5000"/></xs:complexType>${group('g', element('maxOccurs="5000"'))}`,
    'occurs-product',
  ),
  'groups double forty times': withRoots(
    `${type('<xs:group ref="t:g0"/>')}${list(40, (i) => group(`g${i}`, i < 39 ? `<xs:group ref="t:g${i + 1}"/>`.repeat(2) : element()))}`,
    'model-size',
  ),
  'a group is in itself': withRoots(group('g', '<xs:group ref="t:g"/>'), 'group-circular'),
  'a group is in itself by two others': withRoots(
    group('g', '<xs:group ref="t:h"/>') +
      group('h', '<xs:choice><xs:group ref="t:i"/></xs:choice>') +
      group('i', '<xs:group ref="t:g"/>'),
    'group-circular',
  ),
  'a group of attributes is in itself': withRoots(
    '<xs:attributeGroup name="g"><xs:attributeGroup ref="t:g"/></xs:attributeGroup>',
    'group-circular',
  ),
  'a type is derived from itself': withRoots(
    '<xs:simpleType name="S"><xs:restriction base="t:S"/></xs:simpleType>',
    'type-circular',
  ),
  'a union is a member of itself': withRoots(
    '<xs:simpleType name="S"><xs:union memberTypes="xs:int t:S"/></xs:simpleType>',
    'type-circular',
  ),
  'a list is of lists of itself': withRoots(
    '<xs:simpleType name="S"><xs:list itemType="t:S"/></xs:simpleType>',
    'type-circular',
  ),
  'types are derived from each other': withRoots(
    list(2, (i) =>
      type(`<xs:complexContent><xs:extension base="t:T${1 - i}"/></xs:complexContent>`, `T${i}`),
    ),
    'type-circular',
  ),
  'types are derived a hundred times': withRoots(
    list(100, (i) =>
      type(
        i === 99 ? '' : `<xs:complexContent><xs:extension base="t:T${i + 1}"/></xs:complexContent>`,
        `T${i}`,
      ),
    ),
    'type-depth',
  ),
  'groups are in groups a hundred times': withRoots(
    list(100, (i) => group(`g${i}`, i === 99 ? element() : `<xs:group ref="t:g${i + 1}"/>`)),
    'type-depth',
  ),
  'an enumeration has eleven thousand values': withRoots(
    `<xs:simpleType name="E"><xs:restriction base="xs:string">${list(11_000, (i) => `<xs:enumeration value="${i}"/>`)}</xs:restriction></xs:simpleType>`,
    'enumeration',
  ),
  'there are twenty-one thousand types': {
    ...withRoots(
      list(21_000, (i) => type('', `T${i}`)),
      'components',
    ),
    at: ['a.xsd', 1],
  },
};

const compiled: Readonly<Record<string, PoisonedSet>> = {
  'a type is not there': withRoots('<xs:element name="E" type="t:None"/>', 'src-resolve'),
  'a group is not there': withRoots(type('<xs:group ref="t:none"/>'), 'src-resolve'),
  'a namespace is used that is not imported': {
    ...withRoots('<xs:element name="E" type="u:T" xmlns:u="urn:u"/>', 'src-resolve'),
  },
  'content is ambiguous': withRoots(
    type(`<xs:sequence>${element('minOccurs="0"')}${element()}</xs:sequence>`),
    'cos-nonambig',
  ),
  'a name is declared twice': withRoots(
    '<xs:element name="R" type="xs:string"/>',
    'schema-representation',
  ),
  'elements substitute each other in a circle': withRoots(
    '<xs:element name="E" substitutionGroup="t:F"/><xs:element name="F" substitutionGroup="t:E"/>',
    'schema-representation',
  ),
  'a facet does not fit its type': withRoots(
    '<xs:simpleType name="S"><xs:restriction base="xs:int"><xs:maxLength value="3"/></xs:restriction></xs:simpleType>',
    'schema-representation',
  ),
  'an element stands where none may': withRoots('<xs:sequence/>', 'schema-representation'),
};

/** Sets that no package may hold; each name says what is wrong. */
export const poisonedSets: Readonly<Record<string, PoisonedSet>> = {
  ...links,
  ...readings,
  ...named,
  ...poisons,
  ...compiled,
};
