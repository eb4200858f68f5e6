import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { admissionRules } from '../../src/schema/admission/table.ts';
import { packageLimits, readPackage } from '../../src/schema/package.ts';
import { mutated, mutation } from '../pki/mutations.ts';
import { seeded } from '../xml/random.ts';
import { archive } from './archives.ts';
import { brokenArchives } from './broken-archives.ts';
import { schemaText } from './schemas.ts';

const text = schemaText('<xs:element name="R" type="xs:string"/>');

describe('reading a package', function () {
  this.timeout(20_000);

  for (const [what, { zip, rule }] of Object.entries(brokenArchives)) {
    it(`refuses: ${what}`, async () => {
      const began = performance.now();
      const { files, findings } = await readPackage({ zip });
      expect(findings.map((finding) => finding.rule)).deep.equal([rule]);
      expect(files).deep.equal([]);
      const { ru, en } = admissionRules[rule];
      expect(findings[0]?.mend).equal(`${ru[1]}. / ${en[1]}.`);
      expect(performance.now() - began).lessThan(5000);
    });
  }

  it('takes an archive, leaves aside what is no schema, and a folder around all', async () => {
    const zip = archive([
      { name: 'service/', content: '', method: 0, mode: 0o040755 },
      { name: 'service/commons/b.xsd', content: text, method: 0 },
      { name: 'service/a.XSD', content: text },
      { name: 'service/Описание.pdf', content: '%PDF' },
      { name: Buffer.from([0x8e, 0xaf, 0x2e, 0x74, 0x78, 0x74]), content: '' },
      { name: '__MACOSX/service/._a.XSD', content: '\0\x05\x16\x07' },
      { name: '.DS_Store', content: '' },
    ]);
    const { files, ignored, findings } = await readPackage({ zip });
    expect(findings).deep.equal([]);
    expect(files.map(({ name }) => name)).deep.equal(['a.XSD', 'commons/b.xsd']);
    for (const { bytes } of files) expect(Buffer.from(bytes).toString()).equal(text);
    expect(ignored).to.have.lengthOf(4).and.to.include.members(['service/Описание.pdf', 'Оп.txt']);
  });

  it('takes the files of a folder, by the same rules', async () => {
    const file = (name: string) => ({ name, bytes: Buffer.from(text) });
    const taken = await readPackage({ files: [file('d/b.xsd'), file('d/a.xsd'), file('d/x.md')] });
    expect(taken.files.map(({ name }) => name)).deep.equal(['a.xsd', 'b.xsd']);
    expect(taken.ignored).deep.equal(['d/x.md']);
    for (const [names, rule] of [
      [['a.xsd', '../b.xsd'], 'package-escape'],
      [['a.xsd', 'A.xsd'], 'package-duplicate'],
      [['схема.xsd'], 'package-name'],
      [['a.txt'], 'package-empty'],
      [['a.xsd', 'b.7z'], 'zip-nested'],
    ] as const) {
      const { findings } = await readPackage({ files: names.map(file) });
      expect(findings[0]?.rule).equal(rule);
    }
    const tight = { ...packageLimits, bytes: 100 };
    const { findings } = await readPackage({ files: [file('a.xsd')] }, tight);
    expect(findings[0]?.rule).equal('package-unpacked');
  });

  const archivers: Readonly<Record<string, readonly string[]>> = {
    zip: ['zip', '-q', '-r', 'p.zip', 'd'],
    'zip without compression': ['zip', '-q', '-0', '-r', 'p.zip', 'd'],
    'zip to a pipe': ['sh', '-c', 'zip -q -fz- -r - d | cat > p.zip'],
    python: ['python3', '-c', 'import shutil; shutil.make_archive("p", "zip", ".", "d")'],
  };
  for (const [archiver, [command = '', ...words]] of Object.entries(archivers)) {
    it(`reads what real archivers write: ${archiver}`, async function () {
      const folder = mkdtempSync(join(tmpdir(), 'mezhved-package-'));
      try {
        for (const name of ['d/a.xsd', 'd/commons/b.xsd', 'd/readme.md']) {
          mkdirSync(dirname(join(folder, name)), { recursive: true });
          writeFileSync(join(folder, name), text);
        }
        if (!runs(command, words, folder)) {
          process.stdout.write(`SKIPPED: ${archiver}: there is no such archiver here\n`);
          return this.skip();
        }
        const { files, ignored, findings } = await readPackage({
          zip: readFileSync(join(folder, 'p.zip')),
        });
        expect(findings).deep.equal([]);
        expect(files.map(({ name }) => name)).deep.equal(['a.xsd', 'commons/b.xsd']);
        expect(ignored).deep.equal(['d/readme.md']);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('whatever its octets, is read as it was or refused', async () => {
    const zip = archive([
      { name: 'a.xsd', content: text },
      { name: 'b.xsd', content: text, method: 0 },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (changes) => {
        const { files, findings } = await readPackage({ zip: mutated(zip, changes) });
        expect(files.length === 0).equal(findings.length > 0);
        for (const { bytes } of files) expect(Buffer.from(bytes).toString()).equal(text);
      }),
      seeded(process.env['MEZHVED_FULL'] === '1' ? 20_000 : 500),
    );
  });
});

function runs(command: string, words: readonly string[], folder: string): boolean {
  try {
    execFileSync(command, words, { cwd: folder, stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
