import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readUpstreamAnswer } from '../../src/compute/upstream-answer.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { privateKeyPem } from '../../src/pki/issuing-key.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { filesWith, memoryHas } from '../harness/memory.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { needToken, TestToken } from '../harness/token.ts';
import { Witness } from '../harness/witness.ts';

const version = '1.3';
const day = 86_400_000;
const kinds = ['rsa', 'ec'] as const;
type Kind = (typeof kinds)[number];

const newKeys: Readonly<Record<Kind, () => KeyObject>> = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ec: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
};

describe('a node whose keys are in a token', function () {
  this.timeout(120_000);
  const keys = {} as Record<Kind, KeyObject>;
  const pems = {} as Record<Kind, string>;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let token: TestToken;
  let node: NodeProcess;

  before(async function () {
    needToken(this);
    folder = await temporaryFolder();
    token = await TestToken.start();
    const issuer = {
      key: createPrivateKey(readFileSync(join(checkout, 'certs.example/ca.key.pem'))),
      commonName: 'Испытательный УЦ Межвед (RSA)',
      organization: 'Межвед: испытательный стенд',
    };
    for (const [index, kind] of kinds.entries()) {
      keys[kind] = newKeys[kind]();
      token.import(`node-${kind}`, privateKeyPem(keys[kind]), `0${index + 1}`);
      const now = Date.now();
      const wish = { commonName: `узел ${kind}`, organization: 'Тест', notBefore: now - day };
      pems[kind] = issueCertificate(
        keys[kind],
        { ...wish, notAfter: now + day },
        issuer,
      ).certificate;
      writeFileSync(join(folder.path, `${kind}.crt.pem`), pems[kind]);
    }
    node = await startNode(join(folder.path, 'data'), environment('node.yaml', kinds.map(pairOf)));
  });
  after(async () => {
    await node?.stop();
    await token?.remove();
    await folder?.remove();
  });

  function pairOf(kind: Kind) {
    return { key: token.uri(`node-${kind}`), certificate: `${kind}.crt.pem` };
  }

  /** What a node or a command is started with. */
  function environment(name: string, pairs: readonly object[], pinFile = token.pinFile) {
    const config = join(folder.path, name);
    const pkcs11 = { module: token.module, pinFile };
    writeFileSync(config, stringify({ node: { keys: pairs, pkcs11 }, compute: { threads: 2 } }));
    return { ...token.env, MEZHVED_CONFIG: config };
  }

  const trusted = () => new Set(kinds.map((kind) => readCertificate(pems[kind]).fingerprint));

  /** Reads an answer as a system that believes the two certificates alone. */
  function read({ text }: Answer) {
    return readUpstreamAnswer(Buffer.from(text), { version, trusted: trusted() });
  }

  function clientOf(agency: 'agency-a' | 'agency-b', kind: Kind, url = node.url): Client {
    return new Client(url, version, sandboxSigner(agency, kind));
  }

  function requestBy(client: Client): { bytes: string; messageId: string } {
    const messageId = freshMessageId();
    const call = sendRequestCall(version, { messageId, content: birthRequest('Тест') });
    return { bytes: client.sign(call), messageId };
  }

  async function health(): Promise<{ status: number; token: unknown }> {
    const response = await fetch(new URL('/health/ready', node.adminUrl));
    const { checks } = (await response.json()) as { checks: Record<string, unknown> };
    return { status: response.status, token: checks['token'] };
  }

  for (const kind of kinds) {
    it(`signs answers and refusals, and answers each kind of key with its own: ${kind}`, async () => {
      const client = clientOf('agency-a', kind);
      const answer = await client.post(requestBy(client).bytes, 'SendRequest');
      expect(read(answer).kind, answer.text).to.equal('accepted');
      expect(answer.text).to.include(pems[kind].split('\n')[1]);
      const refused = await client.poll('GetRequest', { at: 0 });
      expect(read(refused)).to.include({ kind: 'fault', isSigned: true });
      await empty(kind);
    });
  }

  /** Takes what waits for agency-b. */
  async function empty(kind: Kind): Promise<string[]> {
    const reader = clientOf('agency-b', kind);
    const taken: string[] = [];
    for (;;) {
      const answer = await reader.poll('GetRequest');
      const polled = polledRequest(answer);
      if (polled === undefined) return taken;
      expect(read(answer).kind).to.equal('request');
      taken.push(polled.messageId);
      await reader.ack(polled.messageId);
    }
  }

  it('loses nothing while the token dies and comes back, and gives no wrong signature', async () => {
    const accepted: string[] = [];
    const taken = new Set<string>();
    const others = new Set<string>();
    let refusals = 0;
    let over = false;
    const judge = (answer: Answer): boolean => {
      if (answer.code !== 'SIGNING_UNAVAILABLE') return true;
      expect(answer).to.include({ status: 503, element: 'SMEVFailure' });
      expect(answer.headers.get('retry-after')).to.equal('5');
      refusals += 1;
      return false;
    };
    const send = async (kind: Kind) => {
      const client = clientOf('agency-a', kind);
      while (!over) {
        const { bytes, messageId } = requestBy(client);
        // The same octets, until they are acknowledged.
        for (;;) {
          const answer = await client.post(bytes, 'SendRequest');
          if (judge(answer)) {
            const { kind: outcome } = read(answer);
            if (outcome !== 'accepted') others.add(answer.text);
            break;
          }
          await wait(50);
        }
        accepted.push(messageId);
      }
    };
    const take = async () => {
      const reader = clientOf('agency-b', 'ec');
      while (!over) {
        const answer = await reader.poll('GetRequest');
        const polled = judge(answer) ? polledRequest(answer) : undefined;
        if (polled === undefined) await wait(20);
        else if (read(answer).kind === 'request') {
          while (!judge(await reader.ack(polled.messageId))) await wait(50);
          taken.add(polled.messageId);
        }
      }
    };
    const working = Promise.all([...kinds, ...kinds].map(send).concat(take()));
    const count = async (more: number) => {
      const wanted = accepted.length + more;
      while (accepted.length < wanted) await Promise.race([wait(20), working]);
    };
    await count(20);
    // Away for a moment: what is asked meanwhile waits for it.
    await token.kill();
    await wait(300);
    await token.serve();
    await count(20);
    // Away for longer than anybody waits.
    await token.kill();
    while (refusals === 0) await Promise.race([wait(20), working]);
    expect(await health()).to.deep.equal({ status: 503, token: false });
    await wait(500);
    const cameBack = performance.now();
    await token.serve();
    await count(20);
    expect(performance.now() - cameBack, 'ms until it signs again').to.be.below(15_000);
    expect(await health()).to.deep.equal({ status: 200, token: true });
    over = true;
    await working;
    expect([...others]).to.deep.equal([]);
    for (const messageId of await empty('rsa')) taken.add(messageId);
    expect(
      accepted.filter((messageId) => !taken.has(messageId)),
      'lost',
    ).to.deep.equal([]);
    const witness = new Witness(node, { xmlsec1: false });
    // One more of each kind: those of the tests before.
    expect(await witness.exchanges()).to.equal(accepted.length + kinds.length);
    await witness.close();
    expect(node.output()).to.include('token away').and.include('token opened');
  });

  it('has the private key in no file and in no memory', async () => {
    const secrets = kinds.map((kind) => keys[kind]);
    expect(filesWith(node.data, secrets)).to.deep.equal([]);
    expect(memoryHas(node.pid ?? 0, secrets), 'memory').to.deep.equal([]);
    // The same search finds keys that a node has in files.
    const pairs = kinds.map((kind) => {
      writeFileSync(join(folder.path, `${kind}.key.pem`), privateKeyPem(keys[kind]));
      return { key: `${kind}.key.pem`, certificate: `${kind}.crt.pem` };
    });
    const other = join(folder.path, 'other');
    const plain = await startNode(other, environment('files.yaml', pairs));
    const client = clientOf('agency-a', 'ec', plain.url);
    await client.post(requestBy(client).bytes, 'SendRequest');
    expect(memoryHas(plain.pid ?? 0, secrets), 'control').to.deep.equal(secrets);
    expect(filesWith(folder.path, secrets), 'control').not.to.deep.equal([]);
    await plain.stop();
  });

  it('does not start with a wrong PIN, nor with a key that is not there or of another certificate', async () => {
    const start = async (name: string, pairs: readonly object[], pinFile?: string) => {
      const env = environment(`${name}.yaml`, pairs, pinFile);
      const data = join(folder.path, name);
      const { code, stdout } = await mezhved(['check-config'], { ...env, MEZHVED_DATA: data });
      expect(code, stdout).to.equal(1);
      const told = await startNode(data, env).then(
        () => 'started',
        (error: Error) => error.message,
      );
      return [stdout, told];
    };
    const [rsa, ec] = kinds.map(pairOf);
    for (const told of await start('absent', [{ ...rsa, key: token.uri('absent') }])) {
      expect(told).to.include(`the token has no key ${token.uri('absent')}`);
    }
    for (const told of await start('foreign', [{ ...rsa, certificate: ec?.certificate }])) {
      expect(told).to.match(/CKR_|does not belong/);
    }
    const [checked, started] = await start('pin', [rsa ?? {}], token.writePin('bad', '99999999'));
    expect(checked).to.include('CKR_PIN_INCORRECT');
    // The data folder of the node is made by its start: the check could leave no note in it.
    expect(started)
      .to.match(/refused the PIN/)
      .and.not.include('99999999');
  });

  it('makes keys in the token with requests for their certificates, and signs with them from their time on, without a restart', async () => {
    const { env } = node;
    for (const kind of kinds) {
      const stem = join(folder.path, `next-${kind}`);
      const holder = ['--name', 'узел', '--organization', 'Тест', '--kind', kind];
      const words = ['cert', 'csr', '--node', '--pkcs11', token.uri(`next-${kind}`), ...holder];
      const made = await mezhved([...words, '--generate', '--out', stem], env);
      expect(made.code, made.stderr).to.equal(0);
      const again = await mezhved([...words, '--generate', '--out', `${stem}-2`], env);
      expect(again.code).to.equal(2);
      expect(again.stderr).to.include('the key is there already');
      const known = await mezhved([...words, '--out', `${stem}-3`], env);
      expect(known.stderr).to.include('the node has this key already');
      issueByOpenssl(stem);
      expect(token.attributesOf(`next-${kind}`)).to.deep.equal({
        token: true,
        private: true,
        sensitive: true,
        extractable: false,
        neverExtractable: true,
      });
    }
    const { pid } = node;
    for (const kind of kinds) {
      const file = join(folder.path, `next-${kind}.crt.pem`);
      pems[kind] = readFileSync(file, 'utf8');
      const foreign = ['--key', token.uri(`node-${kind}`)];
      const refused = await mezhved(['cert', 'import', file, '--node', ...foreign], env);
      expect(refused.code, refused.stdout).not.to.equal(0);
      expect(refused.stderr).to.include('does not belong to the certificate');
      const imported = await mezhved(['cert', 'import', file, '--node'], env);
      expect(imported.code, imported.stderr).to.equal(0);
      const { fingerprint } = readCertificate(pems[kind]);
      const rotated = await mezhved(['cert', 'rotate', fingerprint, '--node'], env);
      expect(rotated.code, rotated.stderr).to.equal(0);
      const client = clientOf('agency-a', kind);
      // Within two seconds on every node; a minute for a machine that is slow.
      for (const until = Date.now() + 60_000; Date.now() < until; await wait(50)) {
        const answer = await client.post(requestBy(client).bytes, 'SendRequest');
        if (answer.text.includes(pems[kind].split('\n')[1] ?? '?')) break;
      }
      const answer = await client.post(requestBy(client).bytes, 'SendRequest');
      expect(read(answer).kind, answer.text).to.equal('accepted');
    }
    expect(node.pid).to.equal(pid);
    const listed = await mezhved(['cert', 'list', '--node', '--json'], env);
    const states = (JSON.parse(listed.stdout) as { state: string; place: string }[]).map(
      ({ state, place }) => `${place} ${state}`,
    );
    expect(states).to.deep.equal([
      ...['token retiring', 'token retiring', 'token active', 'token active'],
    ]);
  });

  it('stops trying where the PIN is wrong after a restart of the token, and says so', async () => {
    await token.kill();
    token.writePin('pin', '11111111');
    await token.serve();
    const client = clientOf('agency-a', 'ec');
    // Whoever asks first finds the token gone.
    while (!node.output().includes('token refused')) {
      await client.post(requestBy(client).bytes, 'SendRequest');
      await wait(50);
    }
    expect(await health()).to.deep.equal({ status: 503, token: false });
    const answer = await client.post(requestBy(client).bytes, 'SendRequest');
    expect(answer).to.include({ code: 'SIGNING_UNAVAILABLE', status: 503 });
    expect(node.output()).not.to.include('11111111');
    expect(await node.stop()).to.equal(0);
  });

  function issueByOpenssl(stem: string): void {
    const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' });
    openssl('req', '-verify', '-noout', '-in', `${stem}.csr.pem`);
    openssl(
      ...['x509', '-req', '-in', `${stem}.csr.pem`, '-days', '2', '-out', `${stem}.crt.pem`],
      ...['-CA', join(checkout, 'certs.example/ca.crt.pem'), '-set_serial', '77'],
      ...['-CAkey', join(checkout, 'certs.example/ca.key.pem')],
    );
  }
});
