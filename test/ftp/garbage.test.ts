import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Chance } from '../fault/chance.ts';
import { full } from '../fault/full.ts';
import { password, user } from './folder-host.ts';
import { RawClient } from './raw-client.ts';
import { listeners, type TestServer, TestServers, until } from './servers.ts';

const sequences = full ? 50_000 : 3000;
const atOnce = 16;

const words = [
  ...['USER', 'PASS', 'AUTH', 'PBSZ', 'PROT', 'FEAT', 'OPTS', 'SYST', 'TYPE', 'MODE', 'STRU'],
  ...['NOOP', 'PWD', 'XPWD', 'CWD', 'CDUP', 'MKD', 'RMD', 'DELE', 'RNFR', 'RNTO', 'PASV', 'EPSV'],
  ...['LIST', 'NLST', 'MLSD', 'MLST', 'SIZE', 'MDTM', 'REST', 'STOR', 'RETR', 'APPE', 'ABOR'],
  ...['STAT', 'HELP', 'ALLO', 'QUIT', 'PORT', 'EPRT', 'SITE', 'STOU', 'REIN', 'GET', '', 'X'],
];
const values = [
  ...[
    '',
    'a',
    'b',
    'a/b',
    '/',
    '..',
    '../a',
    '.',
    '-la',
    '0',
    '5',
    '-1',
    'ALL',
    '1',
    '2',
    'I',
    'A',
  ],
  ...['TLS', 'P', 'C', 'UTF8 ON', 'MLST type;', user, password, '127,0,0,1,0,21', '99999999999'],
  ...['жук', 'a\0', '%s%n', ' ', 'x'.repeat(300), 'y'.repeat(5000), '\xff\xf4', '\r', 'toString'],
];
const passiveLines = ['EPSV\r\n', 'PASV\r\n'];
const transferLines = [
  'STOR a\r\n',
  'RETR a\r\n',
  'LIST\r\n',
  'APPE b\r\n',
  'MLSD\r\n',
  'ABOR\r\n',
];

/** Draws what a client sends; every number comes of the seed. */
class Garbage {
  readonly chance: Chance;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  of<T>(list: readonly T[], otherwise: T): T {
    return list[this.chance.between(0, list.length)] ?? otherwise;
  }

  line(): Buffer {
    const kind = this.chance.between(0, 10);
    if (kind === 0) return Buffer.from(this.of(passiveLines, ''));
    if (kind === 1) return Buffer.from(this.of(transferLines, ''));
    if (kind < 4) return Buffer.from(`EPSV\r\n${this.of(transferLines, '')}`);
    const made = Buffer.from(`${this.of(words, '')} ${this.of(values, '')}\r\n`);
    if (kind < 8) return made;
    for (let n = this.chance.between(1, 4); n > 0; n -= 1) {
      made[this.chance.between(0, made.byteLength)] = this.chance.between(0, 256);
    }
    return kind === 8 ? made : made.subarray(0, this.chance.between(0, made.byteLength));
  }
}

/** One client from its connection to its end, whoever ends it. */
async function sequence(port: number, garbage: Garbage): Promise<void> {
  const { chance } = garbage;
  const datas: Socket[] = [];
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('error', () => undefined);
  socket.on('data', (octets: Buffer) => {
    const announced = /\(\|\|\|(\d+)\|\)/.exec(octets.toString());
    if (announced !== null && chance.between(0, 6) > 0) {
      datas.push(dataTo(Number(announced[1]), chance));
    }
  });
  if (chance.between(0, 5) > 0) socket.write(`USER ${user}\r\nPASS ${password}\r\n`);
  for (let n = chance.between(1, 12); n > 0 && !socket.destroyed; n -= 1) {
    socket.write(garbage.line());
    if (chance.between(0, 3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // Some let it come to the transfer before they end.
  if (chance.between(0, 3) === 0) {
    await new Promise((resolve) => setTimeout(resolve, chance.between(0, 30)));
  }
  const end = chance.between(0, 4);
  if (end === 0) socket.resetAndDestroy();
  else if (end === 1) socket.end();
  // Half a line may stand before it.
  else socket.write(end === 2 ? '\r\nABOR\r\nQUIT\r\n' : '\r\nQUIT\r\n');
  await closed;
  for (const data of datas) data.destroy();
}

function dataTo(port: number, chance: Chance): Socket {
  const data = connect(port, '127.0.0.1');
  data.on('error', () => undefined);
  data.resume();
  const what = chance.between(0, 4);
  const octets = randomBytes(chance.between(1, 100_000));
  if (what === 0) data.end(octets);
  else if (what === 1) data.write(octets);
  else if (what === 2) data.write(octets, () => data.resetAndDestroy());
  return data;
}

describe('garbage over FTP', function () {
  this.timeout(full ? 1_800_000 : 120_000);
  const servers = new TestServers();
  afterEach(() => servers.end());

  async function serves(server: TestServer): Promise<void> {
    const client = await RawClient.loggedIn(server.port);
    const data = await client.data();
    data.end('abc');
    expect(await client.code('STOR last')).to.equal(150);
    expect(await client.reply()).to.match(/^226 /);
    client.end();
  }

  it(`${sequences} sequences: no crash, none that hangs, no port left open, no upload`, async () => {
    const chance = new Chance();
    process.stdout.write(
      `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
    );
    const before = listeners();
    const server = await servers.start({
      limits: {
        connectionsPerAddressMax: 100,
        dataOpenMs: 300,
        dataStallMs: 300,
        idleMs: 1000,
        lockout: { failures: 1_000_000, withinMs: 1000, lockedMs: 1000 },
      },
    });
    let left = sequences;
    const some = async () => {
      while (left > 0) {
        left -= 1;
        await sequence(server.port, new Garbage(chance));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, some));
    await serves(server);
    await until(() => listeners() === before + 1 && server.host.open === 0);
    const failed = server.lines.filter((line) => line.includes('"level":"error"'));
    expect(failed).to.deep.equal([]);
    process.stdout.write(`        ${server.host.ends.length} uploads among it\n`);
    expect(server.host.ends.length, 'uploads were among it').to.be.greaterThan(50);
    await server.close(0);
    await until(() => listeners() === before);
  });
});
