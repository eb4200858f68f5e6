import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../src/store/database.ts';
import { Client, freshMessageId, polledResponse, sandboxSigner } from '../harness/client.ts';
import { paymentRequest } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { type FreshDatabase, freshPostgres } from '../harness/postgres.ts';
import { type RedisServer, startRedis } from '../harness/redis.ts';

describe('a node whose workers deliver', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: FreshDatabase | undefined;
  let redis: RedisServer | undefined;
  let node: NodeProcess;
  let workers: NodeProcess[];
  let client: Client;

  before(async function () {
    workers = [];
    folder = await temporaryFolder();
    redis = await startRedis();
    database = await freshPostgres();
    if (redis === undefined || database === undefined) {
      process.stdout.write('SKIPPED: workers: install the Debian packages postgresql and redis\n');
      return this.skip();
    }
    const config = join(folder.path, 'workers.yaml');
    writeFileSync(config, 'delivery: { serve: false, sweepEveryMs: 500 }\n');
    const env = {
      MEZHVED_CONFIG: config,
      MEZHVED_DATABASE_URL: database.url,
      MEZHVED_REDIS_URL: redis.url,
    };
    node = await startNode(join(folder.path, 'data'), env);
    for (let n = 0; n < 2; n += 1) {
      workers.push(await startNode(join(folder.path, `worker-${n}`), env, ['worker']));
    }
    client = new Client(node.url, '1.2', sandboxSigner('agency-a'));
  });
  after(async () => {
    for (const each of workers) await each.stop();
    await node?.stop();
    await redis?.stop();
    await database?.drop();
    await folder?.remove();
  });

  const send = async (messageId: string) => {
    const sent = await client.sendRequest({ messageId, content: paymentRequest() });
    expect(sent.code).to.equal(undefined);
    return messageId;
  };

  /** Takes answers until each of these requests has one. */
  async function answersTo(ids: readonly string[]): Promise<void> {
    const open = new Set(ids);
    const end = performance.now() + 30_000;
    while (open.size > 0) {
      if (performance.now() > end) throw new Error(`no answer to ${[...open].join(', ')}`);
      const response = polledResponse(await client.poll('GetResponse'));
      if (response === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const { messageId, originalMessageId = '' } = response;
      expect(open.delete(originalMessageId), 'once').to.equal(true);
      await client.ack(messageId);
    }
  }

  async function health({ adminUrl }: NodeProcess) {
    const response = await fetch(adminUrl);
    return { code: response.status, ...((await response.json()) as object) };
  }

  it('answers a request', async () => {
    await answersTo([await send(freshMessageId())]);
  });

  it('tells the health of each process', async () => {
    expect(await health(node)).to.deep.include({
      ...{ code: 200, status: 'ready' },
      checks: { database: true, compute: true, room: true },
    });
    for (const worker of workers) {
      expect(await health(worker)).to.deep.equal({
        ...{ code: 200, status: 'ready', checks: { database: true, delivery: true } },
      });
    }
    const names = workers.map(({ output }) => /доставки (\S+)/.exec(output())?.[1]);
    expect(names).to.deep.equal(['mezhved-1-worker-1', 'mezhved-1-worker-2']);
  });

  it('loses nothing, and doubles nothing, when a worker stops under load', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) ids.push(await send(freshMessageId()));
    const stopped = workers.shift()?.stop();
    for (let n = 0; n < 12; n += 1) ids.push(await send(freshMessageId()));
    expect(await stopped).to.equal(0);
    await answersTo(ids);
    const { kysely, close } = openDatabase(database?.url ?? '');
    try {
      const rows = await kysely
        .selectFrom('delivery')
        .select(['state', 'failures'])
        .where('state', '!=', 'done')
        .execute();
      expect(rows).to.deep.equal([]);
    } finally {
      await close();
    }
    expect(polledResponse(await client.poll('GetResponse'))).to.equal(undefined);
    const verified = await mezhved(['journal', 'verify', '--json'], node.env);
    expect(JSON.parse(verified.stdout)).to.include({ ok: true });
  });

  it('takes requests while no worker is there, and delivers them when one comes', async () => {
    for (const worker of workers.splice(0)) await worker.stop();
    const ids = [await send(freshMessageId()), await send(freshMessageId())];
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(polledResponse(await client.poll('GetResponse'))).to.equal(undefined);
    workers.push(await startNode(join(folder.path, 'worker-9'), node.env, ['worker']));
    await answersTo(ids);
  });
});
