import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkout } from '../harness/node.ts';
import {
  banProblems,
  doorProblems,
  doors,
  floorProblems,
  leftoverProblems,
  lengthProblems,
  purityProblems,
  silentSkips,
  touchesWorld,
} from './rules.ts';
import { importsOf, readSource, readTree, type SourceFile } from './tree.ts';

/** Files and folders that touch the world; every other file turns values into values. */
const worldly: readonly string[] = [
  'src/admin/',
  'src/attachments/check.ts',
  'src/attachments/digest-worker.ts',
  'src/attachments/digester.ts',
  'src/attachments/local-files.ts',
  'src/attachments/s3-bucket.ts',
  'src/attachments/s3-files.ts',
  'src/attachments/s3-octets.ts',
  'src/attachments/spool.ts',
  'src/attachments/uploads.ts',
  'src/cli/',
  'src/clock.ts',
  'src/compute/opinion-pool.ts',
  'src/compute/pool.ts',
  'src/compute/worker.ts',
  'src/config/load.ts',
  'src/connectors/agency-headers.ts',
  'src/connectors/directory-answer-files.ts',
  'src/connectors/directory-answers.ts',
  'src/connectors/directory-request-files.ts',
  'src/connectors/directory-sweep.ts',
  'src/connectors/directory.ts',
  'src/connectors/exchange-folder.ts',
  'src/connectors/ftp-transfer.ts',
  'src/connectors/http-call.ts',
  'src/connectors/multipart-request.ts',
  'src/connectors/simulator.ts',
  'src/connectors/smev-identity.ts',
  'src/connectors/soap-client.ts',
  'src/connectors/uplink.ts',
  'src/connectors/upstream-store.ts',
  'src/connectors/wsdl-files.ts',
  'src/exchange/collect.ts',
  'src/exchange/dead.ts',
  'src/exchange/deliver-files.ts',
  'src/exchange/exchanges.ts',
  'src/exchange/files.ts',
  'src/exchange/recorded.ts',
  'src/exchange/sweep-files.ts',
  'src/exchange/uplink-replies.ts',
  'src/exchange/waiting.ts',
  'src/exchange/with-files.ts',
  'src/ftp/commands/access.ts',
  'src/ftp/control-connection.ts',
  'src/ftp/data-connection.ts',
  'src/ftp/passive-channel.ts',
  'src/ftp/server.ts',
  'src/ftp/session.ts',
  'src/ftp/tls.ts',
  'src/gost/wasm.ts',
  'src/http/',
  'src/journal/checkpoints.ts',
  'src/journal/reader.ts',
  'src/journal/refused.ts',
  'src/journal/timeline.ts',
  'src/journal/writer.ts',
  'src/log.ts',
  'src/main.ts',
  'src/metrics.ts',
  'src/participants/apply.ts',
  'src/participants/certificates.ts',
  'src/participants/consistency.ts',
  'src/participants/documents.ts',
  'src/participants/node-keys.ts',
  'src/participants/ocsp-answers.ts',
  'src/participants/plan.ts',
  'src/participants/registry.ts',
  'src/participants/revocation-lists.ts',
  'src/participants/revocation-questions.ts',
  'src/participants/schema-admitting.ts',
  'src/participants/schema-pins.ts',
  'src/participants/schema-turns.ts',
  'src/participants/schema-versions.ts',
  'src/participants/seed.ts',
  'src/pki/anchors.ts',
  'src/pki/examples.ts',
  'src/pki/issue.ts',
  'src/pki/issuing-key.ts',
  'src/pki/keystore.ts',
  'src/pki/pkcs12.ts',
  'src/pki/sealed-key.ts',
  'src/queue/bullmq.ts',
  'src/queue/claim.ts',
  'src/queue/delivery.ts',
  'src/queue/duty.ts',
  'src/queue/end-within.ts',
  'src/queue/in-process.ts',
  'src/queue/lanes.ts',
  'src/queue/redis.ts',
  'src/queue/sweep.ts',
  'src/schema/admission/admission.ts',
  'src/schema/admission/compile.ts',
  'src/schema/admission/thread.ts',
  'src/schema/files.ts',
  'src/schema/package-signature.ts',
  'src/schema/zip.ts',
  'src/server/',
  'src/signature/signer.ts',
  'src/signature/smev-transform.ts',
  'src/smev/incoming-queue.ts',
  'src/smev/queue-item.ts',
  'src/store/',
  'src/token/child.ts',
  'src/token/cryptoki.ts',
  'src/token/keeper.ts',
  'src/token/line.ts',
  'src/token/pin.ts',
  'src/token/process.ts',
  'src/token/thread.ts',
  'src/warnings/email.ts',
  'src/warnings/secret.ts',
  'src/warnings/told.ts',
  'src/warnings/ways.ts',
];

const linesMax = 300;
/** One table, as long as it is. */
const tables = [
  'src/fault/codes.ts',
  'src/schema/admission/table.ts',
  'src/signature/explain/causes.ts',
];

function file(path: string, text: string): SourceFile {
  return { path, text };
}

