import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { S3Bucket, type S3Place } from '../../src/attachments/s3-bucket.ts';
import { S3Files } from '../../src/attachments/s3-files.ts';
import { Spool } from '../../src/attachments/spool.ts';
import { removeOrphans } from '../../src/exchange/sweep-files.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import type { CallFiles } from '../../src/smev/file-texts.ts';
import { openDatabase } from '../../src/store/database.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  post,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached, contentsOf, multipartOf, sha256 } from '../harness/files.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { type Line, startProxy } from '../harness/proxy.ts';
import { s3Config } from '../harness/s3-node.ts';
import { accessIn, curl, downloadWords, storedCall, uploadWords } from '../harness/store-client.ts';
import { type SwiftServer, startSwift, swiftUsers } from '../harness/swift.ts';

const version = '1.3';

/** A message as it was signed once. */
interface Signed {
  readonly messageId: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

describe('a node that keeps files in an S3 store', function () {
  this.timeout(120_000);
  let swift: SwiftServer;
  let line: Line;
  let node: NodeProcess;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let bucket: S3Bucket;
  let store: S3Files;
  let place: S3Place;
  let config: string;

  before(async function () {
    const started = await startSwift();
    if (started === undefined) {
      process.stdout.write('SKIPPED: a node with S3: Swift cannot run here\n');
      return this.skip();
    }
    swift = started;
  });
  after(() => swift?.stop());

  beforeEach(async () => {
    folder = await temporaryFolder();
    line = await startProxy(swift.port);
    const own = swift.place();
    bucket = new S3Bucket(own, swiftUsers.owner, Date.now);
    store = new S3Files(bucket, new Spool(join(folder.path, 'spool'), randomBytes));
    place = { ...own, endpoint: `http://127.0.0.1:${line.port}`, connectMs: 500, silentMs: 5000 };
    config = await s3Config(folder.path, place, swiftUsers.owner, {
      check: { command: ['sh', '-c', holding, 'sh', folder.path] },
    });
    node = await start();
  });
  afterEach(async () => {
    await rm(join(folder.path, 'hold'), { force: true });
    await node?.stop();
    await bucket.close();
    await line.stop();
    await folder.remove();
  });

  // The operator's check stands between the PUT and the record; a file `hold` stops the message there.
  const holding = `cat > /dev/null
    [ -e "$1/hold" ] || exit 0
    touch "$1/held"; while [ -e "$1/hold" ]; do sleep 0.05; done`;

  const start = () => startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
  const client = (agency: 'agency-a' | 'agency-b') =>
    new Client(node.url, version, sandboxSigner(agency));
  const filesFolder = () => join(folder.path, 'data', 'files');

  async function objects(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list()) keys.push(key);
    return keys;
  }

  /** Until the bucket holds so many. */
  async function untilObjects(count: number): Promise<void> {
    const end = Date.now() + 20_000;
    while ((await objects()).length !== count) {
      if (Date.now() > end) expect.fail(`${(await objects()).length} objects, not ${count}`);
      await wait(100);
    }
  }

  function sign(files: CallFiles, parts: Parameters<typeof multipartOf>[1]): Signed {
    const messageId = freshMessageId();
    const call = { messageId, content: birthRequest('Тест'), files };
    const envelope = client('agency-a').sign(sendRequestCall(version, call));
    if (parts.length > 0) return { messageId, ...multipartOf(envelope, parts) };
    const contentType = 'text/xml; charset=utf-8';
    return { messageId, contentType, bytes: Buffer.from(envelope) };
  }

  const send = ({ bytes, contentType }: Signed): Promise<Answer> =>
    post(`${node.url}/smev/v${version}/ws`, bytes, { 'Content-Type': contentType });

  function inPart(octets: Uint8Array) {
    return { ...attached('scan', octets), content: { part: 'scan' } };
  }

  async function upload(octets: Uint8Array) {
    const file = join(folder.path, 'upload');
    await writeFile(file, octets);
    const stored = storedCall('agency-a', 'rsa', octets);
    const at = { uuid: stored.uuid, name: 'дело.bin' };
    await curl(...uploadWords(node.storeUrl, 'agency-a', file, at));
    return stored;
  }

  const spooled = () => readdir(join(filesFolder(), 'new')).catch(() => []);

  it('carries an attachment and an upload through the bucket, and removes them after the Ack', async () => {
    const part = randomBytes(400_000);
    const large = randomBytes(3_000_000);
    const files = { attached: [inPart(part)], stored: [await upload(large)] };
    const sent = sign(files, [{ contentId: 'scan', octets: part }]);
    expect((await send(sent)).code).to.equal(undefined);
    expect(await objects()).to.have.lengthOf(2);
    expect(await spooled()).to.deep.equal([]);
    expect(await readdir(filesFolder()), 'no octets on the local disk').not.to.include('kept');

    const provider = client('agency-b');
    const polled = await provider.poll('GetRequest');
    expect(polledRequest(polled)?.messageId).to.equal(sent.messageId);
    const came = Buffer.from(contentsOf(polled.text).get('scan') ?? '', 'base64');
    expect(sha256(came)).to.equal(sha256(part));
    const access = accessIn(polled.text) ?? expect.fail('no access');
    const target = join(folder.path, 'target');
    await writeFile(target, large.subarray(0, 1_234_567));
    await curl('-C', '-', ...downloadWords(node.storeUrl, access, target));
    expect(sha256(await readFile(target)), 'resumed').to.equal(sha256(large));
    await curl('-C', '-', ...downloadWords(node.storeUrl, access, target));
    expect((await provider.ack(sent.messageId)).code).to.equal(undefined);
    await untilObjects(0);
  });

  it('answers 503 while the store is away, records nothing, and takes the same message later', async () => {
    const part = randomBytes(100_000);
    const octets = randomBytes(200_000);
    const byPart = sign({ attached: [inPart(part)] }, [{ contentId: 'scan', octets: part }]);
    const byStore = sign({ stored: [await upload(octets)] }, []);
    await line.cut();
    for (const message of [byPart, byStore]) {
      const answer = await send(message);
      expect(answer.status).to.equal(503);
      expect(answer.code).to.equal('BUSY');
      expect(answer.text).not.to.match(/S3|ECONN|attachments\/|127\.0\.0\.1/);
      expect(answer.text).not.to.include(place.bucket);
    }
    expect(node.output()).to.match(/file store: S3 PUT: ECONNREFUSED/);
    expect(await spooled()).to.deep.equal([]);
    expect(polledRequest(await client('agency-b').poll('GetRequest'))).to.equal(undefined);

    await line.mend();
    expect(await objects()).to.deep.equal([]);
    const taken = new Set<string>();
    for (const message of [byPart, byStore]) {
      expect((await send(message)).code).to.equal(undefined);
      const polled = await client('agency-b').poll('GetRequest');
      taken.add(polledRequest(polled)?.messageId ?? '');
    }
    expect([...taken]).to.have.members([byPart.messageId, byStore.messageId]);
    expect(await objects()).to.have.lengthOf(2);
  });

  it('tells a reader by FTP that the store is away, and goes on afterwards', async () => {
    const octets = randomBytes(500_000);
    expect((await send(sign({ stored: [await upload(octets)] }, []))).code).to.equal(undefined);
    const access = accessIn((await client('agency-b').poll('GetRequest')).text);
    const target = join(folder.path, 'target');
    const words = downloadWords(node.storeUrl, access ?? expect.fail('no access'), target);
    await writeFile(target, octets.subarray(0, 1000));
    await line.cut();
    const outcome = await curl('-v', '-C', '-', ...words).then(
      () => 'done',
      (error: { stderr?: string }) => error.stderr ?? '',
    );
    expect(outcome).to.match(/< 451 /);
    expect(outcome).not.to.match(/S3|ECONN/);
    await line.mend();
    await curl('-C', '-', ...words);
    expect(sha256(await readFile(target))).to.equal(sha256(octets));
  });

  it('killed between the PUT and the record leaves an object that the sweep removes', async () => {
    const part = randomBytes(10_000);
    const first = sign({ attached: [inPart(part)] }, [{ contentId: 'scan', octets: part }]);
    expect((await send(first)).code).to.equal(undefined);
    const [named] = await objects();
    await writeFile(join(folder.path, 'hold'), '');
    const second = sign({ attached: [inPart(part)] }, [{ contentId: 'scan', octets: part }]);
    const sending = send(second).catch(() => undefined);
    while (!(await readdir(folder.path)).includes('held')) await wait(20);
    await node.kill();
    await sending;
    await rm(join(folder.path, 'hold'));
    expect(await objects()).to.have.lengthOf(2);

    const database = openDatabase(`sqlite:${join(folder.path, 'data', 'mezhved.db')}`);
    const sweep = (after: number) =>
      removeOrphans({ clock: { now: () => Date.now() + after }, database, files: store });
    try {
      expect(await sweep(0)).to.equal(0);
      expect(await sweep(7_200_000)).to.equal(1);
    } finally {
      await database.close();
    }
    expect(await objects()).to.deep.equal([named]);
    node = await start();
    expect((await send(second)).code).to.equal(undefined);
    expect(await objects()).to.have.lengthOf(2);
  });

  it('refuses to start where only other settings would help, and says which', async () => {
    const serve = async (at: S3Place, who: { accessKeyId: string; secretAccessKey: string }) => {
      const own = await temporaryFolder();
      try {
        const env = {
          MEZHVED_CONFIG: await s3Config(own.path, at, who),
          MEZHVED_DATA: join(own.path, 'data'),
          MEZHVED_LISTEN: '127.0.0.1:0',
          MEZHVED_ADMIN_LISTEN: '127.0.0.1:0',
        };
        const { code, stdout, stderr } = await mezhved(['serve'], env);
        expect(code).not.to.equal(0);
        expect(stdout + stderr).not.to.include(who.secretAccessKey);
        return stderr;
      } finally {
        await own.remove();
      }
    };
    const { owner } = swiftUsers;
    const absent = await serve({ ...place, bucket: 'absent-bucket' }, owner);
    expect(absent).to.match(/attachments\.s3 .*absent-bucket.*there is no such bucket/);
    const wrong = await serve(place, { ...owner, secretAccessKey: 'nobody-knows-this' });
    expect(wrong).to.match(/attachments\.s3 .*the secret key is wrong/);
    const lines = await serve(place, { ...owner, secretAccessKey: 'two\nlines' });
    expect(lines).to.match(/attachments\.s3\.secretKeyFile: .*one line of ASCII/);
  });

  it('starts while the store is away, and says so', async () => {
    await node.stop();
    await line.cut();
    node = await start();
    expect(node.output()).to.match(/the file store does not serve/);
    await line.mend();
    const part = randomBytes(10);
    const message = sign({ attached: [inPart(part)] }, [{ contentId: 'scan', octets: part }]);
    expect((await send(message)).code).to.equal(undefined);
  });
});
