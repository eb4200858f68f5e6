import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { allOf, opened, RawClient } from './raw-client.ts';
import { listeners, TestServers, until } from './servers.ts';

describe('attacks on the FTP server', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  it('cannot send it to another host: PORT and EPRT are refused', async () => {
    const { port } = await servers.start();
    const client = await RawClient.loggedIn(port);
    for (const line of ['PORT 127,0,0,1,0,80', 'EPRT |1|192.0.2.1|80|', 'PORT']) {
      expect(await client.ask(line), line).to.match(/^502 .*passive mode only/);
    }
    expect(await client.code('LIST')).to.equal(425);
    expect(await client.code('EPSV ALL')).to.equal(200);
    expect(await client.code('PASV')).to.equal(503);
    expect(await client.passive()).to.be.greaterThan(0);
    client.end();
  });

  it('cannot take the place of a client on its data port from another address', async () => {
    const { port, host } = await servers.start();
    writeFileSync(join(host.root, 'a'), 'secret');
    const client = await RawClient.loggedIn(port);
    for (const line of ['RETR a', 'STOR b', 'LIST']) {
      const stranger = await client.data('127.0.0.2');
      const got = allOf(stranger).catch(() => Buffer.alloc(0));
      await Promise.race([once(stranger, 'close'), once(stranger, 'end')]);
      expect(await client.ask(line), line).to.match(/^425 .*another address/);
      expect((await got).toString()).to.equal('');
      stranger.destroy();
    }
    expect(host.ends).to.deep.equal([]);
    expect(existsSync(join(host.root, 'b'))).to.equal(false);
    const again = await client.data();
    client.send('RETR a\r\n');
    expect((await allOf(again)).toString()).to.equal('secret');
    client.end();
  });

  it('find one data connection behind each port, and none behind the one before', async () => {
    const { port, host } = await servers.start();
    writeFileSync(join(host.root, 'a'), 'abc');
    const client = await RawClient.loggedIn(port);
    const first = await client.passive();
    const second = await client.passive();
    const refused = async (at: number) =>
      opened(at).then(
        async (socket) => {
          // It may have been taken by the system before the port was closed.
          await once(socket, 'close');
          return true;
        },
        () => true,
      );
    expect(await refused(first)).to.equal(true);
    const data = await opened(second);
    await until(() => listeners() === 1);
    expect(await refused(second)).to.equal(true);
    client.send('RETR a\r\n');
    expect((await allOf(data)).toString()).to.equal('abc');
    client.end();
  });

  it('cannot leave the folder by any name', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.loggedIn(port);
    const outside = join(host.root, '..', 'mezhved-ftp-outside');
    const names = [
      ...['../mezhved-ftp-outside', '/../mezhved-ftp-outside', 'a/../../mezhved-ftp-outside', '..'],
      ...['..\\mezhved-ftp-outside', 'C:\\mezhved-ftp-outside', './x', 'a//b', '//etc/passwd'],
      ...['a\tb', 'a\rDELE b', 'x'.repeat(256), 'ж'.repeat(128), `${'a/'.repeat(16)}b`],
    ];
    for (const name of names) {
      for (const verb of ['MKD', 'RMD', 'DELE', 'SIZE', 'MDTM', 'MLST', 'RNFR']) {
        expect(await client.code(`${verb} ${name}`), `${verb} ${name}`).to.equal(553);
      }
      for (const verb of ['STOR', 'RETR', 'APPE', 'LIST', 'MLSD', 'NLST']) {
        await client.passive();
        expect(await client.code(`${verb} ${name}`), `${verb} ${name}`).to.equal(553);
      }
    }
    expect(await client.code('MKD nul\0byte')).to.equal(501);
    client.send(Buffer.from('MKD \xc0\xae\xc0\xae\r\n', 'latin1'));
    expect(await client.reply(), 'an overlong ..').to.match(/^501 /);
    expect(await client.code('MKD %2e%2e')).to.equal(257);
    expect(await client.code('CWD %2e%2e')).to.equal(250);
    expect(await client.ask('PWD')).to.include('"/%2e%2e"');
    expect(existsSync(outside)).to.equal(false);
    expect(readdirSync(host.root)).to.deep.equal(['%2e%2e']);
    client.end();
  });

  it('cannot hide a command in a name: each line is one, and a lone CR is none', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.loggedIn(port);
    client.send('MKD a\r\nMKD b\rMKD c\nMKD d\r\n');
    expect((await client.reply()).slice(0, 3)).to.equal('257');
    expect((await client.reply()).slice(0, 3)).to.equal('553');
    expect((await client.reply()).slice(0, 3)).to.equal('257');
    expect(readdirSync(host.root).sort()).to.deep.equal(['a', 'd']);
    client.end();
  });

  it('that guess lock user and address, also where the last guess is right, until the time is over', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { port, host } = await servers.start({
      clock: { now: () => now },
      limits: { lockout: { failures: 4, withinMs: 60_000, lockedMs: 300_000 } },
    });
    const guess = async (name: string, secret: string | undefined, from: string) => {
      const client = await RawClient.connect(port, { from });
      await client.reply();
      const answer = secret === undefined ? await client.login() : await client.login(name, secret);
      client.end();
      return answer;
    };
    const answers = [
      await guess('is-agency', 'x', '127.0.0.1'),
      await guess('nobody', 'x', '127.0.0.1'),
    ];
    answers.push(
      await guess('is-agency', 'y', '127.0.0.1'),
      await guess('is-agency', 'z', '127.0.0.1'),
    );
    expect(host.logins).to.equal(4);
    answers.push(
      await guess('is-agency', undefined, '127.0.0.1'),
      await guess('is-agency', undefined, '127.0.0.3'),
    );
    expect(host.logins, 'the host is not asked').to.equal(4);
    answers.push(await guess('other', 'x', '127.0.0.1'));
    expect(host.logins).to.equal(4);
    expect(new Set(answers).size, 'all the same').to.equal(1);
    expect(answers[0]).to.match(/^530 /);
    now += 299_999;
    expect(await guess('is-agency', undefined, '127.0.0.1')).to.match(/^530 /);
    now += 1;
    expect(await guess('is-agency', undefined, '127.0.0.1')).to.match(/^230 /);
  });

  it('that guess on many connections at once gain nothing', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await servers.start({
      limits: { lockout: { failures: 3, withinMs: 60_000, lockedMs: 300_000 } },
    });
    const { login } = server.host;
    server.host.login = async (name, secret) => {
      const account = await login.call(server.host, name, secret);
      // The right one is answered last.
      if (account !== undefined) await held;
      return account;
    };
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => RawClient.connect(server.port)),
    );
    await Promise.all(clients.map((client) => client.reply()));
    const [right, ...wrong] = clients;
    const good = right?.login();
    await until(() => server.host.logins === 1);
    await Promise.all(wrong.map((client) => client.login('is-agency', 'x')));
    release();
    expect(await good).to.match(/^530 /);
    for (const client of clients) client.end();
  });

  it('that guess on one connection are hung up on', async () => {
    const { port } = await servers.start();
    const client = await RawClient.connect(port);
    await client.reply();
    expect(await client.login('a', 'x')).to.match(/^530 /);
    expect(await client.code('PASS again'), 'USER first').to.equal(503);
    expect(await client.login('b', 'x')).to.match(/^530 /);
    expect(await client.login('c', 'x')).to.match(/^421 /);
    await client.closed();
  });

  it('by a browser end soon: HTTP is no FTP', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.connect(port);
    await client.reply();
    client.send(
      `POST / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nOrigin: c\r\nX: d\r\n\r\nUSER a\r\nPASS b\r\n`,
    );
    await client.closed();
    expect(host.logins).to.equal(0);
  });
});

