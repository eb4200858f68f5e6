import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { makeTlsPair } from '../harness/tls-pair.ts';
import { allOf, opened, RawClient } from './raw-client.ts';
import { TestServers } from './servers.ts';

const key = { key: '', certificate: '' };

describe('FTP under explicit TLS', () => {
  const servers = new TestServers();
  before(() => {
    const pair = makeTlsPair(servers.folder());
    key.key = readFileSync(pair.key, 'utf8');
    key.certificate = readFileSync(pair.certificate, 'utf8');
  });
  afterEach(() => servers.end());

  const started = async (mode: 'offered' | 'required') => {
    const server = await servers.start({
      tls: { mode, ...key },
      limits: { loginMs: 2000, dataOpenMs: 2000 },
    });
    const client = await RawClient.connect(server.port);
    expect(await client.reply()).to.match(/^220 /);
    return { server, client };
  };
  const trust = () => ({ ca: key.certificate, host: '127.0.0.1' });

  it('that is required, takes no USER before AUTH and no data before PROT P', async () => {
    const { client, server } = await started('required');
    expect(await client.ask('FEAT')).to.match(/ AUTH TLS\r\n PBSZ\r\n PROT\r\n/);
    expect(await client.code('USER is-agency')).to.equal(530);
    expect(await client.code('PASS x')).to.equal(503);
    expect(server.host.logins).to.equal(0);
    expect(await client.code('PBSZ 0')).to.equal(503);
    expect(await client.code('PROT P')).to.equal(503);
    expect(await client.code('AUTH KERBEROS_V4')).to.equal(504);
    expect(await client.code('AUTH TLS')).to.equal(234);
    await client.secure(trust());
    expect(await client.code('AUTH TLS')).to.equal(503);
    expect(await client.login()).to.match(/^230 /);
    await client.passive();
    expect(await client.code('LIST')).to.equal(521);
    expect(await client.code('PROT P'), 'before PBSZ').to.equal(503);
    expect(await client.code('PBSZ x')).to.equal(501);
    expect(await client.ask('PBSZ 0')).to.equal('200 PBSZ=0');
    expect(await client.code('PROT C')).to.equal(534);
    expect(await client.code('PROT S')).to.equal(536);
    expect(await client.code('PROT X')).to.equal(504);
    expect(await client.code('PROT P')).to.equal(200);
    expect(await client.code('CCC')).to.equal(502);
    client.end();
  });

  it('goes on with the session of the control connection on the data connection', async () => {
    const { client, server } = await started('required');
    writeFileSync(join(server.host.root, 'a'), 'abc');
    await client.code('AUTH TLS');
    // From 1.3 on a session comes only with a ticket, after the handshake.
    const options = { ...trust(), maxVersion: 'TLSv1.2' } as const;
    const control = await client.secure(options);
    await client.login();
    await client.code('PBSZ 0');
    await client.code('PROT P');
    const plain = await client.data();
    client.send('RETR a\r\n');
    const session = control.getSession();
    expect(session).not.to.equal(undefined);
    const data = connectTls({ ...options, socket: plain, ...(session ? { session } : {}) });
    const text = allOf(data);
    await once(data, 'secureConnect');
    expect(data.isSessionReused()).to.equal(true);
    expect((await text).toString()).to.equal('abc');
    expect(await client.reply()).to.match(/^150 /);
    expect(await client.reply()).to.match(/^226 /);
    client.end();
  });

  it('forgets what was said before the handshake, in one segment with AUTH or behind it', async () => {
    const { client, server } = await started('offered');
    client.send('USER before\r\n');
    expect(await client.reply()).to.match(/^331 /);
    client.send('AUTH TLS\r\nUSER is-agency\r\nMKD injected\r\nPAS');
    expect(await client.reply()).to.match(/^234 /);
    await client.secure(trust());
    expect(await client.code('PASS x'), 'no USER under TLS').to.equal(503);
    expect(await client.login()).to.match(/^230 /);
    expect(server.host.logins).to.equal(1);
    client.end();
  });

  it('that fails on the control connection ends it', async () => {
    const { client } = await started('offered');
    expect(await client.code('AUTH TLS')).to.equal(234);
    client.send('USER is-agency\r\n');
    await client.closed();
  });

  it('that never comes ends the connection with the time of the login', async () => {
    const { client } = await started('offered');
    expect(await client.code('AUTH TLS')).to.equal(234);
    await client.closed();
  });

  it('that never comes on the data connection is 425, and ABOR does not wait for it', async () => {
    const { client, server } = await started('offered');
    await client.code('AUTH TLS');
    await client.secure(trust());
    await client.login();
    await client.code('PBSZ 0');
    await client.code('PROT P');
    await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    expect(await client.reply()).to.match(/^425 /);
    const plain = await client.data();
    plain.write('this is no TLS');
    expect(await client.code('STOR a')).to.equal(150);
    expect(await client.reply()).to.match(/^425 /);
    await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    client.send('ABOR\r\n');
    expect(await client.reply()).to.match(/^426 /);
    expect(await client.reply()).to.match(/^226 /);
    expect(server.host.open).to.equal(0);
    client.end();
  });

  it('that breaks in the middle of an upload keeps what came', async () => {
    const { client, server } = await started('offered');
    await client.code('AUTH TLS');
    await client.secure(trust());
    await client.login();
    await client.code('PBSZ 0');
    await client.code('PROT P');
    const plain = await opened(await client.passive());
    client.send('STOR a\r\n');
    const data: TLSSocket = connectTls({ ...trust(), socket: plain });
    data.on('error', () => undefined);
    await once(data, 'secureConnect');
    data.write('abc');
    expect(await client.reply()).to.match(/^150 /);
    while (readFileSync(join(server.host.root, 'a'), 'utf8') !== 'abc') {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    plain.resetAndDestroy();
    expect(await client.reply()).to.match(/^426 /);
    expect(server.host.ends).to.deep.equal(['aborted a at 3']);
    client.end();
  });

  it('goes on with its certificate where another was taken up, and shows that to the next', async () => {
    const { client, server } = await started('required');
    writeFileSync(join(server.host.root, 'a'), 'abc');
    await client.code('AUTH TLS');
    await client.secure(trust());
    await client.login();
    await client.code('PBSZ 0');
    await client.code('PROT P');
    const next = makeTlsPair(servers.folder(), 'next');
    const certificate = readFileSync(next.certificate, 'utf8');
    expect(() => server.renewTls({ key: key.key, certificate })).to.throw();
    server.renewTls({ key: readFileSync(next.key, 'utf8'), certificate });
    const plain = await client.data();
    client.send('RETR a\r\n');
    const data = connectTls({ ...trust(), socket: plain });
    expect((await allOf(data)).toString()).to.equal('abc');
    expect(await client.reply()).to.match(/^150 /);
    expect(await client.reply()).to.match(/^226 /);
    client.end();
    const other = await RawClient.connect(server.port);
    await other.reply();
    await other.code('AUTH TLS');
    await other.secure({ ...trust(), ca: certificate });
    expect(await other.login()).to.match(/^230 /);
    other.end();
  });

  it('speaks no TLS older than 1.2', async () => {
    const { client } = await started('offered');
    expect(await client.code('AUTH TLS')).to.equal(234);
    const failed = await client
      .secure({
        ...trust(),
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      })
      .then(
        () => 'secure',
        (error: Error) => error.message,
      );
    expect(failed).not.to.equal('secure');
  });
});
