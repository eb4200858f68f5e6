import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { password } from './folder-host.ts';
import { allOf, opened, RawClient } from './raw-client.ts';
import { TestServers, until } from './servers.ts';

describe('an FTP session', () => {
  const servers = new TestServers();
  afterEach(() => servers.end());

  it('greets, tells what it can do, and knows nobody before the login', async () => {
    const { port } = await servers.start();
    const client = await RawClient.connect(port);
    expect(await client.reply()).to.match(/^220 /);
    expect(await client.ask('FEAT')).to.equal(
      [
        '211-Features:',
        ' EPSV',
        ' MDTM',
        ' MLST type*;size*;modify*;',
        ' REST STREAM',
        ' SIZE',
        ' TVFS',
        ' UTF8',
        '211 End',
      ].join('\r\n'),
    );
    expect(await client.ask('SYST')).to.equal('215 UNIX Type: L8');
    expect(await client.code('OPTS UTF8 ON')).to.equal(200);
    expect(await client.ask('HELP')).to.match(/^214-[\s\S]* RETR [\s\S]*214 End$/);
    for (const line of [
      'PASV',
      'EPSV',
      'LIST',
      'RETR a',
      'STOR a',
      'CWD a',
      'DELE a',
      'MLST',
      'STAT',
    ])
      expect(await client.code(line), line).to.equal(530);
    expect(await client.code('PASS x')).to.equal(503);
    expect(await client.code(`USER ${'u'.repeat(256)}`)).to.equal(501);
    expect(await client.code('USER a\tb')).to.equal(501);
    expect(await client.login()).to.match(/^230 /);
    expect(await client.code('USER other')).to.equal(503);
    expect(await client.code('QUIT')).to.equal(221);
    await client.closed();
  });

  it('takes parameters that mean what it does, and says no to others', async () => {
    const { port } = await servers.start();
    const client = await RawClient.loggedIn(port);
    const expected: readonly [string, number][] = [
      ['TYPE I', 200],
      ['TYPE A', 200],
      ['type a n', 200],
      ['TYPE E', 504],
      ['MODE S', 200],
      ['MODE B', 504],
      ['STRU F', 200],
      ['STRU R', 504],
      ['ALLO 100', 202],
      ['NOOP', 200],
      ['STAT', 211],
      ['STAT /', 501],
      ['SITE CHMOD 777 a', 502],
      ['STOU', 502],
      ['REIN', 502],
      ['AUTH TLS', 502],
      ['PROT P', 503],
      ['PORT 127,0,0,1,0,22', 502],
      ['EPRT |1|127.0.0.1|22|', 502],
      ['REST -1', 501],
      ['REST 1e3', 501],
      ['REST 9007199254740993', 501],
      ['REST 5', 350],
      ['MKD', 501],
      ['PWD x', 501],
      ['RNTO b', 503],
      ['EPSV 2', 522],
      ['EPSV x', 501],
      ['nonsense', 500],
      ['', 500],
      ['OPTS MLST size;colour;', 200],
      ['OPTS HASH', 501],
    ];
    for (const [line, code] of expected) expect(await client.code(line), line).to.equal(code);
    expect(await client.ask('TYPE A')).to.match(/without|as they are/);
    client.end();
  });

  it('keeps folders: made, entered, listed, left, removed, renamed', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.loggedIn(port);
    const talk: readonly [string, RegExp][] = [
      ['MKD a"b', /^257 "\/a""b" /],
      ['MKD a"b', /^550 /],
      ['CWD a"b', /^250 /],
      ['XMKD deep', /^257 "\/a""b\/deep" /],
      ['CWD deep', /^250 /],
      ['PWD', /^257 "\/a""b\/deep" /],
      ['CWD ..', /^250 /],
      ['CDUP', /^250 "\/" /],
      ['CDUP', /^250 "\/" /],
      ['XPWD', /^257 "\/" /],
      ['CWD absent', /^550 /],
      ['RNFR a"b/deep', /^350 /],
      ['RNTO /moved', /^250 /],
      ['RNTO /again', /^503 /],
      ['RNFR moved', /^350 /],
      ['NOOP', /^200 /],
      ['RNTO again', /^503 /],
      ['RMD moved', /^250 /],
      ['RMD moved', /^550 /],
      ['RMD /', /^553 /],
      ['DELE /', /^553 /],
      ['MKD /', /^553 /],
    ];
    for (const [line, answer] of talk) expect(await client.ask(line), line).to.match(answer);
    expect(existsSync(join(host.root, 'a"b'))).to.equal(true);
    client.end();
  });

  it('tells of files: SIZE, MDTM, MLST, and lists in each form', async () => {
    const { port, host } = await servers.start();
    mkdirSync(join(host.root, 'in'));
    writeFileSync(join(host.root, 'in', 'отчёт 1.xml'), 'abc');
    const client = await RawClient.loggedIn(port);
    expect(await client.ask('SIZE in/отчёт 1.xml')).to.equal('213 3');
    expect(await client.ask('MDTM in/отчёт 1.xml')).to.match(/^213 \d{14}$/);
    expect(await client.code('SIZE in')).to.equal(550);
    expect(await client.code('MDTM nothing')).to.equal(550);
    expect(await client.ask('MLST in/отчёт 1.xml')).to.match(
      /^250-Listing\r\n type=file;size=3;modify=\d{14}; \/in\/отчёт 1.xml\r\n250 End$/,
    );
    expect(await client.ask('MLST')).to.match(/ type=dir;modify=\d{14}; \/\r\n/);
    const listed = async (line: string) => {
      const data = await client.data();
      client.send(`${line}\r\n`);
      const text = (await allOf(data)).toString();
      expect(await client.reply(), line).to.match(/^150 /);
      expect(await client.reply(), line).to.match(/^226 /);
      return text;
    };
    expect(await listed('LIST')).to.match(
      /^drwxr-xr-x 1 ftp ftp +0 [A-Z][a-z]{2} \d\d .{5} in\r\n$/,
    );
    expect(await listed('LIST -la in')).to.match(/^-rw-r--r-- 1 ftp ftp +3 .* отчёт 1.xml\r\n$/);
    expect(await listed('LIST -a')).to.match(/ in\r\n$/);
    expect(await listed('NLST in')).to.equal('отчёт 1.xml\r\n');
    expect(await listed('NLST in/отчёт 1.xml')).to.equal('отчёт 1.xml\r\n');
    expect(await client.ask('OPTS MLST Size;')).to.equal('200 MLST OPTS size;');
    expect(await listed('MLSD in')).to.equal('size=3; отчёт 1.xml\r\n');
    await client.data();
    expect(await client.code('MLSD in/отчёт 1.xml')).to.equal(501);
    await client.data();
    expect(await client.code('LIST absent')).to.equal(550);
    client.end();
  });

  it('does pipelined commands in their order, a transfer among them', async () => {
    const { port, host } = await servers.start();
    writeFileSync(join(host.root, 'a'), 'abc');
    const client = await RawClient.connect(port);
    client.send(`USER is-agency\r\nPASS ${password}\r\nMKD x\r\nCWD x\r\nPWD\r\nEPSV\r\n`);
    const codes: string[] = [];
    for (let n = 0; n < 6; n += 1) codes.push((await client.reply()).slice(0, 3));
    expect(codes).to.deep.equal(['220', '331', '230', '257', '250', '257']);
    const data = await opened(Number(/\|(\d+)\|/.exec(await client.reply())?.[1]));
    client.send('RETR /a\r\nDELE /a\r\nSIZE /a\r\nQUIT\r\n');
    expect((await allOf(data)).toString()).to.equal('abc');
    for (const code of [150, 226, 250, 550, 221]) {
      expect(Number((await client.reply()).slice(0, 3))).to.equal(code);
    }
  });

  it('does more commands at once than it keeps ahead', async () => {
    const { port } = await servers.start({ limits: { commandsAheadMax: 4 } });
    const client = await RawClient.loggedIn(port);
    client.send('NOOP\r\n'.repeat(20_000));
    for (let n = 0; n < 20_000; n += 1) expect(await client.reply()).to.equal('200 OK');
    client.end();
  });

  it('stores, resumes by REST and by APPE, and reads from an offset', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.loggedIn(port);
    const store = async (text: string, ...lines: string[]) => {
      const data = await client.data();
      for (const line of lines.slice(0, -1)) expect(await client.code(line), line).to.equal(350);
      data.end(text);
      expect(await client.code(lines.at(-1) ?? '')).to.equal(150);
      return client.reply();
    };
    const kept = () => readFileSync(join(host.root, 'a'), 'utf8');
    expect(await store('abcdef', 'STOR a')).to.match(/^226 /);
    expect(kept()).to.equal('abcdef');
    expect(await store('XY', 'REST 3', 'STOR a')).to.match(/^226 /);
    expect(kept()).to.equal('abcXY');
    expect(await store('Z', 'APPE a')).to.match(/^226 /);
    expect(kept()).to.equal('abcXYZ');
    expect(await store('', 'STOR b')).to.match(/^226 /);
    const data = await client.data();
    expect(await client.code('REST 4')).to.equal(350);
    client.send('RETR a\r\n');
    expect((await allOf(data)).toString()).to.equal('YZ');
    expect(await client.reply()).to.match(/^150 /);
    expect(await client.reply()).to.match(/^226 /);
    await client.data();
    expect(await client.code('REST 7')).to.equal(350);
    expect(await client.code('RETR a')).to.equal(554);
    await client.data();
    expect(await client.code('REST 7')).to.equal(350);
    expect(await client.code('STOR a')).to.equal(554);
    expect(await store('new', 'STOR a'), 'REST is forgotten').to.match(/^226 /);
    expect(kept()).to.equal('new');
    expect(host.open).to.equal(0);
    client.end();
  });

  it('says 226 only after the upload is kept', async () => {
    const { port, host } = await servers.start();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    host.slow = () => held;
    const client = await RawClient.loggedIn(port);
    const data = await client.data();
    data.end('abc');
    expect(await client.code('STOR a')).to.equal(150);
    const answered = client.reply().then((text) => `${host.ends.length} ended: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(host.ends).to.deep.equal([]);
    release();
    expect(await answered).to.match(/^1 ended: 226 /);
    expect(host.ends).to.deep.equal(['finished a at 3']);
    client.end();
  });

  it('ends a transfer on ABOR and keeps what came, and stays', async () => {
    const { port, host } = await servers.start();
    const client = await RawClient.loggedIn(port);
    const data = await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    data.write('abc');
    await until(
      () => existsSync(join(host.root, 'a')) && readFileSync(join(host.root, 'a')).length === 3,
    );
    client.send(Buffer.from('\xff\xf4\xff\xf2ABOR\r\n', 'latin1'));
    expect(await client.reply()).to.match(/^426 /);
    expect(await client.reply()).to.match(/^226 /);
    expect(host.ends).to.deep.equal(['aborted a at 3']);
    await client.passive();
    client.send('STOR b\r\nABOR\r\n');
    expect(await client.reply(), 'before the data connection').to.match(/^426 /);
    expect(await client.reply()).to.match(/^226 /);
    expect(host.open).to.equal(0);
    expect(await client.code('ABOR')).to.equal(226);
    expect(await client.code('NOOP')).to.equal(200);
    client.end();
  });

  it('answers 452 where the host has no room, and stays', async () => {
    const { port, host } = await servers.start();
    host.room = 1_000_000;
    const client = await RawClient.loggedIn(port);
    const data = await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    data.end(Buffer.alloc(3_000_000));
    expect(await client.reply()).to.match(/^452 /);
    expect(host.ends).to.have.lengthOf(1);
    expect(host.ends[0]).to.match(/^aborted a at \d+$/);
    expect(await client.code('NOOP')).to.equal(200);
    client.end();
  });

  it('answers 451 where the host fails, and tells nothing of it', async () => {
    const { port, host, lines } = await servers.start({
      host: {
        login: async () => {
          throw new Error('the secret place');
        },
      },
    });
    const client = await RawClient.connect(port);
    await client.reply();
    expect(await client.login()).to.match(/^451 (?!.*secret)/);
    expect(lines.join('')).to.include('the secret place');
    expect(host.logins).to.equal(0);
    client.end();
  });

  it('logs no credentials', async () => {
    const { port, lines } = await servers.start();
    const client = await RawClient.connect(port);
    await client.reply();
    await client.login('is-agency', 'wrong-secret');
    await client.login();
    await client.ask('PASS another-secret');
    expect(lines.length).to.be.greaterThan(1);
    expect(lines.join('')).not.to.match(/secret|is-agency|пароль/);
    client.end();
  });
});
