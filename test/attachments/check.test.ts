import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { CheckFailed, commandCheck, httpCheck } from '../../src/attachments/check.ts';

const limits = { withinMs: 5000, concurrency: 2 };

function file(octets: Uint8Array, name = 'scan') {
  return { name, mimeType: 'application/pdf', open: async () => Readable.from([octets]) };
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) => (error instanceof CheckFailed ? 'failed' : error));
}

describe('a check of files by a command', () => {
  const sh = (script: string) => commandCheck(['sh', '-c', script], limits);

  it('lets through, refuses with what it printed, or fails', async () => {
    const octets = randomBytes(200_000);
    expect(await sh('cat >/dev/null')(file(octets))).to.deep.equal({ passed: true });
    const told = await sh('cat >/dev/null; printf "EICAR\\n\\033[31m found"; exit 1')(file(octets));
    expect(told).to.deep.equal({ passed: false, why: 'EICAR [31m found' });
    expect(await outcome(sh('exit 2')(file(octets)))).to.equal('failed');
    expect(await outcome(sh('kill -9 $$')(file(octets)))).to.equal('failed');
    const none = commandCheck(['no-such-program'], limits);
    expect(await outcome(none(file(octets)))).to.equal('failed');
  });

  it('gives the octets and the names, and no name to a shell', async () => {
    const name = '$(touch x); `id`';
    const counted = await sh('wc -c; echo "$FILE_NAME|$FILE_TYPE"; exit 1')(
      file(Buffer.alloc(70_000), name),
    );
    expect(counted).to.deep.equal({ passed: false, why: `70000 ${name}|application/pdf` });
  });

  it('ends a command that takes too long, and waits for no reader that has seen enough', async () => {
    const slow = commandCheck(['sleep', '60'], { ...limits, withinMs: 200 });
    expect(await outcome(slow(file(randomBytes(10))))).to.equal('failed');
    const brief = await sh('head -c 1 >/dev/null; exit 1')(file(randomBytes(3_000_000)));
    expect(brief).to.deep.equal({ passed: false, why: '' });
  });

  it('runs no more at once than it may, and all of them', async () => {
    const check = sh('cat >/dev/null; sleep 0.05');
    const all = await Promise.all(Array.from({ length: 7 }, () => check(file(randomBytes(10)))));
    expect(all.every(({ passed }) => passed)).to.equal(true);
  });
});

describe('a check of files by HTTP', () => {
  let server: Server;
  let url: string;
  let came: { name: string | undefined; size: number }[];
  let status = 204;
  before(async () => {
    server = createServer((request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => {
        size += chunk.byteLength;
      });
      request.on('end', () => {
        came.push({ name: request.headers['x-file-name'] as string, size });
        response.writeHead(status).end(status === 204 ? undefined : 'Вирус: EICAR');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`;
  });
  beforeEach(() => {
    came = [];
  });
  after(() => server.close());

  it('lets through, refuses with the text of the answer, or fails', async () => {
    const check = httpCheck(url, limits);
    const octets = randomBytes(300_000);
    status = 204;
    expect(await check(file(octets, 'имя'))).to.deep.equal({ passed: true });
    expect(came).to.deep.equal([{ name: encodeURIComponent('имя'), size: 300_000 }]);
    for (status of [403, 406, 422]) {
      expect(await check(file(octets))).to.deep.equal({ passed: false, why: 'Вирус: EICAR' });
    }
    for (status of [404, 500, 302]) {
      expect(await outcome(check(file(octets)))).to.equal('failed');
    }
    const nowhere = httpCheck('http://127.0.0.1:1/', limits);
    expect(await outcome(nowhere(file(octets)))).to.equal('failed');
  });
});
