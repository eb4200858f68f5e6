import { expect } from 'chai';
import { admissionLimits, admitPackage } from '../../src/schema/admission/admission.ts';
import {
  type Admission,
  judgePackage,
  type PackageOrder,
} from '../../src/schema/admission/judge.ts';
import { patternProblem } from '../../src/schema/admission/patterns.ts';
import { admissionRules } from '../../src/schema/admission/table.ts';
import { compileSchemas } from '../../src/schema/compile.ts';
import type { SchemaFile } from '../../src/schema/set.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { withXml } from '../../src/xml/document.ts';
import { archive } from './archives.ts';
import { roots as declared } from './poisoned-sets.ts';
import { schema, schemaText } from './schemas.ts';

const roots = { requestRoot: 'R', responseRoot: 'A' };
const rules = (findings: Admission['errors']) => findings.map(({ rule }) => rule);

function admitFiles(files: readonly SchemaFile[], more: Partial<PackageOrder> = {}) {
  return judgePackage({ package: { files }, roots, ...more });
}

/** Findings of a document by the schemas that were admitted. */
function judge({ schemas }: Admission, xml: string): string[] {
  const compiled = compileSchemas(schemas, schemas[0]?.name ?? '');
  try {
    return withXml(Buffer.from(xml), ({ root }) => validateElement(compiled, root)).map(
      ({ rule }) => rule,
    );
  } finally {
    compiled.dispose();
  }
}

