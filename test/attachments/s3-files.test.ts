import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect } from 'chai';
import { FileAbsent, StoreAway, StoreFull } from '../../src/attachments/file-store.ts';
import { S3Bucket, type S3Credentials, type S3Place } from '../../src/attachments/s3-bucket.ts';
import { S3Files } from '../../src/attachments/s3-files.ts';
import { Spool } from '../../src/attachments/spool.ts';
import { temporaryFolder } from '../harness/node.ts';
import { startProxy } from '../harness/proxy.ts';
import { type SwiftServer, startSwift, swiftUsers } from '../harness/swift.ts';
import { makeTlsPair } from '../harness/tls-pair.ts';
import { keep, keepsTheContract, octetsOf, sha256 } from './store-contract.ts';

const large = 48 * 1024 * 1024;

describe('files of an S3 store', function () {
  this.timeout(120_000);
  let swift: SwiftServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const buckets: S3Bucket[] = [];
  const ends: (() => Promise<unknown>)[] = [];

  before(async function () {
    const started = await startSwift();
    if (started === undefined) {
      process.stdout.write('SKIPPED: an S3 store: Swift cannot run here\n');
      return this.skip();
    }
    swift = started;
  });
  after(() => swift?.stop());
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(buckets.splice(0).map((bucket) => bucket.close()));
    await Promise.all(ends.splice(0).map((end) => end()));
    await folder.remove();
  });

  function open(
    place: S3Place,
    who: S3Credentials = swiftUsers.owner,
    { pageKeys = 1000, pausesMs = [10, 20, 40] } = {},
  ): S3Files {
    const bucket = new S3Bucket(place, who, Date.now, pageKeys);
    buckets.push(bucket);
    return new S3Files(bucket, new Spool(folder.path, randomBytes), pausesMs);
  }

  /** What a call ends with: its class, its kind, its text. */
  const told = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => {
        if (error instanceof StoreAway) return `away, ${error.kind}: ${error.message}`;
        if (error instanceof StoreFull) return `full: ${error.message}`;
        return error instanceof FileAbsent ? 'absent' : error;
      },
    );

  async function listed(files: S3Files): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of files.list()) keys.push(key);
    return keys.sort();
  }

  /** A store of whatever answers, to see what is made of them. */
  async function scripted(answer: RequestListener): Promise<{ files: S3Files; url: string }> {
    const server = createServer(answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { files: open({ ...swift.place(), endpoint: url }), url };
  }

  const refusal = (status: number, code: string): RequestListener => {
    return (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(status, { 'content-type': 'application/xml' });
        response.end(
          `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`,
        );
      });
    };
  };

  describe('behind the port', () => {
    let files: S3Files;
    beforeEach(() => {
      files = open(swift.place());
    });
    keepsTheContract(() => ({ files, folder: folder.path }));
  });

  it('serve when they are tried out, and leave nothing of it', async () => {
    const files = open(swift.place());
    await files.prove();
    expect(await listed(files)).to.deep.equal([]);
    expect(await files.removeUnfinished(Date.now() + 1000)).to.equal(0);
  });

  it('are listed page by page, each once, and nothing else that lies there', async () => {
    const place = swift.place();
    const files = open(place, swiftUsers.owner, { pageKeys: 2 });
    const keys = [];
    for (let n = 0; n < 5; n += 1) keys.push(await keep(files, Buffer.from(`${n}`)));
    const below = open({ ...place, prefix: `${place.prefix}below/` });
    await keep(below, Buffer.from('of somebody else'));
    expect(await listed(files)).to.deep.equal(keys.sort());
  });

  it('are refused when they arrive otherwise than they were sent', async () => {
    const files = open(swift.place());
    const path = join(folder.path, 'source');
    await writeFile(path, randomBytes(100_000));
    const outcome = await told(files.adopt(path, sha256(Buffer.from('other octets'))));
    expect(outcome).to.match(/^away, unreachable: S3 PUT: HTTP 400 BadDigest/);
    expect(await listed(files)).to.deep.equal([]);
  });

  it('say what is wrong with the settings, and nothing secret', async () => {
    const { owner, stranger } = swiftUsers;
    const place = swift.place();
    const cases: readonly [S3Place, S3Credentials, RegExp][] = [
      [
        place,
        { ...owner, secretAccessKey: 'nobody-knows-this' },
        /refused.*403 SignatureDoesNotMatch/,
      ],
      [place, { ...owner, accessKeyId: 'test:nobody' }, /refused.*403 /],
      [place, stranger, /refused.*403 AccessDenied/],
      [{ ...place, bucket: 'absent-bucket' }, owner, /refused.*404 NoSuchBucket/],
      [{ ...place, region: 'elsewhere-1' }, owner, /refused.*400 AuthorizationHeaderMalformed/],
    ];
    for (const [at, who, pattern] of cases) {
      const outcome = String(await told(open(at, who).prove()));
      expect(outcome).to.match(pattern);
      for (const secret of [who.secretAccessKey, who.accessKeyId, at.bucket, String(swift.port)]) {
        expect(outcome).not.to.include(secret);
      }
    }
  });

  it('go nowhere else: a redirect is told and not followed', async () => {
    let asked = 0;
    const elsewhere = await scripted((_request, response) => {
      asked += 1;
      response.end();
    });
    for (const status of [301, 302, 307, 308]) {
      const { files } = await scripted((request, response) => {
        const location = `${elsewhere.url}${request.url}`;
        request.resume().on('end', () => response.writeHead(status, { location }).end());
      });
      const key = 'a'.repeat(32);
      const calls = [files.prove(), files.read(key), files.remove(key), listed(files)];
      for (const outcome of await Promise.all(calls.map(told))) {
        expect(outcome).to.match(new RegExp(`refused: S3 [A-Z]+: HTTP ${status}: `));
      }
    }
    expect(asked).to.equal(0);
  });

  it('that find no room are told so, and so is a store that has too much to do', async () => {
    const full: readonly [number, string][] = [
      [507, ''],
      [403, 'QuotaExceeded'],
      [413, 'EntityTooLarge'],
      [507, 'XMinioStorageFull'],
    ];
    for (const [status, code] of full) {
      const { files } = await scripted(refusal(status, code));
      expect(await told(files.prove()), code).to.match(/^full: S3 PUT: HTTP/);
    }
    let times = 0;
    const { files } = await scripted((request, response) => {
      times += 1;
      if (times < 3) refusal(503, 'SlowDown')(request, response);
      else request.resume().on('end', () => response.end());
    });
    expect(await told(keep(files, Buffer.from('octets'))), 'asked again').to.equal('done');
    expect(times).to.equal(3);
  });

  it('are not taken from a server that answers what was not asked', async () => {
    const key = 'a'.repeat(32);
    const whole = await scripted((_request, response) => response.end('all of it'));
    expect(await told(whole.files.read(key, 4))).to.match(/refused: S3 GET: HTTP 200 for a range/);
    expect(await told(listed(whole.files))).to.match(/refused: S3 GET: the answer is no listing/);
    const circle = await scripted((_request, response) => {
      const list =
        '<IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>';
      response.end(`<ListBucketResult>${list}</ListBucketResult>`);
    });
    expect(await told(listed(circle.files))).to.match(/refused: S3 GET: a listing without an end/);
    const bomb = await scripted((_request, response) => {
      response.on('error', () => undefined);
      response.writeHead(403).end(Buffer.alloc(10_000_000, 'x'));
    });
    expect(await told(bomb.files.read(key))).to.match(/an answer of over 65536 B/);
    const silent = await scripted(() => undefined);
    const at = { ...swift.place(), endpoint: silent.url, silentMs: 50, withinMs: 50 };
    expect(await told(open(at).read(key))).to.match(/unreachable: S3 GET: UND_ERR_HEADERS_TIMEOUT/);
  });

  it('go under TLS to whom the settings trust, and to nobody else', async () => {
    const pair = makeTlsPair(folder.path);
    const [cert, key] = [pair.certificate, pair.key].map((file) => readFileSync(file, 'utf8'));
    const server = createTlsServer({ cert, key }, (near) => {
      const far = connect(swift.port, '127.0.0.1');
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const place = { ...swift.place(), endpoint: `https://127.0.0.1:${port}` };
    const outcome = await told(open(place).prove());
    expect(outcome).to.match(/^away, refused: S3 PUT: .*CERT/);
    await open(place, { ...swiftUsers.owner, ca: cert ?? '' }).prove();
  });

  describe('while the store dies', () => {
    /** A line to Swift that stands still as soon as somebody uses it. */
    async function line() {
      const proxy = await startProxy(swift.port);
      ends.push(() => proxy.stop());
      return { proxy, place: { ...swift.place(), endpoint: `http://127.0.0.1:${proxy.port}` } };
    }

    it('in the middle of a PUT, leave nothing there and are kept afterwards', async () => {
      const { proxy, place } = await line();
      const files = open(place);
      const path = join(folder.path, 'source');
      const octets = randomBytes(large);
      await writeFile(path, octets);
      const keeping = told(files.adopt(path, sha256(octets)));
      while (proxy.connections === 0) await new Promise((resolve) => setImmediate(resolve));
      proxy.hang();
      await swift.kill();
      await proxy.mend();
      expect(await keeping).to.match(/^away, unreachable: S3 PUT: /);
      await swift.start();
      expect(await listed(files)).to.deep.equal([]);
      const key = await files.adopt(path, sha256(octets));
      expect(sha256(await octetsOf(files, key))).to.equal(sha256(octets));
    });

    it('in the middle of a read, tell it, and are read on from there', async () => {
      const { proxy, place } = await line();
      const files = open(place);
      const octets = randomBytes(large);
      const key = await keep(files, octets);
      const chunks: Buffer[] = [];
      const reading = (async () => {
        for await (const chunk of await files.read(key)) {
          chunks.push(chunk as Buffer);
          if (chunks.length > 1) continue;
          proxy.hang();
          await swift.kill();
          await proxy.cut();
        }
      })();
      expect(await told(reading)).to.match(/^away, unreachable: S3 GET: /);
      const came = Buffer.concat(chunks);
      expect(came.length).to.be.greaterThan(0).and.below(large);
      expect(await told(files.read(key, came.length))).to.match(/^away, unreachable: S3 GET: /);
      await proxy.mend();
      await swift.start();
      const rest = await octetsOf(files, key, came.length);
      expect(sha256(Buffer.concat([came, rest]))).to.equal(sha256(octets));
    });

    it('for a moment only, are kept at another attempt', async () => {
      const { proxy, place } = await line();
      const files = open(place, swiftUsers.owner, { pausesMs: [200, 1000, 4000, 8000] });
      await proxy.cut();
      const keeping = keep(files, Buffer.from('octets'));
      await new Promise((resolve) => setTimeout(resolve, 300));
      await proxy.mend();
      const key = await keeping;
      expect((await octetsOf(files, key)).toString()).to.equal('octets');
    });
  });
});
