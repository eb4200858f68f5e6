import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { newKey, privateKeyPem } from '../../src/pki/issuing-key.ts';
import { type Signer, signerFromPem } from '../../src/signature/signer.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { Client, freshMessageId } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { WebServer } from '../harness/web-server.ts';
import { listOf } from '../pki/crl-stand.ts';
import { addresses, answerOf } from '../pki/ocsp-stand.ts';
import { day, extensions, Issuing, type Made } from '../pki/path-stand.ts';

const version = '1.3';
const unknown = 'CERTIFICATE_STATUS_UNKNOWN';
const ks1 = '1.2.643.100.113.1';

describe('a node that fetches lists of revoked certificates', function () {
  this.timeout(120_000);
  const now = Date.now();
  const valid = { notBefore: now - day, notAfter: now + day };
  const by = new Issuing(() => newKey('ec'));
  const root = by.authority('Корневой', undefined, valid);
  const other = by.authority('Другой', undefined, valid);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let web: WebServer;
  let node: NodeProcess;

  before(async () => {
    folder = await temporaryFolder();
    web = await WebServer.start();
    const fetch = `{ hosts: ['${web.host}'], everyMs: 200, retryMs: 200 }`;
    const config = `compute: { threads: 1 }\ntrust: { revocation: hard, policies: ['${ks1}'], fetch: ${fetch} }\n`;
    writeFileSync(join(folder.path, 'config.yaml'), config);
    node = await startNode(join(folder.path, 'data'), {
      MEZHVED_CONFIG: join(folder.path, 'config.yaml'),
    });
    const anchors = { root, other };
    for (const [name, made] of Object.entries(anchors)) write(`${name}.pem`, made);
    const declared = Object.keys(anchors).map(
      (name) => `kind: trustAnchor\nid: ${name}\ncertificate: ${name}.pem\n`,
    );
    expect((await command('apply', write('anchors.yaml', declared.join('---\n')))).code).to.equal(
      0,
    );
  });
  after(async () => {
    await node?.stop();
    await web?.stop();
    await folder?.remove();
  });

  function write(name: string, content: string | Made): string {
    const file = join(folder.path, name);
    writeFileSync(
      file,
      typeof content === 'string' ? content : content.certificate.x509.toString(),
    );
    return file;
  }

  async function command(...words: string[]) {
    const { code, stdout, stderr } = await mezhved([...words, '--json'], node.env);
    return { code, told: stdout === '' ? stderr : JSON.parse(stdout) };
  }

  /** A system's certificate that says where its list is. */
  async function register(
    issuer: Made,
    name: string,
    list: string,
    policies: readonly string[] = [ks1],
  ) {
    const wish = [...addresses({ lists: [list] }), extensions.policies(...policies)];
    const made = by.issue(name, issuer, { ...valid, extensions: wish });
    const file = write(`${name}.pem`, made);
    const imported = await command('cert', 'import', file, '--system', 'agency-a');
    expect(imported.code, String(imported.told)).to.equal(0);
    const signer = signerFromPem(privateKeyPem(made.issuer.key), made.certificate.x509.toString());
    return { made, file, signer };
  }

  async function codeOf(signer: Signer): Promise<string> {
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const client = new Client(node.url, version, signer);
    const { code } = await client.call(sendRequestCall(version, call), 'SendRequest');
    return code ?? 'accepted';
  }

  async function becomes(signer: Signer, code: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    let got = await codeOf(signer);
    for (; got !== code && Date.now() < deadline; got = await codeOf(signer)) await wait(100);
    expect(got).to.equal(code);
  }

  async function why(file: string, includes: RegExp) {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { told } = await command('cert', 'why', file);
      if (includes.test(JSON.stringify(told)) || Date.now() > deadline) return told;
      await wait(100);
    }
  }

  it('refuses while the host is silent, takes messages when the list came, and refuses whom it names', async () => {
    const path = '/list';
    const dates = { nextUpdate: Date.now() + day };
    web.page(path, (_, response) => response.writeHead(503).end());
    const { made, file, signer } = await register(root, 'ИС', `http://${web.host}${path}`);
    await becomes(signer, unknown);
    const failed = await why(file, /HTTP 503/);
    expect(failed.verdict).to.equal(unknown);
    expect(failed.fetches[0]).to.include({ certificate: 0, kind: 'list', state: 'failed' });
    expect(failed.todo.join()).to.include(web.host).and.include('HTTP 503').and.include('cert crl');

    web.give(path, listOf(root, [], { ...dates, thisUpdate: Date.now() - 5000 }));
    await becomes(signer, 'accepted');
    const good = await why(file, /"answered"/);
    expect(good).to.include({ verdict: 'trusted' });
    expect(good.todo).to.deep.equal([]);
    const drawn = await mezhved(['cert', 'why', file], node.env);
    expect(drawn.stdout).to.include('узел забирает сам').and.include(web.host);

    const list = listOf(root, [made.certificate], { ...dates, thisUpdate: Date.now() - 1000 });
    web.give(path, list);
    await becomes(signer, 'CERTIFICATE_REVOKED');
    expect(new Set(web.asked)).to.deep.equal(new Set([path]));
  });

  it('says of a host that it may not ask, and of a policy that is missing', async () => {
    const stranger = await WebServer.start();
    try {
      const { file, made } = await register(other, 'Чужая', `http://${stranger.host}/list`, []);
      const { fetches, todo, checks } = await why(file, /not-allowed/);
      expect(fetches[0]).to.include({ state: 'not-allowed' });
      expect(todo.join()).to.include('trust.fetch.hosts').and.include(stranger.host);
      const policy = checks.find(({ rule }: { rule: string }) => rule === 'policy');
      expect(policy).to.include({ certificate: 0, good: false });
      expect(stranger.asked).to.deep.equal([]);

      const load = async (issuer: Made) => {
        const path = join(folder.path, 'answer.der');
        writeFileSync(path, answerOf(issuer, [made.certificate], { at: Date.now() }));
        return command('cert', 'ocsp', path);
      };
      expect((await load(root)).code, 'of another authority that used the same number').to.equal(1);
      const loaded = await load(other);
      expect(loaded.code, String(loaded.told)).to.equal(0);
      expect(loaded.told[0]).to.include({ outcome: 'imported', status: 'good' });
      const known = await why(file, /"known":true/);
      expect(known.todo.join(), 'nothing is missing any more').not.to.include(stranger.host);
    } finally {
      await stranger.stop();
    }
  });
});
