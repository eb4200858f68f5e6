import { expect } from 'chai';
import type { BullmqQueue } from '../../src/queue/bullmq.ts';
import { connectProducer } from '../../src/queue/redis.ts';
import { RedisUnfit } from '../../src/queue/redis-url.ts';
import { forEachDatabase, type TestDatabase } from '../harness/databases.ts';
import { temporaryFolder } from '../harness/node.ts';
import {
  type RedisServer,
  type RedisSettings,
  startCluster,
  startRedis,
  startSentinel,
} from '../harness/redis.ts';
import { makeTlsPair } from '../harness/tls-pair.ts';
import { addTo, connectBullmq, finishing, pause, statesIn, until } from './engines.ts';

forEachDatabase((kind, open) => {
  // What Redis is like has nothing to do with the database.
  if (kind !== 'sqlite') return;

  describe('a Redis', function () {
    this.timeout(30_000);
    let database: TestDatabase;
    let servers: RedisServer[];
    let engines: BullmqQueue[];
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    beforeEach(async () => {
      database = await open();
      servers = [];
      engines = [];
      folder = await temporaryFolder();
    });
    afterEach(async () => {
      await Promise.all(engines.map((engine) => engine.stop(500)));
      for (const server of servers) await server.stop();
      await folder.remove();
    });

    /** The harness prints SKIPPED: Redis where there is none. */
    async function started(
      test: Mocha.Context,
      starting: Promise<RedisServer | undefined>,
    ): Promise<RedisServer> {
      const server = await starting;
      if (server === undefined) return test.skip();
      servers.push(server);
      return server;
    }
    const redisOf = (test: Mocha.Context, settings?: RedisSettings) =>
      started(test, startRedis(settings));

    async function connect(url: string, how?: Parameters<typeof connectBullmq>[2]) {
      const engine = await connectBullmq(database, url, how);
      engines.push(engine);
      return engine;
    }

    /** A job goes through the Redis of this address. */
    async function carries(url: string): Promise<void> {
      const engine = await connect(url);
      const done: string[] = [];
      await engine.start(finishing(database, done));
      engine.enqueue(await addTo(database, 'x'));
      await until(() => done.length === 1);
      expect(await engine.isUp()).to.equal(true);
      expect(await statesIn(database)).to.deep.equal(['x done 1']);
    }

    it('that may throw jobs away is refused by the name of the setting', async function () {
      const redis = await redisOf(this, { policy: 'allkeys-lru' });
      const refused = await connectBullmq(database, redis.url).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(RedisUnfit);
      expect(String(refused)).to.match(/maxmemory-policy = allkeys-lru.* \/ .*noeviction/);
    });

    it('without an append-only file is told of, one with it is not', async function () {
      for (const appendonly of [false, true]) {
        const redis = await redisOf(this, { appendonly });
        const told: string[] = [];
        await connect(redis.url, { told });
        expect(told.some((state) => state.includes('AOF'))).to.equal(!appendonly);
      }
    });

    it('with TLS and a password carries jobs', async function () {
      const { certificate, key } = makeTlsPair(folder.path);
      const tls = { certificate, key, ca: certificate };
      const { url } = await redisOf(this, { password: 'п@роль:/%', tls });
      await carries(`${url}/2?ca=${encodeURIComponent(certificate)}`);
    });

    it('that demands a certificate of its client carries jobs', async function () {
      const { certificate, key } = makeTlsPair(folder.path);
      const tls = { certificate, key, ca: certificate, clientCertificate: true };
      const { url } = await redisOf(this, { tls });
      await carries(`${url}?ca=${certificate}&cert=${certificate}&key=${key}`);
    });

    it('whose certificate is of another authority is not spoken to, nor one with another password', async function () {
      const { certificate, key } = makeTlsPair(folder.path);
      const stranger = makeTlsPair(folder.path, 'stranger');
      const tls = { certificate, key, ca: certificate };
      const { url } = await redisOf(this, { password: 's3cret', tls });
      for (const [wrong, why] of [
        [`${url}?ca=${stranger.certificate}`, /certificate/],
        [url, /certificate/],
        [`${url.replace('s3cret', 'wrong1')}?ca=${certificate}`, /WRONGPASS|NOAUTH/],
      ] as const) {
        const told: string[] = [];
        const connection = connectProducer(wrong, (state) => told.push(state));
        await until(() => told.length > 0);
        expect(told[0])
          .to.match(why)
          .and.not.match(/s3cret|wrong1/);
        connection.disconnect();
      }
      expect(() => connectProducer(`${url}?ca=/none.pem`, () => undefined)).to.throw(
        RedisUnfit,
        /\/none\.pem$/,
      );
    });

    it('behind a sentinel carries jobs', async function () {
      const master = await redisOf(this);
      const sentinel = await started(this, startSentinel(master));
      await carries(`redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`);
    });

    it('of a cluster carries jobs', async function () {
      const cluster = await started(this, startCluster());
      await carries(`redis+cluster://127.0.0.1:${cluster.port}`);
    });

    it('of a cluster with a password carries jobs', async function () {
      const cluster = await started(this, startCluster({ password: 's3cret' }));
      await carries(`redis+cluster://:s3cret@127.0.0.1:${cluster.port}`);
    });

    it('that is started anew and empty is given all that waited, and what came meanwhile', async function () {
      const redis = await redisOf(this);
      const told: string[] = [];
      const change = { sweepEveryMs: 300 };
      const engine = await connect(redis.url, { change, told });
      for (let n = 0; n < 5; n += 1) engine.enqueue(await addTo(database, `before${n}`));
      await pause(100);
      await redis.kill();
      for (let n = 0; n < 5; n += 1) engine.enqueue(await addTo(database, `meanwhile${n}`));
      await until(() => told.some((state) => state.startsWith('не отвечает')));
      expect(await engine.isUp()).to.equal(false);
      expect(await engine.wants('a')).to.equal(0);
      const done: string[] = [];
      await engine.start(finishing(database, done));
      await redis.restart({ loseData: true });
      const began = performance.now();
      await until(() => done.length === 10, 20_000);
      expect(performance.now() - began).to.be.lessThan(10_000);
      expect((await statesIn(database)).every((state) => state.endsWith('done 1'))).to.equal(true);
      expect(told.at(-1)).to.match(/answers/);
    });

    it('that is away at the start is waited for: work is taken meanwhile, and attempted when it comes', async function () {
      const redis = await redisOf(this);
      await redis.kill();
      const told: string[] = [];
      const engine = await connect(redis.url, { change: { sweepEveryMs: 200 }, told });
      expect(told.join()).to.include('does not answer, delivery waits');
      const done: string[] = [];
      await engine.start(finishing(database, done));
      engine.enqueue(await addTo(database, 'x'));
      await pause(300);
      expect(done).to.deep.equal([]);
      await redis.restart();
      await until(() => done.length === 1);
      expect(await engine.isUp()).to.equal(true);
    });
  });
});
