import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';

const example = (name: string) => join(checkout, 'certs.example', name);
const keyOfA = ['--key', example('agency-a.key.pem'), '--cert', example('agency-a.crt.pem')];

describe('the commands of an operator', function () {
  this.timeout(60_000);
  let folder: string;
  let remove: () => Promise<void>;
  let env: Record<string, string>;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    env = { MEZHVED_DATA: join(folder, 'data') };
  });
  afterEach(() => remove());

  describe('words', () => {
    it('--version and --help end with 0, words that mean nothing with 2 and no stack', async () => {
      const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
      const told = await mezhved(['--version']);
      expect(told).to.deep.include({ code: 0, stdout: `${version}\n` });
      expect(await mezhved(['--help'])).to.include({ code: 0 });
      for (const args of [['frob'], ['apply'], ['cert', 'import', 'x'], ['serve', '--frob'], []]) {
        const { code, stdout, stderr } = await mezhved(args);
        expect(code, args.join(' ')).to.equal(2);
        expect(stdout).to.equal('');
        expect(stderr).not.to.match(/^\s+at /m);
      }
    });
  });

  describe('check-config', () => {
    it('says that all is well, and shows no password', async () => {
      const { code, stdout } = await mezhved(['check-config', '--json'], {
        ...env,
        MEZHVED_DATABASE_URL: 'postgres://u:s%3Ac/ret@h/d?password=secret',
        MEZHVED_REDIS_URL: 'redis://:secret@h',
      });
      expect(code).to.equal(0);
      const checked = JSON.parse(stdout);
      expect(checked).to.include({ valid: true });
      expect(checked.problems).to.deep.equal([]);
      expect(checked.notes).to.deep.equal([]);
      expect(stdout).not.to.match(/secret|s%3Ac/);
    });

    it('notes what has no effect: Redis beside an embedded database, serve that must deliver', async () => {
      const notes = async (more: NodeJS.ProcessEnv) => {
        const { code, stdout } = await mezhved(['check-config', '--json'], { ...env, ...more });
        expect(code).to.equal(0);
        return JSON.parse(stdout).notes;
      };
      const [redis, ...others] = await notes({ MEZHVED_REDIS_URL: 'redis://h' });
      expect(redis).to.match(/^redisUrl: .* \/ .*embedded/);
      expect(others).to.deep.equal([]);
      const file = join(folder, 'workers.yaml');
      writeFileSync(file, 'delivery: {serve: false}\n');
      const [serve] = await notes({ MEZHVED_CONFIG: file });
      expect(serve).to.match(/^delivery\.serve: /);
    });

    it('refuses an address of Redis that is none, and shows no password of it', async () => {
      for (const url of ['http://:secret@h', 'redis+sentinel://:secret@h', 'redis://:secret@']) {
        const wrong = { ...env, MEZHVED_REDIS_URL: url };
        const { code, stdout } = await mezhved(['check-config', '--json'], wrong);
        expect(code, url).to.equal(1);
        const { valid, problems } = JSON.parse(stdout);
        expect(valid).to.equal(false);
        expect(problems).to.have.lengthOf(1);
        expect(problems[0]).to.match(/^redisUrl: .*redis\[s\]:\/\//);
        expect(stdout).not.to.include('secret');
      }
    });

    it('says everything that is wrong and ends with 1', async () => {
      const file = join(folder, 'own.yaml');
      writeFileSync(
        file,
        'limits: {leaseMs: 0, leesMs: 1}\nnode: {keys: [{key: k, certificate: c}]}\n',
      );
      const wrong = await mezhved(['check-config', '--json'], { ...env, MEZHVED_CONFIG: file });
      expect(wrong.code).to.equal(1);
      const { valid, problems } = JSON.parse(wrong.stdout);
      expect(valid).to.equal(false);
      expect(problems).to.have.lengthOf(2);
      writeFileSync(file, 'node: {keys: [{key: none.pem, certificate: none.pem}]}\n');
      const unread = await mezhved(['check-config'], { ...env, MEZHVED_CONFIG: file });
      expect(unread.code).to.equal(1);
      expect(unread.stdout).to.include(join(folder, 'none.pem'));
    });

    it('refuses the example keys in production', async () => {
      const file = join(folder, 'own.yaml');
      writeFileSync(file, 'profile: production\n');
      const { code, stdout } = await mezhved(['check-config'], { ...env, MEZHVED_CONFIG: file });
      expect(code).to.equal(1);
      expect(stdout).to.include('certs.example');
    });
  });

  describe('apply', () => {
    it('plans over nothing without making anything, then applies, then changes nothing', async () => {
      const file = join(folder, 'c.yaml');
      writeFileSync(file, '{kind: participant, id: c, name: Ведомство В, systems: [{id: c-1}]}\n');
      const plan = await mezhved(['apply', file, '--plan', '--json'], env);
      expect(plan.code).to.equal(0);
      expect(existsSync(join(folder, 'data', 'mezhved.db'))).to.equal(false);
      const expected = { kind: 'participant', id: 'c', change: 'added' };
      expect(JSON.parse(plan.stdout).applied).to.equal(false);
      expect(JSON.parse(plan.stdout).changes[0]).to.include(expected);
      const done = await mezhved(['apply', file, '--json'], env);
      expect(JSON.parse(done.stdout).applied).to.equal(true);
      const again = await mezhved(['apply', file], env);
      expect(again.code).to.equal(0);
      expect(again.stdout).to.include('nothing changes');
      const sandbox = await mezhved(['apply', join(checkout, 'config', 'sandbox'), '--json'], env);
      expect(JSON.parse(sandbox.stdout).applied, 'the sandbox was seeded first').to.equal(false);
      const journal = await mezhved(['journal', 'verify', '--json'], env);
      expect(JSON.parse(journal.stdout)).to.include({ ok: true, entries: 9 });
    });

    it('ends with 2 for what it cannot read, with 1 for what contradicts', async () => {
      const file = join(folder, 'c.yaml');
      expect(await mezhved(['apply', file], env)).to.include({ code: 2 });
      writeFileSync(file, '{kind: participant, id: "?", name: В, systems: []}\n');
      const invalid = await mezhved(['apply', file], env);
      expect(invalid.code).to.equal(2);
      expect(invalid.stderr).to.include('systems');
      writeFileSync(file, '{kind: participant, id: c, name: В, systems: [{id: agency-a}]}\n');
      const refused = await mezhved(['apply', file], env);
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.include('agency-a');
    });
  });

  describe('cert', () => {
    it('lists nothing where there is no database: 3', async () => {
      expect(await mezhved(['cert', 'list'], env)).to.include({ code: 3, stdout: '' });
    });

    it('imports PEM, DER and PKCS#12, and lists what there is', async () => {
      const pem = example('node.crt.pem');
      const system = ['--system', 'agency-b', '--json'];
      const imported = await mezhved(['cert', 'import', pem, ...system], env);
      expect(imported.code).to.equal(0);
      expect(JSON.parse(imported.stdout)).to.include({ outcome: 'imported', system: 'agency-b' });
      const der = join(folder, 'node.der');
      const base64 = readFileSync(pem, 'latin1').replace(/-----[^-]+-----|\s/g, '');
      writeFileSync(der, Buffer.from(base64, 'base64'));
      const again = await mezhved(['cert', 'import', der, ...system], env);
      expect(JSON.parse(again.stdout)).to.include({ outcome: 'present' });
      const listed = await mezhved(['cert', 'list', '--json'], env);
      const rows = JSON.parse(listed.stdout);
      expect(rows).to.have.lengthOf(9);
      for (const row of rows) expect(row.trust).to.equal('trusted');
      expect(rows.filter((row: { system: string }) => row.system === 'agency-b')).to.have.lengthOf(
        5,
      );
    });

    it('imports the certificate of a PKCS#12 store', async function () {
      const store = join(folder, 'node-ec.p12');
      const password = join(folder, 'password');
      writeFileSync(password, 'пароль-1\n');
      try {
        execFileSync(
          'openssl',
          [
            'pkcs12',
            '-export',
            '-in',
            example('node-ec.crt.pem'),
            '-inkey',
            example('node-ec.key.pem'),
            '-out',
            store,
            '-passout',
            'pass:пароль-1',
          ],
          { stdio: 'pipe' },
        );
      } catch {
        process.stdout.write('SKIPPED: openssl: install the Debian package openssl\n');
        this.skip();
      }
      const words = ['cert', 'import', store, '--system', 'agency-b'];
      expect(await mezhved(words, env)).to.include({ code: 2 });
      const { code, stderr } = await mezhved([...words, '--password-file', password], env);
      expect(code, stderr).to.equal(0);
    });

    it("refuses another's certificate, an unknown system, a file that is none", async () => {
      const words = ['cert', 'import', example('agency-a.crt.pem'), '--system'];
      const taken = await mezhved([...words, 'agency-b'], env);
      expect(taken.code).to.equal(1);
      expect(taken.stderr).to.include('agency-a');
      const unknown = await mezhved([...words, 'agency-z'], env);
      expect(unknown.code).to.equal(1);
      expect(unknown.stderr).to.include('agency-z');
      const key = ['cert', 'import', example('node.key.pem'), '--system', 'agency-b'];
      expect(await mezhved(key, env)).to.include({ code: 2 });
    });
  });
});

