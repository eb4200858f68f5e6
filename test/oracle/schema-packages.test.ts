import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readSchemaFolder } from '../../src/cli/schema-folder.ts';
import { admitPackage } from '../../src/schema/admission/admission.ts';
import { type Admission, judgePackage } from '../../src/schema/admission/judge.ts';
import { compileSchemas, SchemaRefused } from '../../src/schema/compile.ts';
import { toUtf8 } from '../../src/schema/encoding.ts';
import { reachable, type SchemaFile, xsdNamespace } from '../../src/schema/set.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements, isNamed } from '../../src/xml/navigate.ts';
import { seeded } from '../xml/random.ts';
import { needReference } from './schema-reference.ts';

interface Published {
  readonly main: string;
  readonly files: readonly SchemaFile[];
  readonly namespace: string | undefined;
  readonly roots: readonly string[];
}

/** The sets of the reference that compile and declare elements: a main file and what it reaches. */
function published(files: readonly SchemaFile[]): Published[] {
  return files
    .filter(({ name }) => compiles(files, name))
    .flatMap(({ name, bytes }) => {
      const { set } = reachable(files, name);
      const own = files.filter((file) => set.has(file.name));
      return withXml(
        toUtf8(bytes),
        ({ root }) => {
          const roots = childElements(root)
            .filter((child) => isNamed(child, xsdNamespace, 'element'))
            .map((child) => child.attr('name')?.value ?? '');
          const namespace = root.attr('targetNamespace')?.value;
          return roots.length === 0 ? [] : [{ main: name, files: own, namespace, roots }];
        },
        { processingInstructions: 'allow' },
      );
    });
}

function compiles(files: readonly SchemaFile[], main: string): boolean {
  try {
    compileSchemas(files, main).dispose();
    return true;
  } catch (error) {
    if (error instanceof SchemaRefused) return false;
    throw error;
  }
}

describe('packages of real message types', function () {
  this.timeout(120_000);
  let sets: Published[];

  before(function () {
    sets = published(readSchemaFolder(join(needReference(this), 'xsd/vs')));
  });

  const order = ({ files, roots }: Published) => ({
    package: { files },
    roots: { requestRoot: roots[0] ?? '', responseRoot: roots.at(-1) ?? '' },
  });
  const rules = (findings: Admission['errors']) => findings.map(({ rule }) => rule);

  it('are admitted where they compile; those without a namespace with a warning', async () => {
    expect(sets.length).greaterThan(40);
    for (const set of sets) {
      const judged = await judgePackage(order(set));
      expect(rules(judged.errors), set.main).deep.equal([]);
      expect(rules(judged.warnings).includes('namespace-absent'), set.main).equal(
        set.namespace === undefined,
      );
      compileSchemas(judged.schemas, judged.schemas[0]?.name ?? '').dispose();
    }
  });

  it('are admitted by the thread within its bounds: the largest ones', async () => {
    const size = ({ files }: Published) => files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const largest = sets
      .sort((a, b) => size(b) - size(a))
      .slice(0, process.env['MEZHVED_FULL'] === '1' ? sets.length : 3);
    for (const set of largest) {
      const { errors, namespace } = await admitPackage(order(set));
      expect(rules(errors), set.main).deep.equal([]);
      expect(namespace).equal(set.namespace ?? '');
    }
  });

  const changes: Readonly<
    Record<string, readonly [change: (text: string) => string, rule: string]>
  > = {
    'a DTD is put in': [
      (text) => text.replace(/<(?=(?:\w+:)?schema\b)/, '<!DOCTYPE schema []><'),
      'xml-doctype',
    ],
    'the last tag is cut off': [(text) => text.slice(0, text.lastIndexOf('</')), 'xml-malformed'],
    'the namespace is made that of SOAP': [
      (text) =>
        text.replace(
          /\stargetNamespace="[^"]*"/,
          ' targetNamespace="http://schemas.xmlsoap.org/soap/envelope/"',
        ),
      'namespace-reserved',
    ],
    'a group that is in itself is put in': [
      (text) =>
        atEnd(
          text,
          (p) =>
            `<${p}group name="gg"><${p}sequence><${p}group ref="PREFIXgg"/></${p}sequence></${p}group>`,
        ),
      'group-circular',
    ],
    'a pattern that repeats a repeat is put in': [
      (text) =>
        atEnd(
          text,
          (p) =>
            `<${p}simpleType name="gg"><${p}restriction base="${p}string"><${p}pattern value="(a+)+"/></${p}restriction></${p}simpleType>`,
        ),
      'pattern-exponential',
    ],
    'an element that occurs a million times is put in': [
      (text) =>
        atEnd(
          text,
          (p) =>
            `<${p}complexType name="gg"><${p}sequence><${p}element name="x" maxOccurs="1000000"/></${p}sequence></${p}complexType>`,
        ),
      'occurs-large',
    ],
    'an import from the network is put in': [
      (text) =>
        text.replace(
          /(<(\w+:)?schema\b[^>]*>)/,
          (_, tag: string, p = '') =>
            `${tag}<${p}import namespace="urn:far" schemaLocation="http://example.ru/far.xsd"/>`,
        ),
      'location-network',
    ],
  };

  it('are refused for the true reason after one change of one file', async () => {
    const named = sets.filter(({ namespace }) => namespace !== undefined);
    const pick = fc.tuple(fc.constantFrom(...named), fc.constantFrom(...Object.keys(changes)));
    await fc.assert(
      fc.asyncProperty(pick, async ([set, what]) => {
        const [change, rule] = changes[what] ?? expect.fail();
        const files = set.files.map((file) =>
          file.name === set.main ? { name: file.name, bytes: changed(file.bytes, change) } : file,
        );
        const { errors } = await judgePackage(order({ ...set, files }));
        expect(rules(errors), `${set.main}: ${what}`).deep.equal([rule]);
      }),
      seeded(process.env['MEZHVED_FULL'] === '1' ? 1000 : 60),
    );
  });

  it('are refused for the true reason when a file of them is missing', async () => {
    const many = sets.filter(({ files, namespace }) => files.length > 1 && namespace !== undefined);
    expect(many.length).greaterThan(10);
    for (const set of many) {
      const files = set.files.filter(({ name }) => name === set.main);
      const { errors } = await judgePackage(order({ ...set, files }));
      expect(new Set(rules(errors)), set.main).deep.equal(new Set(['src-import']));
    }
  });
});

function changed(bytes: Uint8Array, change: (text: string) => string): Uint8Array {
  const text = Buffer.from(toUtf8(bytes)).toString('utf8');
  const after = change(text);
  expect(after).not.equal(text);
  return Buffer.from(after);
}

/** Puts a declaration before the end of the schema, with the prefix of XML Schema and that of its own. */
function atEnd(text: string, declare: (prefix: string) => string): string {
  const at = text.lastIndexOf('</');
  const prefix = /^<\/(\w+:)?/.exec(text.slice(at))?.[1] ?? '';
  const own = /\stargetNamespace="([^"]*)"/.exec(text)?.[1] ?? '';
  const declaration = declare(prefix)
    .replace('PREFIX', 'own:')
    .replace(/^<[^\s>]+/, (start) => `${start} xmlns:own="${own}"`);
  return text.slice(0, at) + declaration + text.slice(at);
}