describe('admitting a package', function () {
  this.timeout(20_000);

  it('gives the schemas ready to compile, the main one first', async () => {
    const zip = archive([
      {
        name: 'vs/a.xsd',
        content: schemaText(
          '<xs:simpleType name="S"><xs:restriction base="xs:int"/></xs:simpleType>',
        ),
      },
      {
        name: 'vs/main.xsd',
        content: schemaText(
          `<xs:include schemaLocation="a.xsd"/>${declared.replace('xs:string', 't:S')}`,
        ),
      },
      { name: 'vs/readme.txt', content: 'x' },
    ]);
    const admission = await admitPackage({ package: { zip }, roots });
    expect(admission).deep.include({
      errors: [],
      warnings: [],
      ignored: ['vs/readme.txt'],
      namespace: 'urn:t',
    });
    expect(admission.schemas.map(({ name }) => name)).deep.equal(['main.xsd', 'a.xsd']);
    const xml = (x: string) => `<R xmlns="urn:t"><x>${x}</x></R>`;
    expect(judge(admission, xml('1'))).deep.equal([]);
    expect(judge(admission, xml('one'))).include('cvc-datatype-valid.1.2.1');
  });

  it('holds the roots to the namespace applied for', async () => {
    const files = [schema('a.xsd', declared)];
    const right = await admitFiles(files, { roots: { ...roots, namespace: 'urn:t' } });
    expect(rules(right.errors)).deep.equal([]);
    const wrong = await admitFiles(files, { roots: { ...roots, namespace: 'urn:other' } });
    expect(rules(wrong.errors)).deep.equal(['root-namespace']);
  });

  const other = (inner: string) => schemaText(inner).replaceAll('urn:t', 'urn:known');
  const known = [
    {
      name: 'types/known.xsd',
      bytes: Buffer.from(other('<xs:include schemaLocation="base.xsd"/>')),
    },
    {
      name: 'types/base.xsd',
      bytes: Buffer.from(
        other('<xs:simpleType name="K"><xs:restriction base="xs:int"/></xs:simpleType>'),
      ),
    },
    {
      name: 'needless.xsd',
      bytes: Buffer.from(schemaText('').replaceAll('urn:t', 'urn:needless')),
    },
  ];
  const imports: Readonly<Record<string, string>> = {
    'an import without a place': '<xs:import namespace="urn:known"/>',
    'an import from the network':
      '<!-- <xs:import/> --><xs:import\n  schemaLocation="http://127.0.0.1:1/k.xsd"\n  namespace="urn:known">\n</xs:import>',
    'an import of a file that is not there':
      "<xs:import namespace='urn:known' schemaLocation='../lost.xsd' />",
  };
  for (const [what, link] of Object.entries(imports)) {
    it(`finds in the registry by its namespace: ${what}`, async () => {
      const text = schemaText(`${link}${declared.replace('xs:string', 'k:K')}`);
      const bytes = Buffer.from(text.replace('xmlns:t=', 'xmlns:k="urn:known" xmlns:t='));
      const files = [{ name: 'd/a.xsd', bytes }, schema('b.xsd', '')];
      const without = await admitFiles(files);
      expect(without.errors[0]?.rule).to.be.oneOf([
        'import-unresolved',
        'location-network',
        'src-import',
      ]);
      const admission = await admitPackage({ package: { files }, roots, known });
      expect(admission.errors).deep.equal([]);
      expect(admission.schemas.map(({ name }) => name)).deep.equal([
        'd/a.xsd',
        'registry/types/known.xsd',
        'registry/types/base.xsd',
      ]);
      const [main] = admission.schemas;
      const lines = (from: Uint8Array | undefined) =>
        Buffer.from(from ?? [])
          .toString()
          .split('\n');
      expect(lines(main?.bytes).length).equal(lines(bytes).length);
      expect(judge(admission, '<R xmlns="urn:t"><x>one</x></R>')).include(
        'cvc-datatype-valid.1.2.1',
      );
    });
  }

  it('finds in the package before the registry, and takes a file without a namespace in', async () => {
    const own = schemaText(
      '<xs:simpleType name="K"><xs:restriction base="xs:boolean"/></xs:simpleType>',
    );
    const chameleon = own.replace('targetNamespace="urn:t"', '').replaceAll('"K"', '"C"');
    const text = schemaText(
      `<xs:import namespace="urn:known"/><xs:include schemaLocation="c.xsd"/>${declared.replace('xs:string', 'k:K')}<xs:element name="C" type="t:C"/>`,
    );
    const files = [
      {
        name: 'a.xsd',
        bytes: Buffer.from(text.replace('xmlns:t=', 'xmlns:k="urn:known" xmlns:t=')),
      },
      { name: 'b.xsd', bytes: Buffer.from(own.replaceAll('urn:t', 'urn:known')) },
      { name: 'c.xsd', bytes: Buffer.from(chameleon) },
    ];
    const admission = await admitFiles(files, { known });
    expect(admission.errors).deep.equal([]);
    expect(admission.schemas.map(({ name }) => name)).deep.equal(['a.xsd', 'b.xsd', 'c.xsd']);
    expect(judge(admission, '<R xmlns="urn:t"><x>true</x></R>')).deep.equal([]);
  });

  it('takes for the main file one that includes both roots, with a namespace or without', async () => {
    const one = (name: string, root: string) =>
      schema(`${name}.xsd`, `<xs:element name="${root}"><xs:complexType/></xs:element>`);
    const main = schema(
      'z.xsd',
      '<xs:include schemaLocation="a.xsd"/><xs:include schemaLocation="b.xsd"/>',
    );
    const own = [one('a', 'R'), one('b', 'A')];
    const without = own.map(({ name, bytes }) => ({
      name,
      bytes: Buffer.from(Buffer.from(bytes).toString().replace('targetNamespace="urn:t"', '')),
    }));
    for (const files of [own, without]) {
      const admission = await admitFiles([...files, main]);
      expect(admission.errors).deep.equal([]);
      expect(admission.schemas[0]?.name).equal('z.xsd');
      expect(judge(admission, '<A xmlns="urn:t"/>')).deep.equal([]);
    }
  });

  it('holds up nothing else, whatever the package', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 5);
    const files = [
      { name: 'a.xsd', bytes: Buffer.from(schemaText('<a b="" c=""/>'.repeat(60_000))) },
    ];
    const { errors } = await admitPackage({ package: { files }, roots });
    clearInterval(timer);
    expect(rules(errors)).deep.equal(['root-absent', 'root-absent']);
    expect(turns).greaterThan(10);
  });

  it('warns of what nothing needs and of roots that cannot be signed; that is an error for ЭП-СП', async () => {
    const files = [
      schema('a.xsd', declared.replace('name="Id"', 'name="id"')),
      schema('b.xsd', ''),
    ];
    const warned = await admitFiles(files);
    expect(rules(warned.errors)).deep.equal([]);
    expect(rules(warned.warnings)).deep.equal(['file-unused', 'root-id', 'root-id']);
    expect(warned.warnings[1]).include({ path: 'a.xsd', line: 1 });
    const refused = await admitFiles(files, { personalSignature: true });
    expect(rules(refused.errors)).deep.equal(['root-id', 'root-id']);
    const string = [schema('a.xsd', declared.replace('xs:ID', 'xs:string'))];
    expect(rules((await admitFiles(string)).warnings)).deep.equal(['root-id', 'root-id']);
  });

  it('sees an Id in a base type, a group of attributes, and a type derived from xs:ID', async () => {
    const id = '<xs:attribute name="Id" type="t:Own"/>';
    const inner = `<xs:simpleType name="Own"><xs:restriction base="xs:ID"/></xs:simpleType>
      <xs:attributeGroup name="g">${id}</xs:attributeGroup>
      <xs:complexType name="B"><xs:attributeGroup ref="t:g"/></xs:complexType>
      <xs:complexType name="D"><xs:complexContent><xs:extension base="t:B"/></xs:complexContent></xs:complexType>
      <xs:element name="R" type="t:D"/><xs:element name="A"><xs:complexType>${id}</xs:complexType></xs:element>`;
    const { errors, warnings } = await admitFiles([schema('a.xsd', inner)], {
      personalSignature: true,
    });
    expect([errors, warnings]).deep.equal([[], []]);
  });

  it('only warns of a bad pattern where values are short', async () => {
    const inner = `${declared}<xs:simpleType name="P"><xs:restriction base="xs:string">
      <xs:maxLength value="20"/><xs:pattern value="(a{1,9}b?)+"/></xs:restriction></xs:simpleType>`;
    const { errors, warnings } = await admitFiles([schema('a.xsd', inner)]);
    expect(errors).deep.equal([]);
    expect(rules(warnings)).deep.equal(['pattern-exponential']);
    expect(warnings[0]?.line).equal(2);
  });

  it('ends in time, and says so', async () => {
    const many = Array.from(
      { length: 15_000 },
      (_, i) => `<xs:element name="x${i}" type="xs:int"/>`,
    );
    const inner = `${declared}<xs:complexType name="T"><xs:choice>${many.join('')}</xs:choice></xs:complexType>`;
    const began = performance.now();
    const order = { package: { files: [schema('a.xsd', inner)] }, roots };
    const { errors } = await admitPackage(order, { ...admissionLimits, timeMs: 700 });
    expect(rules(errors)).deep.equal(['set-limits']);
    expect(performance.now() - began).lessThan(5000);
  });

  it('carries nothing over that is too large', async () => {
    const zip = Buffer.alloc(33 * 1024 * 1024);
    const { errors } = await admitPackage({ package: { zip }, roots });
    expect(rules(errors)).deep.equal(['package-size']);
  });

  it('says each thing in two languages', () => {
    for (const { ru, en } of Object.values(admissionRules)) {
      for (const said of ru)
        expect(said)
          .match(/[а-яё]/)
          .and.not.match(/\.$/);
      for (const said of en)
        expect(said)
          .match(/^[^а-яё]+$/i)
          .and.not.match(/\.$/);
    }
  });

  const fine = [
    '[0-9]{20}',
    '[а-яА-ЯёЁ\\-\\s,.]{1,500}',
    '\\d{3}[-]\\d{3}[-]\\d{3}\\s{1,2}\\d{2}',
    '[0-9a-zA-Z_.\\-]{2,50}[@]{1}[0-9a-zA-Z_./-]{2,50}[.]{1}[a-zA-Z]{2,5}',
    '([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}',
    '(text|image|audio|video|application)/[a-zA-Z0-9\\-+.]*',
    '(\\d{10};)*\\d{10}',
    '(\\d{10};?)*',
    '(\\d{1,3},)*\\d{1,3}',
    '\\s*\\w+(\\s+\\w+)*\\s*',
    '(\\p{L}+-)*\\p{L}+',
    '[\\i-[:]][\\c-[:]]*',
    '([a-z-[aeiou]]+[aeiou])*',
    '(a|b)*',
    '(\\d{2}|\\d{4}){1,2}',
    '(x{0,3},)*',
    '(0[1-9]|[12]\\d|3[01])\\.(0[1-9]|1[0-2])\\.(19|20)\\d{2}',
    '',
  ];
  it('takes patterns that match a value in one way or in few', () => {
    for (const pattern of fine) expect(patternProblem(pattern), pattern).equal(undefined);
  });
});
