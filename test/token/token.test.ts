import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Fault } from '../../src/fault/fault.ts';
import { createLog } from '../../src/log.ts';
import { fileSignerFrom } from '../../src/pki/file-signer.ts';
import { issueCertificate } from '../../src/pki/issue.ts';
import { newKey, privateKeyPem } from '../../src/pki/issuing-key.ts';
import { contentDigest } from '../../src/pki/signature-algorithms.ts';
import { proveTokenKey } from '../../src/pki/token-key.ts';
import { signerFrom } from '../../src/signature/signer.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import { smevNamespaces } from '../../src/smev/namespaces.ts';
import { TokenKeeper } from '../../src/token/keeper.ts';
import { lineTimes, TokenLine } from '../../src/token/line.ts';
import { askToken } from '../../src/token/mailbox.ts';
import { Client, freshMessageId } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { needToken, TestToken } from '../harness/token.ts';
import { needXmlsec1, xmlsec1Verifies } from '../harness/xmlsec1.ts';

const day = 86_400_000;
const kinds = ['rsa', 'ec'] as const;
type Kind = (typeof kinds)[number];

describe('keys in a token', function () {
  this.timeout(60_000);
  const lines: string[] = [];
  const log = createLog({ level: 'info' }, { write: (line) => lines.push(line) });
  const certificates = {} as Record<Kind, string>;
  let token: TestToken;
  let keeper: TokenKeeper;

  before(async function () {
    needToken(this);
    token = await TestToken.start();
    Object.assign(process.env, token.env);
    for (const [index, kind] of kinds.entries()) {
      const key = newKey(kind);
      token.import(`node-${kind}`, privateKeyPem(key), `0${index + 1}`);
      const now = Date.now();
      const wish = { commonName: kind, organization: 'Тест', notBefore: now - day };
      certificates[kind] = issueCertificate(key, { ...wish, notAfter: now + day }).certificate;
    }
    keeper = await TokenKeeper.open(settings(), log);
  });
  after(async () => {
    await keeper?.close();
    await token?.remove();
    for (const name of Object.keys(token?.env ?? {})) delete process.env[name];
  });

  function settings(pinFile = token.pinFile) {
    return { module: token.module, pinFile, refusedFile: join(token.folder, 'refused') };
  }

  function pairOf(kind: Kind, uri = token.uri(`node-${kind}`)) {
    return { key: uri, certificate: certificates[kind] };
  }

  function signerOf(kind: Kind) {
    return signerFrom(pairOf(kind), (order) => askToken(keeper.mailbox, order));
  }

  function prove(kind: Kind, uri?: string): Promise<string> {
    return proveTokenKey(pairOf(kind, uri), (order) => keeper.sign(order)).then(
      () => 'good',
      (error: Error) => error.message,
    );
  }

  for (const kind of kinds) {
    it(`sign messages, by xmlsec1: ${kind}`, function () {
      needXmlsec1(this);
      const content = birthRequest('Тест');
      const call = sendRequestCall('1.3', { messageId: freshMessageId(), content });
      const text = new Client('', '1.3', signerOf(kind)).sign(call);
      const file = join(token.folder, `${kind}.crt.pem`);
      writeFileSync(file, certificates[kind]);
      const ids = [
        { namespace: smevNamespaces['1.3'].types, element: 'SenderProvidedRequestData' },
      ];
      const { good, said } = xmlsec1Verifies(text, '//*[local-name()="Signature"]', file, ids);
      expect(good, said).to.equal(true);
    });

    it(`sign files, by openssl: ${kind}`, () => {
      const content = Buffer.from('файл');
      const signer = fileSignerFrom(pairOf(kind), (order) => askToken(keeper.mailbox, order));
      for (let round = 0; round < 8; round += 1) {
        const hash = contentDigest(signer.hash);
        hash.update(content);
        const files = { content, signature: signer.sign(hash.digest(), Date.now()) };
        const file = (name: string) => join(token.folder, name);
        for (const [name, octets] of Object.entries(files)) writeFileSync(file(name), octets);
        writeFileSync(file('ca.pem'), certificates[kind]);
        const { status, stderr } = spawnSync('openssl', [
          ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', file('signature')],
          ...['-content', file('content'), '-CAfile', file('ca.pem'), '-purpose', 'any'],
          ...['-out', '/dev/null'],
        ]);
        expect(status, stderr.toString()).to.equal(0);
      }
    });
  }

  it('are proved at the start, and what is wrong is told in words', async () => {
    expect(await prove('rsa')).to.equal('good');
    expect(await prove('ec', `pkcs11:token=${token.label};id=%02`)).to.equal('good');
    expect(await prove('rsa', token.uri('absent'))).to.include('the token has no key');
    expect(await prove('ec', token.uri('node-rsa'))).to.include('CKR_');
    expect(await prove('rsa', 'pkcs11:token=a')).to.include('no key is named');
    token.import('other', privateKeyPem(newKey('rsa')), '09');
    expect(await prove('rsa', token.uri('other'))).to.include('does not belong to the certificate');
    expect(() => signerFrom(pairOf('rsa'))).to.throw('node.pkcs11 is needed');
  });

  it('are of one name each', async () => {
    token.import('twice', privateKeyPem(newKey('ec')), '11');
    token.import('twice', privateKeyPem(newKey('ec')), '12');
    await keeper.close();
    keeper = await TokenKeeper.open(settings(), log);
    expect(await prove('ec', token.uri('twice'))).to.include('several keys, name the id');
  });

  it('sign again after the token died, also what was asked meanwhile', async () => {
    const signer = signerOf('rsa');
    signer.sign(Buffer.from('a'));
    await token.kill();
    // The first that is asked learns it; it waits a little for the token to come back.
    const waiting = keeper.sign({
      uri: token.uri('node-ec'),
      mechanism: 'ec',
      data: Buffer.alloc(32),
    });
    await wait(300);
    await token.serve();
    expect(await waiting).to.have.length(64);
    expect(signer.sign(Buffer.from('b'))).to.have.length(256);
    expect(keeper.isUp).to.equal(true);
    expect(lines.join()).to.include('token away').and.include('token opened');
  });

  it('fail soon where the token stays away, and without waiting after that', async () => {
    await token.kill();
    const signer = signerOf('ec');
    expect(() => signer.sign(Buffer.from('a')))
      .to.throw(Fault)
      .with.property('code', 'SIGNING_UNAVAILABLE');
    while (keeper.isUp) await wait(10);
    const began = performance.now();
    for (let round = 0; round < 20; round += 1) {
      expect(() => signer.sign(Buffer.from('a'))).to.throw(Fault);
    }
    expect(performance.now() - began, 'ms for twenty').to.be.below(2000);
    await token.serve();
    await untilUp();
    expect(signer.sign(Buffer.from('a'))).to.have.length(64);
  });

  async function untilUp(): Promise<void> {
    while (!keeper.isUp) await wait(50);
  }

  it('fail where the token is silent, and sign when it speaks again', async () => {
    const states: string[] = [];
    const times = { ...lineTimes, signMs: 500, openMs: 1000, patienceMs: 200 };
    const line = new TokenLine(settings(), ({ state }) => states.push(state), times);
    const sign = (data = Buffer.alloc(32)) => {
      const uri = token.uri('node-ec');
      return new Promise<string>((resolve) => {
        line.sign({ uri, mechanism: 'ec', data, signed: () => resolve('signed'), failed: resolve });
      });
    };
    while (states.length === 0) await wait(10);
    expect(await sign()).to.equal('signed');
    token.signal('SIGSTOP');
    const waiting = [sign(), sign(), sign()];
    expect(await waiting[0]).to.include('the token is silent');
    expect(new Set(await Promise.all(waiting)).size).to.equal(1);
    token.signal('SIGCONT');
    while (states.at(-1) !== 'up') await wait(10);
    expect(await sign()).to.equal('signed');
    line.close();
    expect(await sign()).to.include('the node stops');
  });

  it('are never given under a wrong value', async () => {
    const { sign } = signerFrom(pairOf('ec'), () => Buffer.alloc(64, 1));
    expect(() => sign(Buffer.from('a')))
      .to.throw(Fault)
      .with.property('code', 'SIGNING_UNAVAILABLE');
  });

  it('want the right PIN, and a wrong one is tried once, whoever starts again', async () => {
    const pinFile = token.writePin('wrong', '00000000');
    const wrong = { ...settings(pinFile), refusedFile: join(token.folder, 'wrong-refused') };
    const uri = token.uri('node-rsa');
    const ask = async () => {
      const other = await TokenKeeper.open(wrong, log);
      const order = { uri, mechanism: 'rsa', data: Buffer.alloc(51) } as const;
      const told = await other.sign(order).catch((error: Error) => error.message);
      const again = await other.sign(order).catch((error: Error) => error.message);
      expect(again, 'the same without asking').to.equal(told);
      await other.close();
      return String(told);
    };
    expect(await ask())
      .to.include('CKR_PIN_INCORRECT')
      .and.not.include('00000000');
    expect(await ask())
      .to.include('refused the PIN')
      .and.include('before');
    token.writePin('wrong', '0000000');
    expect(await ask()).to.include('CKR_PIN_INCORRECT');
    expect(lines.join()).not.to.include('0000000');
    expect(await prove('rsa'), 'the other one goes on').to.equal('good');
  });

  it('need a library that loads, and a token that is there', async () => {
    const open = (module: string) =>
      TokenKeeper.open({ ...settings(), module }, log).catch((error: Error) => error.message);
    expect(await open('/nowhere/lib.so')).to.include('cannot be loaded');
    expect(await prove('rsa', 'pkcs11:token=other;object=node-rsa')).to.include(
      'there is no token other',
    );
  });
});
