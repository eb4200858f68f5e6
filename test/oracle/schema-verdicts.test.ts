import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSchemaFolder } from '../../src/cli/schema-folder.ts';
import { flatSchemas } from '../../src/schema/bundle/flat.ts';
import { compileSchemas, SchemaRefused } from '../../src/schema/compile.ts';
import { toUtf8 } from '../../src/schema/encoding.ts';
import { exampleOf } from '../../src/schema/example/example.ts';
import { reachable, type SchemaFile, xsdNamespace } from '../../src/schema/set.ts';
import { validateElement } from '../../src/schema/validate.ts';
import { withXml, XmlRefused } from '../../src/xml/document.ts';
import { childElements, isNamed } from '../../src/xml/navigate.ts';
import { full } from '../fault/full.ts';
import { checkout } from '../harness/node.ts';
import { Dice } from './schema-mutations.ts';
import { hasXmllint, needReference } from './schema-reference.ts';

/** Schemas in one folder, the main file first, and documents that they speak of. */
interface Judged {
  readonly name: string;
  readonly schemas: readonly SchemaFile[];
  readonly documents: readonly string[];
}

const mutations = full ? 1000 : 100;

describe('verdicts of message types, and those of xmllint', function () {
  this.timeout(240_000);
  let work: string;
  before(function () {
    if (!hasXmllint()) {
      process.stdout.write('SKIPPED: xmllint: install the Debian package libxml2-utils\n');
      this.skip();
    }
    work = mkdtempSync(join(tmpdir(), 'mezhved-verdicts-'));
  });
  after(() => {
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  });

  it(`are the same on examples of the shipped types and ${mutations} mutations of them`, () => {
    const folders = ['config/sandbox/schemas', 'examples/routes/schemas', 'examples/versions'];
    const sets = folders.flatMap((folder) => setsOf(readSchemaFolder(join(checkout, folder))));
    expect(sets.length).to.be.at.least(4);
    compare(sets);
  });

  it(`are the same on examples of published types and ${mutations} mutations of them`, function () {
    const files = readSchemaFolder(join(needReference(this), 'xsd/vs'));
    compare(setsOf(files));
  });

  function compare(sets: readonly Judged[]): void {
    const seed = Number(process.env['MEZHVED_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    process.stdout.write(`      seed ${seed}: MEZHVED_SEED=${seed} repeats it\n`);
    const dice = new Dice(seed);
    const drawn = new Map(sets.map((set) => [set, [...set.documents]]));
    for (let n = 0; n < mutations; n += 1) {
      const set = dice.pick(sets);
      drawn.get(set)?.push(mutated(dice.pick(set.documents), dice));
    }
    let valid = 0;
    let all = 0;
    for (const [set, documents] of drawn) {
      const theirs = byXmllint(set.schemas, documents);
      const ours = byNode(set.schemas, documents);
      documents.forEach((document, n) => {
        expect(ours[n], `${set.name}, document ${n}, seed ${seed}`).to.equal(theirs[n]);
        expect(document).to.be.a('string');
      });
      valid += theirs.filter(Boolean).length;
      all += documents.length;
    }
    expect(valid / all, 'share of valid documents').within(0.05, 0.95);
  }

  let folders = 0;

  function byXmllint(schemas: readonly SchemaFile[], documents: readonly string[]): boolean[] {
    folders += 1;
    const folder = join(work, String(folders));
    mkdirSync(folder);
    for (const { name, bytes } of schemas) writeFileSync(join(folder, name), bytes);
    const names = documents.map((document, n) => {
      const name = join(folder, `document-${n}.xml`);
      writeFileSync(name, document);
      return name;
    });
    const main = join(folder, schemas[0]?.name ?? '');
    const words = ['--nonet', '--noout', '--schema', main, ...names];
    const { stderr } = spawnSync('xmllint', words, { encoding: 'utf8', maxBuffer: 1 << 28 });
    const lines = new Set(stderr.split('\n'));
    return names.map((name) => {
      if (lines.has(`${name} validates`)) return true;
      expect(lines.has(`${name} fails to validate`), linesOf(stderr, name)).to.equal(true);
      return false;
    });
  }
});

function linesOf(stderr: string, name: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith(name))
    .join('\n')
    .slice(0, 500);
}

function byNode(schemas: readonly SchemaFile[], documents: readonly string[]): boolean[] {
  const compiled = compileSchemas(schemas, schemas[0]?.name ?? '');
  try {
    return documents.map((document) =>
      withXml(Buffer.from(document), ({ root }) => validateElement(compiled, root, 1).length === 0),
    );
  } finally {
    compiled.dispose();
  }
}

/** Each file that compiles and of whose roots examples can be written. */
function setsOf(files: readonly SchemaFile[]): Judged[] {
  return files.flatMap(({ name, bytes }) => {
    const { set, findings } = reachable(files, name);
    const own = files.filter((file) => set.has(file.name));
    const ordered = [...own.filter((f) => f.name === name), ...own.filter((f) => f.name !== name)];
    if (findings.length > 0 || !compiles(ordered)) return [];
    const documents = rootsOf(bytes).flatMap((root) => exampleOf(ordered, root)?.xml ?? []);
    return documents.length === 0 ? [] : [{ name, schemas: flatSchemas(ordered), documents }];
  });
}

function compiles(files: readonly SchemaFile[]): boolean {
  try {
    compileSchemas(files, files[0]?.name ?? '').dispose();
    return true;
  } catch (error) {
    if (error instanceof SchemaRefused) return false;
    throw error;
  }
}

function rootsOf(bytes: Uint8Array): { namespace: string; local: string }[] {
  try {
    return withXml(
      toUtf8(bytes),
      ({ root }) => {
        const namespace = root.attr('targetNamespace')?.value ?? '';
        return childElements(root)
          .filter((child) => isNamed(child, xsdNamespace, 'element'))
          .map((child) => ({ namespace, local: child.attr('name')?.value ?? '' }));
      },
      { processingInstructions: 'allow' },
    );
  } catch (error) {
    if (error instanceof XmlRefused) return [];
    throw error;
  }
}

const leaf = /<([\w:.-]+)((?:\s[^<>]*)?)>([^<]*)<\/\1>/g;
const values = [
  ...['', ' ', '0', '-1', '3000000000', 'true', 'yes', 'x y', '2020-01-01', '2020-02-30'],
  ...['2020-01-01T00:00:00Z', '1234567890', '12345678901234567890', 'я', 'я'.repeat(300)],
];

/** A document with one or two changes of its leaves: gone, twice, another value, name or attribute. */
function mutated(document: string, dice: Dice): string {
  let text = document;
  for (let n = 0; n <= dice.below(2); n += 1) {
    // A root that is a leaf stays one document.
    const leaves = [...text.matchAll(leaf)].filter(
      ({ 0: whole, index }) => text.slice(index + whole.length).trim() !== '',
    );
    if (leaves.length === 0) return text;
    const { 0: whole, 1: name = '', 2: attributes = '', index } = dice.pick(leaves);
    const forms = [
      '',
      whole + whole,
      `<${name}${attributes}>${dice.pick(values)}</${name}>`,
      `<${name}${attributes}>${dice.pick(values)}</${name}>`,
      whole.replaceAll(name, `${name}X`),
      `<${name} Other${n}="1"${attributes}>${dice.pick(values)}</${name}>`,
    ];
    text = text.slice(0, index) + dice.pick(forms) + text.slice(index + whole.length);
  }
  return text;
}