describe('addresses and ports of the FTP server', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  it('are announced as configured, and passive ports come out of the range until it is used up', async () => {
    const probe = await servers.start();
    const from = probe.port;
    // A range of ports that were free a moment ago, one of them taken.
    const { port } = await servers.start({
      settings: { publicAddress: '192.0.2.7', passivePorts: { from, to: from + 2 } },
    });
    const clients = [await RawClient.loggedIn(port), await RawClient.loggedIn(port)];
    const given: number[] = [];
    for (const client of clients) {
      const answer = await client.ask('PASV');
      if (answer.startsWith('425')) continue;
      const numbers = /\(192,0,2,7,(\d+),(\d+)\)\.$/.exec(answer);
      given.push(Number(numbers?.[1]) * 256 + Number(numbers?.[2]));
    }
    expect(new Set(given).size).to.equal(given.length);
    for (const at of given) expect(at).to.be.within(from + 1, from + 2);
    const last = await RawClient.loggedIn(port);
    expect(await last.code('PASV')).to.equal(425);
    expect(await last.code('NOOP')).to.equal(200);
    for (const client of [...clients, last]) client.end();
  });

  for (const announced of [undefined, '192.0.2.7'])
    it(`are ${announced ?? 'those at which the client came'}, of its family`, async function () {
      const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
      if (!own.some(({ address }) => address === '::1')) {
        process.stdout.write('SKIPPED: IPv6: this machine has no ::1\n');
        return this.skip();
      }
      const { port, host } = await servers.start({
        settings: { host: '::', ...(announced ? { publicAddress: announced } : {}) },
      });
      writeFileSync(join(host.root, 'a'), 'abc');
      const six = await RawClient.loggedIn(port, { host: '::1' });
      expect(await six.ask('PASV')).to.match(/^522 .*\(2\)$/);
      expect(await six.code('EPSV 1')).to.equal(522);
      const data = await opened(
        Number(/\|(\d+)\|/.exec(await six.ask('EPSV 2'))?.[1]),
        undefined,
        '::1',
      );
      six.send('RETR a\r\n');
      expect((await allOf(data)).toString()).to.equal('abc');
      const four = await RawClient.loggedIn(port);
      const shown = (announced ?? '127.0.0.1').replaceAll('.', ',');
      expect(await four.ask('PASV')).to.include(`(${shown},`);
      expect(await four.ask('EPSV 2')).to.match(/^522 .*\(1\)$/);
      six.end();
      four.end();
    });
});
