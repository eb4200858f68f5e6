import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FtpTls } from '../../src/ftp/settings.ts';
import { full } from '../fault/full.ts';
import { makeTlsPair } from '../harness/tls-pair.ts';
import { type ForeignClient, foreignClients, type Place, runPython } from './clients.ts';
import { type TestServer, TestServers } from './servers.ts';

const megabyte = 1024 * 1024;
const folder = '6f2a1c9e-0000-11f0-8000-0242ac120002';
const remote = `${folder}/Report.zip`;

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

interface Way {
  readonly name: string;
  readonly host: string;
  readonly tls: 'off' | 'offered' | 'required';
  readonly bytes: number;
}

/** What each client carries: more in the full run. */
const less = (full ? 20 : 2) * megabyte;

const ways: readonly Way[] = [
  { name: 'plain over IPv4', host: '127.0.0.1', tls: 'off', bytes: less },
  { name: 'plain over IPv6', host: '::1', tls: 'off', bytes: less },
  { name: 'plain where TLS is offered', host: '127.0.0.1', tls: 'offered', bytes: less },
  {
    name: 'under TLS, which is required',
    host: 'localhost',
    tls: 'required',
    bytes: less,
  },
];

describe('foreign FTP clients', function () {
  this.timeout(120_000);
  const servers = new TestServers();
  afterEach(() => servers.end());

  async function started(way: Way): Promise<{ server: TestServer; place: Place; here: string }> {
    const here = servers.folder();
    const pair = makeTlsPair(here);
    const tls: FtpTls =
      way.tls === 'off'
        ? { mode: 'off' }
        : {
            mode: way.tls,
            key: readFileSync(pair.key, 'utf8'),
            certificate: readFileSync(pair.certificate, 'utf8'),
          };
    const host = way.host === '::1' ? '::1' : '127.0.0.1';
    const server = await servers.start({ tls, settings: { host } });
    mkdirSync(join(server.host.root, folder));
    const ca = way.tls === 'required' ? pair.certificate : undefined;
    return { server, place: { host: way.host, port: server.port, ca }, here };
  }

  async function carries(client: ForeignClient, way: Way): Promise<void> {
    const { server, place, here } = await started(way);
    const local = join(here, 'local');
    const kept = join(server.host.root, remote);
    writeFileSync(local, randomBytes(way.bytes));
    const wanted = hash(local);
    await client.upload(place, local, remote);
    expect(hash(kept), 'upload').to.equal(wanted);
    expect(server.host.ends).to.deep.equal([`finished Report.zip at ${way.bytes}`]);
    const fetched = join(here, 'fetched');
    await client.download(place, remote, fetched);
    expect(hash(fetched), 'download').to.equal(wanted);
    const half = readFileSync(local).subarray(0, way.bytes / 2 + 1);
    writeFileSync(kept, half);
    await client.resumeUpload(place, local, remote);
    expect(hash(kept), 'resumed upload').to.equal(wanted);
    writeFileSync(fetched, half);
    await client.resumeDownload(place, remote, fetched);
    expect(hash(fetched), 'resumed download').to.equal(wanted);
    expect(server.host.open).to.equal(0);
  }

  for (const client of foreignClients) {
    for (const way of full ? ways : ways.filter(({ tls }) => tls !== 'offered')) {
      it(`${client.name} carries ${way.bytes / megabyte} MB both ways and resumes, ${way.name}`, async function () {
        if (client.missing !== undefined) {
          process.stdout.write(`SKIPPED: ${client.name}: ${client.missing}\n`);
          return this.skip();
        }
        if (way.host === '::1' && !hasIpv6) {
          process.stdout.write('SKIPPED: IPv6: this machine has no ::1\n');
          return this.skip();
        }
        await carries(client, way);
      });
    }
  }

  it('ftplib lists what another put there, and its ABOR out of band is understood', async function () {
    const python = foreignClients.find(({ name }) => name === 'ftplib');
    if (python?.missing !== undefined) {
      process.stdout.write(`SKIPPED: ftplib: ${python.missing}\n`);
      return this.skip();
    }
    for (const way of ways.filter(({ tls }) => tls !== 'offered')) {
      const { server, place, here } = await started(way);
      writeFileSync(join(server.host.root, remote), randomBytes(way.bytes));
      await runPython('list', place, here, remote);
      // Under TLS there is nothing out of band, and ftplib fails by itself.
      if (way.tls === 'off') await runPython('abort', place, here, remote);
    }
  });
});
