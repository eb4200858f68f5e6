import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { unzipSync } from 'fflate';
import { flatSchemas } from '../../../src/schema/bundle/flat.ts';
import { zipOf } from '../../../src/schema/bundle/zip.ts';
import { compileSchemas, SchemaRefused } from '../../../src/schema/compile.ts';
import { exampleOf } from '../../../src/schema/example/example.ts';
import type { SchemaFile } from '../../../src/schema/set.ts';
import { validateElement } from '../../../src/schema/validate.ts';
import { withXml } from '../../../src/xml/document.ts';
import { temporaryFolder } from '../../harness/node.ts';
import { hasXmllint, needReference } from '../../oracle/schema-reference.ts';
import { differentSchemas } from '../published.ts';
import { schema } from '../schemas.ts';

/** Two files with one name, one of them without a namespace of its own, and one that nothing reaches. */
const nested: readonly SchemaFile[] = [
  schema(
    'main/a.xsd',
    `<xs:import namespace='urn:o' schemaLocation = '../other/types.xsd'/>
     <xs:include schemaLocation="commons/types.xsd"/>
     <xs:element name="R"><xs:complexType><xs:sequence>
       <xs:element name="A" type="t:Short"/><xs:element xmlns:o="urn:o" ref="o:G"/>
     </xs:sequence></xs:complexType></xs:element>`,
  ),
  {
    name: 'main/commons/types.xsd',
    bytes: Buffer.from(
      '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:simpleType name="Short"><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType></xs:schema>',
    ),
  },
  {
    name: 'other/types.xsd',
    bytes: Buffer.from(
      '<?xml version="1.0" encoding="windows-1251"?><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o"><xs:element name="G" type="xs:int"/></xs:schema>',
    ),
  },
  schema('unused.xsd', ''),
];

function verdicts(files: readonly SchemaFile[], documents: readonly string[]) {
  const compiled = compileSchemas(files, files[0]?.name ?? '');
  const found = documents.map((text) =>
    withXml(Buffer.from(text), ({ root }) =>
      validateElement(compiled, root).map(({ rule }) => rule),
    ),
  );
  compiled.dispose();
  return found;
}

/** A valid document, and others that are not. */
function documents(files: readonly SchemaFile[], namespace: string, local: string): string[] {
  const xml = exampleOf(files, { namespace, local })?.xml ?? '';
  return [
    xml,
    xml.replace(/>([^<\s]+)</, '>\u2014 $1<'),
    xml.replaceAll(`tns:${local}`, 'tns:Odd'),
  ];
}

describe('a flat folder of schemas', () => {
  it('has names without paths, numbers those that meet, and leaves out what is not reached', () => {
    expect(flatSchemas(nested).map(({ name }) => name)).to.deep.equal([
      'a.xsd',
      'types.xsd',
      'types-2.xsd',
    ]);
  });

  it('judges as the set did', () => {
    const flat = flatSchemas(nested);
    const texts = [
      '<R xmlns="urn:t"><A>abc</A><G xmlns="urn:o">1</G></R>',
      '<R xmlns="urn:t"><A>abcd</A><G xmlns="urn:o">1</G></R>',
      '<R xmlns="urn:t"><A>abc</A><G xmlns="urn:o">x</G></R>',
    ];
    const found = verdicts(flat, texts);
    expect(found).to.deep.equal(verdicts(nested, texts));
    expect(found.map((rules) => rules.length > 0)).to.deep.equal([false, true, true]);
  });

  it('judges as the published sets did', function () {
    this.timeout(60_000);
    const reference = needReference(this);
    let sets = 0;
    for (const { path, files, namespace, roots } of differentSchemas(reference, 'xsd/vs')) {
      if (path.includes(' ')) continue;
      const flat = flatSchemas(files);
      expect(flat.every(({ name }) => !name.includes('/'))).to.equal(true);
      const texts = documents(files, namespace, roots[0] ?? '');
      const found = verdicts(flat, texts);
      expect(found).to.deep.equal(verdicts(files, texts));
      expect(found[0]).to.deep.equal([]);
      sets += 1;
    }
    expect(sets).to.be.at.least(20);
  });

  it('refuses a set that leads outside', () => {
    const files = [schema('a.xsd', '<xs:include schemaLocation="http://127.0.0.1/b.xsd"/>')];
    expect(() => flatSchemas(files)).to.throw(SchemaRefused);
  });
});

describe('a ZIP archive of schemas', () => {
  it('is the same bytes for the same files, and holds them', () => {
    const flat = flatSchemas(nested);
    const zip = zipOf(flat);
    expect(Buffer.from(zipOf(flat.toReversed()))).to.deep.equal(Buffer.from(zip));
    const back = unzipSync(zip);
    expect(Object.keys(back)).to.deep.equal(['a.xsd', 'types-2.xsd', 'types.xsd']);
    for (const { name, bytes } of flat) {
      expect(Buffer.from(back[name] ?? [])).to.deep.equal(Buffer.from(bytes));
    }
  });

  it('is read by others, and compiled from one folder by xmllint', async function () {
    if (!hasXmllint() || spawnSync('python3', ['--version']).status !== 0) {
      console.log('SKIPPED: reading the archive by others: no xmllint or python3 here');
      this.skip();
    }
    const folder = await temporaryFolder();
    const out = join(folder.path, 'out');
    mkdirSync(out);
    writeFileSync(join(folder.path, 'a.zip'), zipOf(flatSchemas(nested)));
    const unzipped = spawnSync('python3', ['-m', 'zipfile', '-e', join(folder.path, 'a.zip'), out]);
    expect(unzipped.status).to.equal(0);
    writeFileSync(join(out, 'd.xml'), '<R xmlns="urn:t"><A>abc</A><G xmlns="urn:o">1</G></R>');
    const judged = spawnSync('xmllint', ['--nonet', '--noout', '--schema', 'a.xsd', 'd.xml'], {
      cwd: out,
      encoding: 'utf8',
    });
    expect(judged.stderr).to.contain('d.xml validates');
    await folder.remove();
  });
});
