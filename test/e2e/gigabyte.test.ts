import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type ContentHash, contentDigest } from '../../src/pki/signature-algorithms.ts';
import { describeInFull } from '../fault/full.ts';
import { Client, freshMessageId, polledRequest, sandboxSigner } from '../harness/client.ts';
import { birthRequest, paymentRequest } from '../harness/content.ts';
import { signatureOfDigest } from '../harness/files.ts';
import { type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { s3Config } from '../harness/s3-node.ts';
import { accessIn, downloadWords, uploadWords } from '../harness/store-client.ts';
import { type SwiftServer, startSwift, swiftUsers } from '../harness/swift.ts';

const gibibyte = 1024 ** 3;
const residentMax = 300 * 1024 ** 2;
const version = '1.3';
const signer = sandboxSigner('agency-a', 'ec');

/** Latencies of small messages that are sent one after the other; ms. */
class SmallMessages {
  readonly #client: Client;
  #took: number[] = [];
  #going = true;
  readonly #sending: Promise<void>;

  constructor(url: string) {
    this.#client = new Client(url, version, signer);
    this.#sending = this.#send();
    this.#sending.catch(() => undefined);
  }

  async #send(): Promise<void> {
    while (this.#going) {
      const call = { messageId: freshMessageId(), content: paymentRequest() };
      const began = performance.now();
      const { code } = await this.#client.sendRequest(call);
      expect(code).to.equal(undefined);
      this.#took.push(performance.now() - began);
      await wait(20);
    }
  }

  /** What came since it was asked last, in a line; how many. */
  report(what: string): number {
    const sorted = this.#took.splice(0).sort((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
    process.stdout.write(
      `        ${what}: ${sorted.length} small messages, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms\n`,
    );
    return sorted.length;
  }

  async end(): Promise<void> {
    this.#going = false;
    await this.#sending;
  }
}

for (const where of ['on the local disk', 'in an S3 store'] as const) {
  describeInFull(`a gigabyte ${where}`, function () {
    this.timeout(1_800_000);
    let node: NodeProcess;
    let swift: SwiftServer | undefined;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    before(async function () {
      folder = await temporaryFolder();
      const data = join(folder.path, 'data');
      if (where === 'on the local disk') {
        node = await startNode(data, { MEZHVED_FTP_LISTEN: '127.0.0.1:0' });
        return;
      }
      swift = await startSwift();
      if (swift === undefined) {
        process.stdout.write('SKIPPED: a gigabyte with S3: Swift cannot run here\n');
        return this.skip();
      }
      const config = await s3Config(folder.path, swift.place(), swiftUsers.owner);
      node = await startNode(data, { MEZHVED_CONFIG: config });
    });
    after(async () => {
      await node?.stop();
      await swift?.stop();
      await folder?.remove();
    });

    const run = (command: string, ...words: string[]) =>
      new Promise<void>((resolve, reject) => {
        const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
        child.once('error', reject);
        child.once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`${command} ends with ${code}`)),
        );
      });

    /** Of the node, the highest that there was so far; bytes. */
    async function residentHighest(when: string): Promise<number> {
      const status = await readFile(`/proc/${node.pid}/status`, 'utf8');
      const kibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN);
      process.stdout.write(`        VmHWM ${when}: ${Math.round(kibibytes / 1024)} MiB\n`);
      return kibibytes * 1024;
    }

    async function sha256Of(path: string): Promise<string> {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      return hash.digest('hex');
    }

    async function digestOf(path: string, hash: ContentHash): Promise<Uint8Array> {
      const digest = contentDigest(hash);
      for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
      return digest.digest();
    }

    async function timed<T>(what: string, work: Promise<T>): Promise<T> {
      const began = performance.now();
      const value = await work;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      process.stdout.write(`        ${what}: ${seconds} s\n`);
      return value;
    }

    const uploads: Readonly<Record<string, (file: string, uuid: string) => Promise<void>>> = {
      curl: (file, uuid) => {
        const place = { uuid, name: 'gigabyte.bin' };
        return run('curl', '-sS', '-g', ...uploadWords(node.storeUrl, 'agency-a', file, place));
      },
      lftp: (file, uuid) => {
        const { hostname, port } = new URL(node.storeUrl);
        const login = `open -p ${port} -u agency-a,agency-a-files ftp://${hostname}`;
        const put = `mkdir ${uuid}; put ${file} -o ${uuid}/gigabyte.bin`;
        const settings = 'set cmd:fail-exit yes; set ftp:ssl-allow no';
        return run('lftp', '--norc', '-c', `${settings}; ${login}; ${put}; bye`);
      },
    };

    for (const [tool, upload] of Object.entries(uploads)) {
      // How it was uploaded makes no difference to the bucket.
      if (where === 'in an S3 store' && tool !== 'curl') continue;
      it(`goes through the file store by ${tool}, beside small messages, in little memory`, async function () {
        if (spawnSync(tool, ['--version']).error !== undefined) {
          process.stdout.write(`SKIPPED: ${tool}: install the Debian package ${tool}\n`);
          return this.skip();
        }
        if (process.platform !== 'linux') {
          process.stdout.write('SKIPPED: memory of a process: only Linux tells it in /proc\n');
          return this.skip();
        }
        const source = join(folder.path, 'source');
        await run('sh', '-c', `head -c ${gibibyte} /dev/urandom > "$0"`, source);
        const sent = await sha256Of(source);
        const hash = await timed('Streebog by the sender', digestOf(source, 'streebog256'));
        const signature = signatureOfDigest('agency-a', 'gost', hash);
        const small = new SmallMessages(node.url);
        await wait(5000);
        small.report('without the gigabyte');
        await residentHighest('before');

        const uuid = freshMessageId();
        await timed(`upload by ${tool}`, upload(source, uuid));
        expect(small.report('beside the upload')).to.be.greaterThan(0);
        await rm(source);
        await residentHighest('after the upload');

        const sender = new Client(node.url, version, sandboxSigner('agency-a', 'gost'));
        const messageId = freshMessageId();
        const mimeType = 'application/octet-stream';
        const stored = [{ uuid, hash, mimeType, signature }];
        const call = { messageId, content: birthRequest('Тест'), files: { stored } };
        const { code } = await timed('SendRequest', sender.sendRequest(call));
        expect(code).to.equal(undefined);

        const provider = new Client(node.url, version, sandboxSigner('agency-b'));
        const polled = await provider.poll('GetRequest');
        expect(polledRequest(polled)?.messageId).to.equal(messageId);
        const access = accessIn(polled.text) ?? expect.fail('no access');
        const target = join(folder.path, 'target');
        small.report('beside the acceptance');
        await residentHighest('after the acceptance');
        const download = downloadWords(node.storeUrl, access, target);
        await timed('download by curl', run('curl', '-sS', '-g', ...download));
        expect(small.report('beside the download')).to.be.greaterThan(0);
        await small.end();
        expect(await sha256Of(target)).to.equal(sent);
        await rm(target);
        expect((await provider.ack(messageId)).code).to.equal(undefined);
        const highest = await residentHighest('after the download');
        expect(highest).to.be.below(residentMax);
      });
    }
  });
}
