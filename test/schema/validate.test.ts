import { expect } from 'chai';
import { type CompiledSchema, compileSchemas } from '../../src/schema/compile.ts';
import { withoutValues } from '../../src/schema/finding.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import { schema } from './schemas.ts';

const restricted = (base: string, facets: string) =>
  `<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`;

const fields: Record<string, string> = {
  pattern: restricted('string', '<xs:pattern value="[0-9]+"/>'),
  enumeration: restricted('string', '<xs:enumeration value="A"/><xs:enumeration value="B"/>'),
  length: restricted('string', '<xs:length value="3"/>'),
  minLength: restricted('string', '<xs:minLength value="3"/>'),
  maxLength: restricted('string', '<xs:maxLength value="3"/>'),
  minInclusive: restricted('int', '<xs:minInclusive value="5"/>'),
  maxInclusive: restricted('int', '<xs:maxInclusive value="5"/>'),
  minExclusive: restricted('int', '<xs:minExclusive value="5"/>'),
  maxExclusive: restricted('int', '<xs:maxExclusive value="5"/>'),
  totalDigits: restricted('decimal', '<xs:totalDigits value="2"/>'),
  fractionDigits: restricted('decimal', '<xs:fractionDigits value="1"/>'),
  dateTime: restricted('dateTime', ''),
};

const elements = Object.entries(fields)
  .map(([name, type]) => `<xs:element name="${name}" minOccurs="0">${type}</xs:element>`)
  .join('');

const text = `<xs:complexType name="Base"/>
<xs:complexType name="Abstract" abstract="true"/>
<xs:element name="R"><xs:complexType><xs:sequence>
  <xs:choice minOccurs="0" maxOccurs="unbounded"><xs:sequence>
    <xs:element name="first" type="xs:string"/><xs:element name="second" type="xs:string"/>
  </xs:sequence></xs:choice>${elements}
  <xs:element name="int" minOccurs="0" type="xs:int"/>
  <xs:element name="empty" minOccurs="0" type="t:Base"/>
  <xs:element name="abstract" minOccurs="0" type="t:Abstract"/>
  <xs:element name="fixed" minOccurs="0" type="xs:string" fixed="F"/>
  <xs:element name="held" minOccurs="0"><xs:complexType>
    <xs:attribute name="must" type="xs:boolean" use="required"/>
  </xs:complexType></xs:element>
  <xs:any namespace="##other" processContents="strict" minOccurs="0"/>
</xs:sequence><xs:attribute name="Id" type="xs:ID"/></xs:complexType></xs:element>`;

/** What stands in R; the rule it breaks; what the sentence in Russian says of it. */
const cases: readonly (readonly [inner: string, rule: string, says: string])[] = [
  ['<pattern>x</pattern>', 'cvc-pattern-valid', 'Ожидается по образцу [0-9]+, стоит «x».'],
  [
    '<enumeration>C</enumeration>',
    'cvc-enumeration-valid',
    "Ожидается одно из: 'A', 'B'; стоит «C».",
  ],
  ['<length>ab</length>', 'cvc-length-valid', 'Длина должна быть 3, а она 2.'],
  ['<minLength>ab</minLength>', 'cvc-minLength-valid', 'Длина не меньше 3, а она 2.'],
  ['<maxLength>abcd</maxLength>', 'cvc-maxLength-valid', 'Длина не больше 3, а она 4.'],
  ['<minInclusive>4</minInclusive>', 'cvc-minInclusive-valid', 'Ожидается не меньше 5, стоит «4».'],
  ['<maxInclusive>6</maxInclusive>', 'cvc-maxInclusive-valid', 'Ожидается не больше 5, стоит «6».'],
  ['<minExclusive>5</minExclusive>', 'cvc-minExclusive-valid', 'Ожидается больше 5, стоит «5».'],
  ['<maxExclusive>5</maxExclusive>', 'cvc-maxExclusive-valid', 'Ожидается меньше 5, стоит «5».'],
  [
    '<totalDigits>123</totalDigits>',
    'cvc-totalDigits-valid',
    'Ожидается цифр не больше 2, стоит «123».',
  ],
  [
    '<fractionDigits>1.25</fractionDigits>',
    'cvc-fractionDigits-valid',
    'После запятой не больше 1, стоит «1.25».',
  ],
  ['<dateTime>now</dateTime>', 'cvc-datatype-valid.1.2.1', 'Значение «now» не подходит'],
  ['<int>z</int>', 'cvc-datatype-valid.1.2.1', 'Ожидается xs:int, стоит «z».'],
  ['<length><pattern/></length>', 'cvc-type.3.1.2', 'Здесь допустим только текст'],
  ['<length a="1">abc</length>', 'cvc-type.3.1.1', 'атрибут'],
  ['<empty>x</empty>', 'cvc-complex-type.2.1', 'должен быть пуст'],
  ['text', 'cvc-complex-type.2.3', 'не должно быть текста'],
  ['<held/>', 'cvc-complex-type.4', 'Не хватает обязательного атрибута must.'],
  ['<held must="true" more="1"/>', 'cvc-complex-type.3.2.1', 'Атрибут more здесь не допускается.'],
  ['<first/>', 'cvc-complex-type.2.4', 'В элементе «R» не хватает: «second».'],
  ['<second/>', 'cvc-complex-type.2.4', 'стоит «second»'],
  ['<first/><length>abc</length>', 'cvc-complex-type.2.4', 'Ожидается «second», стоит «length».'],
  [
    '<first/><second xmlns="urn:u"/>',
    'cvc-complex-type.2.4',
    'Ожидается {urn:t}second, стоит {urn:u}second.',
  ],
  ['<empty/><empty/>', 'cvc-complex-type.2.4', 'стоит «empty»'],
  ['<o:x xmlns:o="urn:o"/>', 'cvc-elt.1', 'Схема не знает'],
  ['<empty xsi:type="t:None"/>', 'cvc-elt.4.2', 'такого типа в схеме нет'],
  ['<empty xsi:type="xs:string"/>', 'cvc-elt.4.3', 'Тип «string» из xsi:type'],
  ['<empty xsi:nil="true"/>', 'cvc-elt.3.1', 'xsi:nil'],
  ['<abstract/>', 'cvc-type.2', 'абстрактный'],
  ['<fixed>G</fixed>', 'cvc-elt.5.2.2.2.2', 'Ожидается «F», стоит «G».'],
];

