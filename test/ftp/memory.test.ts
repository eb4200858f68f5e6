import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { full } from '../fault/full.ts';
import { RawClient } from './raw-client.ts';
import { TestServers } from './servers.ts';

const part = Buffer.alloc(1024 * 1024, 'mezhved ');
const parts = full ? 300 : 40;
const growthMax = 16 * 1024 * 1024;

/** What is held outside of the heap too, once what is not needed is gone. */
function held(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('memory of FTP transfers', function () {
  this.timeout(full ? 600_000 : 60_000);
  const servers = new TestServers();
  afterEach(() => servers.end());

  it(`is bounded for ${parts} MB up to a slow disk, and down to a client that does not read at first`, async () => {
    const { port, host } = await servers.start();
    let most = 0;
    let looks = 0;
    host.slow = async () => {
      looks += 1;
      // At first the disk takes nothing while the client sends all that is taken from it.
      if (looks === 1) await new Promise((resolve) => setTimeout(resolve, 500));
      if (looks % 100 === 1) most = Math.max(most, held());
    };
    const client = await RawClient.loggedIn(port);
    const before = held();
    const data = await client.data();
    expect(await client.code('STOR a')).to.equal(150);
    for (let n = 0; n < parts; n += 1) {
      if (!data.write(part)) await once(data, 'drain');
    }
    data.end();
    expect(await client.reply()).to.match(/^226 /);
    const size = parts * part.byteLength;
    expect(statSync(join(host.root, 'a')).size).to.equal(size);
    expect(looks).to.be.greaterThan(100);
    expect(most - before, 'up').to.be.below(growthMax);

    const down = await client.data();
    down.pause();
    expect(await client.code('RETR a')).to.equal(150);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(held() - before, 'down').to.be.below(growthMax);
    const sum = createHash('sha256');
    down.on('data', (octets: Buffer) => sum.update(octets));
    down.resume();
    await once(down, 'end');
    expect(await client.reply()).to.match(/^226 /);
    const kept = createHash('sha256');
    for await (const octets of createReadStream(join(host.root, 'a'))) kept.update(octets);
    expect(sum.digest('hex')).to.equal(kept.digest('hex'));
    client.end();
  });
});