describe('send', function () {
  this.timeout(60_000);
  let node: NodeProcess;
  let folder: string;
  let remove: () => Promise<void>;
  before(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    node = await startNode(join(folder, 'data'));
  });
  after(async () => {
    await node.stop();
    await remove();
  });

  const types = 'urn://x-artefacts-smev-gov-ru/services/message-exchange/types';
  function message(version: string, scenario: string): string {
    const file = join(folder, 'message.xml');
    const content = `<p:PaymentStatusRequest xmlns:p="urn://mezhved.example/payment-status/1.0.0"><p:PaymentNumber>1</p:PaymentNumber><p:Scenario>${scenario}</p:Scenario></p:PaymentStatusRequest>`;
    writeFileSync(
      file,
      `<?xml version="1.0" encoding="UTF-8"?>
<t:SendRequestRequest xmlns:t="${types}/${version}" xmlns:b="${types}/basic/${version}">
  <t:SenderProvidedRequestData Id="A"><t:MessageID>0</t:MessageID><b:MessagePrimaryContent>${content}</b:MessagePrimaryContent></t:SenderProvidedRequestData>
</t:SendRequestRequest>
`,
    );
    return file;
  }
  const to = (version: string) => ['--to', `${node.url}/smev/v${version}/ws`, ...keyOfA];

  for (const version of ['1.1', '1.2', '1.3']) {
    it(`sends the Body child alone in ${version}, and shows the steps and the answer`, async () => {
      const { code, stdout, stderr } = await mezhved([
        'send',
        message(version, 'answer'),
        ...to(version),
      ]);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/^<soap:Envelope .*SendRequestResponse/s);
      expect(stderr).to.match(/signing[\s\S]*sending[\s\S]*HTTP 200, SendRequestResponse, \d+ ms/);
    });
  }

  it('waits for the answer of the agency past a status, and acknowledges it', async () => {
    const file = message('1.1', 'status-then-answer');
    const { code, stdout, stderr } = await mezhved([
      'send',
      file,
      ...to('1.1'),
      '--wait-response',
      '--json',
    ]);
    expect(code, stderr).to.equal(0);
    const { answer, response } = JSON.parse(stdout);
    expect(response.originalMessageId).to.equal(answer.messageId);
    expect(response.xml).to.include('PaymentStatusResponse');
    expect(stderr.match(/AckResponse/g)).to.have.length.of.at.least(2);
    const shown = await mezhved(['exchange', 'show', answer.messageId, '--json'], {
      MEZHVED_DATA: node.data,
    });
    expect(JSON.parse(shown.stdout).status).to.equal('messageIsDelivered');
  });

  it('shows a fault with its code and ends with 1', async () => {
    const file = message('1.1', 'no such scenario');
    const { code, stdout, stderr } = await mezhved(['send', file, ...to('1.1'), '--json']);
    expect(code).to.equal(1);
    expect(JSON.parse(stdout).answer).to.include({ status: 500 });
    expect(JSON.parse(stdout).answer.fault.code).to.equal('CONTENT_INVALID');
    expect(stderr).to.include('HTTP 500, CONTENT_INVALID');
  });

  it('ends with 3 where nobody answers, and in time', async () => {
    const file = message('1.1', 'answer');
    const nobody = await mezhved(['send', file, '--to', 'http://127.0.0.1:1/ws', ...keyOfA]);
    expect(nobody.code).to.equal(3);
    expect(nobody.stderr).to.include('ECONNREFUSED');
    const slow = message('1.1', 'slow');
    const late = await mezhved(['send', slow, ...to('1.1'), '--wait-response', '--timeout', '1']);
    expect(late.code).to.equal(3);
  });

  it('ends with 2 for a file, a key or an address that is none', async () => {
    const file = message('1.1', 'answer');
    for (const args of [
      [join(folder, 'none.xml'), ...to('1.1')],
      [example('node.key.pem'), ...to('1.1')],
      [file, '--to', 'ftp://x/', ...keyOfA],
      [file, ...to('1.1'), '--timeout', 'never'],
      [file, '--to', node.url, '--key', file, '--cert', file],
    ]) {
      const { code, stderr } = await mezhved(['send', ...args]);
      expect(code, stderr).to.equal(2);
    }
  });
});