describe('tidy', () => {
  const all = readTree(['src'], '.ts');
  // AssemblyScript is a language of its own: it is held to the length of files alone.
  const assembly = all.filter(({ path }) => path.includes('/assembly/'));
  const sources = all.filter((source) => !assembly.includes(source));
  const tests = readTree(['test', 'bench'], '.ts');
  const scripts = readTree(['scripts'], '.mjs', '.cjs', '.ts');
  const everything = [
    ...sources,
    ...tests,
    ...scripts,
    ...readTree(
      ['config', 'docs', 'schemas', 'wsdl', 'examples'],
      '.yaml',
      '.md',
      '.xsd',
      '.wsdl',
      '.xml',
    ),
    ...['README.md', 'README.ru.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'].map(
      readSource,
    ),
    ...['CHANGELOG.md', '.ci/run', 'package.json', 'biome.json'].map(readSource),
  ];

  it('sees the tree', () => {
    expect(sources.length).to.be.greaterThan(100);
    expect(tests.length).to.be.greaterThan(40);
    expect(sources.flatMap(importsOf).length).to.be.greaterThan(400);
    expect(sources.map(({ path }) => path)).to.include('src/xml/document.ts');
  });

  it('keeps the floors: imports go down, and no two rooms import each other', () => {
    expect(floorProblems(sources)).to.deep.equal([]);
    const seeded = [
      file('src/store/a.ts', "import { b } from '../exchange/b.ts';"),
      file('src/attic/a.ts', ''),
      file('src/smev/a.ts', "import {\n  b,\n} from '../participants/b.ts';"),
      file('src/participants/a.ts', "export * from '../smev/a.ts';"),
      file('src/xml/a.ts', "import { c } from '../smev/namespaces.ts';"),
      file('src/xml/b.ts', "const c = await import('../../scripts/c.ts');"),
    ];
    expect(floorProblems(seeded)).to.have.lengthOf(4);
  });

  it('lets each package in by its door alone', () => {
    expect(doorProblems(sources)).to.deep.equal([]);
    const used = new Set(sources.flatMap(importsOf).map(({ target }) => target));
    expect(Object.keys(doors).filter((name) => !used.has(name))).to.deep.equal([]);
    const seeded = [
      file('src/exchange/a.ts', "import Sqlite from 'better-sqlite3';"),
      file('src/xml/a.ts', "import { x } from 'left-pad';"),
      file('src/xml/b.ts', "import { y } from 'libxml2-wasm/lib/libxml2.mjs';"),
    ];
    expect(doorProblems(seeded)).to.have.lengthOf(2);
  });

  it('keeps files pure but for those listed', () => {
    expect(purityProblems(sources, worldly)).to.deep.equal([]);
    const impure = file('src/smev/a.ts', 'export const at = () => Date.now();');
    expect(purityProblems([impure], [])).to.have.lengthOf(1);
    expect(purityProblems([], ['src/gone.ts'])).to.have.lengthOf(1);
    expect(touchesWorld(file('src/a.ts', "import type { Server } from 'node:http';"))).to.equal(
      false,
    );
    expect(touchesWorld(file('src/a.ts', "import { readFileSync } from 'node:fs';"))).to.equal(
      true,
    );
    expect(touchesWorld(file('src/a.ts', '// no Date.now() here'))).to.equal(false);
  });

  it('keeps files short; biome keeps functions short', () => {
    expect(lengthProblems([...sources, ...assembly, ...scripts], linesMax, tables)).to.deep.equal(
      [],
    );
    expect(lengthProblems([file('src/a.ts', 'a\n'.repeat(301))], linesMax, [])).to.have.lengthOf(1);
    const { linter } = JSON.parse(readSource('biome.json').text);
    const rule = linter.rules.complexity.noExcessiveLinesPerFunction;
    expect(rule).to.deep.include({ level: 'error' });
    expect(rule.options.maxLines).to.be.at.most(70);
  });

  it('makes no banned call', () => {
    expect(banProblems(sources)).to.deep.equal([]);
    const seeded = [
      file('src/smev/a.ts', 'const at = Date.now();'),
      file('src/smev/b.ts', "throw new Error('x');"),
      file('src/http/a.ts', "console.log('x');"),
      file('src/store/a.ts', 'process.env["A"];'),
      file('src/cli/a.ts', 'process.env["A"]; // console.log()'),
      file('src/clock.ts', 'Date.now();'),
      file('src/smev/c.ts', 'export default 1;'),
      file('src/smev/d.ts', '// @ts-ignore'),
    ];
    const found = banProblems(seeded);
    expect(found).to.have.lengthOf(6);
    expect(found[0]).to.equal('src/smev/a.ts:1: const at = Date.now();; instead: a Clock');
  });

  it('leaves nothing for later, no path of one machine, no test that stops others', () => {
    expect(leftoverProblems(everything)).to.deep.equal([]);
    const seeded = [
      file('a.ts', `// ${'TO'}${'DO'}: later`),
      file('b.md', `see ${['', 'work', 'main'].join('/')}`),
      file('c.test.ts', `it${'.only'}('x')`),
      file('d.md', 'the network at work/home'),
    ];
    expect(leftoverProblems(seeded)).to.have.lengthOf(3);
  });

  it('skips no test without a printed reason', () => {
    expect(silentSkips(tests)).to.deep.equal([]);
    expect(silentSkips([file('a.test.ts', `${'this'}.skip();`)])).to.have.lengthOf(1);
  });

  it('has the documents and the licence of a project', () => {
    for (const name of ['CHANGELOG.md', 'LICENSE', 'SECURITY.md', 'CONTRIBUTING.md', 'README.md']) {
      expect(existsSync(join(checkout, name)), name).to.equal(true);
    }
    expect(readSource('CHANGELOG.md').text).to.match(/^# Changelog\n[\s\S]*\n## /);
  });

  it('pins every package to one version', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readSource('package.json').text,
    );
    for (const [name, version] of Object.entries({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
    })) {
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
    }
  });
});
