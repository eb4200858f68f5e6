import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FtpTls } from '../../src/ftp/settings.ts';
import { makeTlsPair } from '../harness/tls-pair.ts';
import { allOf, opened, RawClient } from './raw-client.ts';
import { listeners, TestServers, until } from './servers.ts';

describe('the FTP server when it stops', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  it('tells idle ones with 421, lets transfers end, and takes nobody new', async () => {
    const server = await servers.start();
    const idle = await RawClient.loggedIn(server.port);
    const busy = await RawClient.loggedIn(server.port);
    const data = await busy.data();
    expect(await busy.code('STOR a')).to.equal(150);
    data.write('abc');
    const stopped = server.close(20_000);
    expect(await idle.reply()).to.match(/^421 /);
    await idle.closed();
    const refused = await opened(server.port).catch(({ code }: NodeJS.ErrnoException) => code);
    expect(refused).to.equal('ECONNREFUSED');
    busy.send('NOOP\r\n');
    data.end('def');
    expect(await busy.reply()).to.match(/^226 /);
    expect(await busy.reply()).to.match(/^421 /);
    await busy.closed();
    await stopped;
    expect(server.host.ends).to.deep.equal(['finished a at 6']);
  });

  it('cuts off what does not end in time, and keeps what came before it resolves', async () => {
    const server = await servers.start();
    const up = await RawClient.loggedIn(server.port);
    const data = await up.data();
    expect(await up.code('STOR a')).to.equal(150);
    data.write('abc');
    const down = await RawClient.loggedIn(server.port);
    writeFileSync(join(server.host.root, 'big'), Buffer.alloc(30_000_000));
    (await down.data()).pause();
    expect(await down.code('RETR big')).to.equal(150);
    const waiting = await RawClient.loggedIn(server.port);
    await waiting.passive();
    waiting.send('STOR b\r\n');
    const connected = await RawClient.loggedIn(server.port);
    const unused = await connected.data();
    await until(() => server.host.open === 1 && server.host.written === 3);
    await server.close(50);
    expect(server.host.open).to.equal(0);
    expect(server.host.ends).to.deep.equal(['aborted a at 3']);
    await Promise.all([up, down, waiting, connected].map((client) => client.closed()));
    if (!unused.closed) await once(unused.resume(), 'close');
    await until(() => listeners() === 0);
  });

  it('does not wait for a handshake', async () => {
    const pair = makeTlsPair(servers.folder());
    const tls: FtpTls = {
      mode: 'offered',
      key: readFileSync(pair.key, 'utf8'),
      certificate: readFileSync(pair.certificate, 'utf8'),
    };
    const server = await servers.start({ tls, limits: { loginMs: 600_000 } });
    const client = await RawClient.connect(server.port);
    await client.reply();
    expect(await client.code('AUTH TLS')).to.equal(234);
    await server.close(50);
    await client.closed();
  });

  it('lets a download that has left reach its client', async () => {
    const server = await servers.start();
    writeFileSync(join(server.host.root, 'a'), Buffer.alloc(100_000, 'a'));
    const client = await RawClient.loggedIn(server.port);
    const data = await client.data();
    client.send('RETR a\r\n');
    expect(await client.reply()).to.match(/^150 /);
    const stopped = server.close(20_000);
    expect((await allOf(data)).byteLength).to.equal(100_000);
    expect(await client.reply()).to.match(/^226 /);
    await stopped;
  });

  it('says where it cannot start', async () => {
    const server = await servers.start();
    const failed = await servers.start({ settings: { port: server.port } }).then(
      () => 'started',
      ({ code }: NodeJS.ErrnoException) => code,
    );
    expect(failed).to.equal('EADDRINUSE');
    const unusable = await servers
      .start({ tls: { mode: 'offered', key: 'no key', certificate: 'none' } })
      .then(
        () => 'started',
        () => 'refused',
      );
    expect(unusable).to.equal('refused');
  });
});
