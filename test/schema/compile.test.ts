import { expect } from 'chai';
import { compileSchemas, SchemaRefused } from '../../src/schema/compile.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { withXml } from '../../src/xml/document.ts';
import { schema, schemaText } from './schemas.ts';

describe('compiling schemas', () => {
  const root = '<xs:element name="R" type="t:T"/>';
  const type = (base: string) =>
    `<xs:simpleType name="T"><xs:restriction base="${base}"/></xs:simpleType>`;

  it('resolves includes inside the set, up and down its folders', () => {
    const files = [
      schema('main/a.xsd', `<xs:include schemaLocation="./commons/b.xsd"/>${root}`),
      schema('main/commons/b.xsd', '<xs:include schemaLocation="../../c.xsd"/>'),
      schema('c.xsd', type('xs:int')),
    ];
    const compiled = compileSchemas(files, 'main/a.xsd');
    withXml(Buffer.from('<R xmlns="urn:t">x</R>'), (document) => {
      const [finding] = validateElement(compiled, document.root);
      expect(finding?.rule).equal('cvc-datatype-valid.1.2.1');
    });
    compiled.dispose();
    compiled.dispose();
  });

  it('resolves an import to the file of the set, not to one of another set', () => {
    for (const [base, valid] of [
      ['xs:string', true],
      ['xs:int', false],
    ] as const) {
      const files = [
        schema('a.xsd', `<xs:include schemaLocation="b.xsd"/>${root}`),
        schema('b.xsd', type(base)),
      ];
      const compiled = compileSchemas(files, 'a.xsd');
      withXml(Buffer.from('<R xmlns="urn:t">x</R>'), (document) => {
        expect(validateElement(compiled, document.root).length === 0).equal(valid);
      });
      compiled.dispose();
    }
  });

  const outside = ['http://127.0.0.1/b.xsd', '/etc/passwd', '../b.xsd', 'file:///b.xsd', 'no.xsd'];
  for (const location of outside) {
    it(`looks nowhere else: ${location}`, () => {
      const main = schema('a.xsd', `\n<xs:include schemaLocation="${location}"/>${root}`);
      const findings = refused([main, schema('b.xsd', type('xs:int'))]);
      expect(findings[0]).include({ path: 'a.xsd', line: 2, rule: 'src-import' });
    });
  }

  it('names file, line and rule of what is wrong, in an included file too', () => {
    const findings = refused([
      schema('a.xsd', `<xs:include schemaLocation="d/b.xsd"/>${root}`),
      schema('d/b.xsd', '\n\n<xs:element name="E" type="t:None"/>'),
    ]);
    expect(findings.find(({ path }) => path === 'd/b.xsd')).include({
      line: 3,
      rule: 'src-resolve',
    });
  });

  it('refuses what is not a schema', () => {
    const file = (text: string) => [{ name: 'a.xsd', bytes: Buffer.from(text) }];
    expect(refused(file('<xs:schema'))[0]?.rule).equal('xml-malformed');
    expect(refused(file('<a/>'))[0]?.rule).equal('set-root');
    const entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
    expect(refused(file(entity))[0]?.rule).equal('xml-doctype');
    expect(refused([])[0]?.rule).equal('set-main');
    const named = [schema('a.xsd', '<xs:include schemaLocation="б.xsd"/>'), schema('б.xsd', '')];
    expect(refused(named)[0]?.rule).equal('set-name');
  });

  it('reads windows-1251 and UTF-16, which agencies send', () => {
    const body = schemaText(
      '<xs:annotation><xs:documentation>схема</xs:documentation></xs:annotation>',
    );
    const cp1251 = Buffer.from(
      [...`<?xml version="1.0" encoding="windows-1251"?>${body}`].map(cp1251Of),
    );
    compileSchemas([{ name: 'a.xsd', bytes: cp1251 }], 'a.xsd').dispose();
    const utf16 = Buffer.from(`\uFEFF<?xml version="1.0" encoding="UTF-16"?>${body}`, 'utf16le');
    compileSchemas([{ name: 'a.xsd', bytes: utf16 }], 'a.xsd').dispose();
    const marked = Buffer.from(`\uFEFF${body}`);
    compileSchemas([{ name: 'a.xsd', bytes: marked }], 'a.xsd').dispose();
  });

  it('keeps the memory of libxml2 where it was', function () {
    this.timeout(30_000);
    const files = [
      schema('a.xsd', `<xs:include schemaLocation="b.xsd"/>${root}`),
      schema('b.xsd', type('xs:int')),
    ];
    const round = () => {
      for (let i = 0; i < 500; i += 1) {
        compileSchemas(files, 'a.xsd').dispose();
        refused([schema('a.xsd', root)]);
      }
      return process.memoryUsage().rss;
    };
    const before = [round(), round()].at(-1) ?? 0;
    round();
    const after = round();
    // A set that leaked would take some 50 KB a time.
    expect(after - before).lessThan(30e6);
  });
});

function refused(files: Parameters<typeof compileSchemas>[0]) {
  try {
    compileSchemas(files, 'a.xsd').dispose();
  } catch (error) {
    if (error instanceof SchemaRefused) return error.findings;
    throw error;
  }
  return expect.fail('the set compiled');
}

function cp1251Of(char: string): number {
  const code = char.charCodeAt(0);
  return code < 128 ? code : code - 0x410 + 0xc0;
}
