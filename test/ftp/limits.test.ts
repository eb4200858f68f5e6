import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { foreignClients, startCurlUpload } from './clients.ts';
import { RawClient } from './raw-client.ts';
import { listeners, TestServers, until } from './servers.ts';

describe('limits of the FTP server', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  it('hold for connections in all: the next is told so, until one ends', async function () {
    this.timeout(60_000);
    const { port } = await servers.start({
      limits: { connectionsMax: 200, connectionsPerAddressMax: 100 },
    });
    const clients: RawClient[] = [];
    for (let n = 0; n < 200; n += 1) {
      const client = await RawClient.connect(port, { from: `127.0.0.${1 + (n % 2)}` });
      expect(await client.reply()).to.match(/^220 /);
      clients.push(client);
    }
    const surplus = await RawClient.connect(port, { from: '127.0.0.3' });
    expect(await surplus.reply()).to.match(/^421 /);
    await surplus.closed();
    expect(await clients[150]?.code('NOOP')).to.equal(200);
    clients[0]?.end();
    const greeted = async () => {
      const client = await RawClient.connect(port, { from: '127.0.0.3' });
      clients.push(client);
      return (await client.reply()).startsWith('220');
    };
    await until(greeted);
    for (const client of clients) client.end();
  });

  it('hold for connections of an address', async () => {
    const { port } = await servers.start({ limits: { connectionsPerAddressMax: 2 } });
    const clients = [await RawClient.connect(port), await RawClient.connect(port)];
    for (const client of clients) expect(await client.reply()).to.match(/^220 /);
    const third = await RawClient.connect(port);
    expect(await third.reply()).to.match(/^421 /);
    const other = await RawClient.connect(port, { from: '127.0.0.2' });
    expect(await other.reply()).to.match(/^220 /);
    for (const client of [...clients, third, other]) client.end();
  });

  it('hold for a line: too long it ends the connection', async () => {
    const { port } = await servers.start();
    for (const line of [`NOOP ${'x'.repeat(4100)}\r\n`, 'x'.repeat(100_000)]) {
      const client = await RawClient.connect(port);
      await client.reply();
      client.send(line);
      expect(await client.reply()).to.match(/^500 /);
      await client.closed();
    }
  });

  it('hold for the time of a login, also where octets come one by one', async () => {
    const { port } = await servers.start({ limits: { loginMs: 200 } });
    const client = await RawClient.connect(port);
    await client.reply();
    const drip = setInterval(() => client.send('X'), 20);
    expect(await client.reply()).to.match(/^421 .*login/);
    clearInterval(drip);
    await client.closed();
  });

  it('hold for the time between commands, and a line without end is none', async () => {
    const { port } = await servers.start({ limits: { idleMs: 200 } });
    const silent = await RawClient.loggedIn(port);
    expect(await silent.reply()).to.match(/^421 /);
    await silent.closed();
    const dripping = await RawClient.loggedIn(port);
    const drip = setInterval(() => dripping.send('X'), 20);
    expect(await dripping.reply()).to.match(/^421 /);
    clearInterval(drip);
    await dripping.closed();
  });

  it('end a client that sends commands and reads no reply', async () => {
    const { port } = await servers.start({ limits: { idleMs: 300 } });
    const client = await RawClient.loggedIn(port);
    client.stopReading();
    for (let n = 0; n < 300; n += 1) client.send('HELP\r\n'.repeat(200));
    await client.gone();
  });

  it('hold for the data connection, which must come in time', async () => {
    const { port, host } = await servers.start({ limits: { dataOpenMs: 100 } });
    const client = await RawClient.loggedIn(port);
    writeFileSync(join(host.root, 'a'), 'as it was');
    await client.passive();
    expect(await client.code('STOR a')).to.equal(425);
    expect(readFileSync(join(host.root, 'a'), 'utf8')).to.equal('as it was');
    await client.passive();
    await until(() => listeners() === 1);
    expect(await client.code('STOR a'), 'after the port was closed').to.equal(425);
    expect(host.open).to.equal(0);
    client.end();
  });

  it('end a transfer that stalls, keep what came, and stay', async () => {
    const { port, host } = await servers.start({ limits: { dataStallMs: 150, idleMs: 100_000 } });
    const client = await RawClient.loggedIn(port);
    const data = await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    data.write('abc');
    expect(await client.reply()).to.match(/^426 /);
    expect(host.ends).to.deep.equal(['aborted a at 3']);
    writeFileSync(join(host.root, 'big'), Buffer.alloc(30_000_000));
    (await client.data()).pause();
    expect(await client.code('RETR big')).to.equal(150);
    expect(await client.reply()).to.match(/^426 /);
    expect(await client.code('NOOP')).to.equal(200);
    client.end();
  });

  it('do not count a transfer as idle', async () => {
    const { port, host } = await servers.start({ limits: { idleMs: 150, dataStallMs: 10_000 } });
    const client = await RawClient.loggedIn(port);
    const data = await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    for (let n = 0; n < 8; n += 1) {
      data.write('x');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    data.end();
    expect(await client.reply()).to.match(/^226 /);
    expect(host.ends).to.deep.equal(['finished a at 8']);
    client.end();
  });
});

describe('a client that breaks off an upload', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  const ways: Record<string, 'data' | 'control'> = {
    'resets its data connection': 'data',
    'closes its control connection': 'control',
  };
  for (const [way, what] of Object.entries(ways)) {
    it(`and ${way}: what came is kept, and can be gone on with`, async () => {
      const { port, host } = await servers.start();
      const client = await RawClient.loggedIn(port);
      const data = await client.data();
      expect(await client.code('STOR a')).to.equal(150);
      data.write('abc');
      await until(() => host.written === 3);
      if (what === 'data') {
        data.resetAndDestroy();
        expect(await client.reply()).to.match(/^426 /);
      }
      client.end();
      await until(() => host.open === 0);
      expect(host.ends).to.deep.equal(['aborted a at 3']);
      const again = await RawClient.loggedIn(port);
      const rest = await again.data();
      rest.end('def');
      expect(await again.code('APPE a')).to.equal(150);
      expect(await again.reply()).to.match(/^226 /);
      expect(readFileSync(join(host.root, 'a'), 'utf8')).to.equal('abcdef');
      again.end();
    });
  }

  it('because it is killed: another goes on', async function () {
    const curl = foreignClients.find(({ name }) => name === 'curl');
    if (curl === undefined || curl.missing !== undefined) {
      process.stdout.write(`SKIPPED: curl: ${curl?.missing}\n`);
      return this.skip();
    }
    const { port, host } = await servers.start();
    const local = join(servers.folder(), 'local');
    writeFileSync(local, Buffer.alloc(5_000_000, 'mezhved'));
    const place = { host: '127.0.0.1', port, ca: undefined };
    const child = startCurlUpload(place, local, 'a');
    await until(() => host.written > 50_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => host.open === 0);
    // The system ends the connections of a killed client cleanly; that of the data is no end of the file.
    expect(host.ends).to.deep.equal([`aborted a at ${host.written}`]);
    expect(readFileSync(join(host.root, 'a')).byteLength).to.equal(host.written);
    expect(host.written).to.be.below(5_000_000);
    await curl.resumeUpload(place, local, 'a');
    expect(readFileSync(join(host.root, 'a')).equals(readFileSync(local))).to.equal(true);
  });
});