const namespaces = `xmlns="urn:t" xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;

describe('validating an element', () => {
  let compiled: CompiledSchema;
  before(() => {
    compiled = compileSchemas([schema('a.xsd', text)], 'a.xsd');
  });
  after(() => compiled.dispose());

  function findings(inner: string, limit?: number) {
    const xml = `<Envelope>\n<Body>\n<R ${namespaces}>${inner}</R></Body></Envelope>`;
    return withXml(Buffer.from(xml), ({ root }) => {
      const [body] = childElements(root);
      const [element] = body === undefined ? [] : childElements(body);
      if (element === undefined) throw new Error('no element');
      return validateElement(compiled, element, limit);
    });
  }

  for (const [inner, rule, says] of cases) {
    it(`${rule}: ${inner}`, () => {
      const [finding] = findings(inner);
      expect(finding).include({ rule, line: 3 });
      expect(finding?.text).include(says);
      // libxml2's own words follow.
      expect(finding?.text).match(/Element '\{urn:/);
    });
  }

  it('finds nothing in what is valid', () => {
    expect(findings('<first/><second/><pattern>1</pattern><held must="true"/>')).deep.equal([]);
  });

  it('names the path from the root of the document, with positions', () => {
    const [finding] = findings('<first/><second/><first/><second a="1"/>');
    expect(finding?.path).equal('/Envelope/Body/R/second[2]');
    const [attribute] = findings('\n<held must="maybe"/>');
    expect(attribute).include({ path: '/Envelope/Body/R/held', line: 4 });
  });

  it('finds all, up to the limit', () => {
    const inner = '<first a="1"/><second/>'.repeat(50);
    expect(findings(inner)).length(20);
    expect(findings(inner, 3)).length(3);
  });

  it('says nothing of the values in the form for logs', () => {
    for (const [inner] of cases) {
      const [finding] = findings(inner.replace('>x<', '>Secret-7<'));
      if (finding === undefined) throw new Error(inner);
      const { text: logged, path, line, rule } = withoutValues(finding);
      expect({ path, line, rule }).deep.equal({ path: finding.path, line: 3, rule: finding.rule });
      expect(logged).match(/^[А-Я][^<>"'{]*\.$/);
      expect(logged).not.include('Secret');
    }
  });

  it('stays short whatever the value', () => {
    const [finding] = findings(`<pattern>${'x'.repeat(1_000_000)}</pattern>`);
    expect(finding?.rule).equal('cvc-pattern-valid');
    expect(finding?.text.length).lessThan(1100);
  });

  it('refuses what takes libxml2 too much work, and goes on judging', () => {
    const costly = compileSchemas(
      [
        schema(
          'a.xsd',
          `<xs:element name="R">${restricted('string', '<xs:pattern value="(a|aa)+b"/>')}</xs:element>`,
        ),
      ],
      'a.xsd',
    );
    const judge = (value: string) =>
      withXml(Buffer.from(`<R xmlns="urn:t">${value}</R>`), ({ root }) =>
        validateElement(costly, root).map(({ rule }) => rule),
      );
    expect(judge('a'.repeat(5000))).deep.equal(['schema-limits']);
    expect(judge('aaab')).deep.equal([]);
    expect(judge('aaac')).deep.equal(['cvc-pattern-valid']);
    costly.dispose();
  });

  it('knows the identifiers of the whole document', () => {
    const xml = `<R xmlns="urn:t" Id="A"/>`;
    const two = Buffer.from(`<a>${xml}${xml}</a>`);
    withXml(two, ({ root }) => {
      const rules = childElements(root).map((element) => validateElement(compiled, element));
      expect(rules.map((found) => found.length)).deep.equal([0, 1]);
    });
  });

  it('takes no memory that it does not give back', function () {
    this.timeout(120_000);
    const times = process.env['MEZHVED_FULL'] === '1' ? 100_000 : 20_000;
    const good = '<first/><second/><pattern>1</pattern>';
    const bad = '<first/><pattern>x</pattern>';
    const round = (count: number) => {
      for (let i = 0; i < count; i += 1) findings(i % 4 === 0 ? bad : good);
      return process.memoryUsage().rss;
    };
    const before = round(5000);
    const after = round(times);
    // 100 bytes a message would be a leak of 10 MB in full; the rest is the garbage of JavaScript.
    expect(after - before).lessThan(60e6);
  });
});
