import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Digester } from '../../src/attachments/digester.ts';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { Uploads } from '../../src/attachments/uploads.ts';
import { removeOrphans, wipeFiles } from '../../src/exchange/sweep-files.ts';
import { sendRequestCall } from '../../src/smev/calls.ts';
import type { CallFiles } from '../../src/smev/file-texts.ts';
import { openDatabase } from '../../src/store/database.ts';
import {
  type Agency,
  type Answer,
  Client,
  freshMessageId,
  polledRequest,
  post,
  sandboxSigner,
} from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { attached, contentsOf, multipartOf, sha256 } from '../harness/files.ts';
import { noDifferences, storeDifferences } from '../harness/kept-files.ts';
import { temporaryFolder } from '../harness/node.ts';
import { accessIn, curl, downloadWords, storedCall, uploadWords } from '../harness/store-client.ts';
import { Chance } from './chance.ts';
import { full } from './full.ts';
import { MortalNode, type Store } from './mortal-node.ts';

const kills = full ? 10 : 1;
const otherKills = full ? 5 : 1;
const senders = full ? 12 : 6;
const version = '1.3';
const config = { attachments: { ftp: { listen: '127.0.0.1:0' } } };
/** Under which a message comes again before the test ends: too short for a slow machine to read it. */
const shortLease = { ...config, limits: { leaseMs: 1500 } };
const signers = {
  'agency-a': sandboxSigner('agency-a', 'ec'),
  'agency-b': sandboxSigner('agency-b', 'ec'),
};

/** A message as it was signed once, and the octets of its file. */
interface Sent {
  readonly messageId: string;
  readonly sha256: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

const stores: readonly Store[] = full ? ['sqlite', 'postgres'] : ['sqlite'];
for (const store of stores) {
  describe(`kill -9 while files are on their way, on ${store}`, function () {
    this.timeout(full ? 600_000 : 120_000);
    let node: MortalNode;
    let chance: Chance;
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;

    async function startOn(context: Mocha.Context, settings: object = config): Promise<void> {
      chance = new Chance();
      process.stdout.write(
        `        seed ${chance.seed}: MEZHVED_SEED=${chance.seed} draws the same\n`,
      );
      const started = await MortalNode.start(store, settings);
      if (started === undefined) {
        process.stdout.write('SKIPPED: PostgreSQL: install the Debian package postgresql\n');
        context.skip();
      }
      node = started;
    }
    beforeEach(async () => {
      folder = await temporaryFolder();
    });
    afterEach(async () => {
      await node?.end();
      await folder.remove();
    });

    const client = (agency: Agency) => new Client(node.url, version, signers[agency]);
    const fresh = async (octets: Uint8Array) => {
      const path = join(folder.path, freshMessageId());
      await writeFile(path, octets);
      return path;
    };

    function signed(messageId: string, files: CallFiles): string {
      const call = { messageId, content: birthRequest('Тест'), files };
      return client('agency-a').sign(sendRequestCall(version, call));
    }

    /** A message with its file in a part. */
    function inPart(octets: Uint8Array): Sent {
      const messageId = freshMessageId();
      const file = { ...attached('f', octets, 'agency-a', 'ec'), content: { part: 'f' } };
      const parts = [{ contentId: 'f', octets }];
      const envelope = signed(messageId, { attached: [file] });
      return { messageId, sha256: sha256(octets), ...multipartOf(envelope, parts) };
    }

    /** A message whose file is in the store. An upload that the kill cut off is begun anew. */
    async function inStore(octets: Uint8Array): Promise<Sent> {
      const messageId = freshMessageId();
      const stored = storedCall('agency-a', 'ec', octets);
      const file = await fresh(octets);
      const place = { uuid: stored.uuid, name: 'file.bin' };
      while (!(await curl(...uploadWords(node.storeUrl, 'agency-a', file, place)).then(done, no)))
        await wait(100);
      const bytes = Buffer.from(signed(messageId, { stored: [stored] }));
      return { messageId, sha256: sha256(octets), contentType: 'text/xml; charset=utf-8', bytes };
    }

    const done = () => true;
    const no = () => false;

    const postSent = ({ bytes, contentType }: Sent): Promise<Answer | undefined> =>
      node.callUntilAnswered((url) =>
        post(`${url}/smev/v${version}/ws`, bytes, { 'Content-Type': contentType }),
      );

    /** The next message that waits, with the hash of the octets of its file. */
    async function take(): Promise<{ messageId: string; sha256: string } | undefined> {
      const polled = await client('agency-b').poll('GetRequest');
      const request = polledRequest(polled);
      if (request === undefined) return undefined;
      const access = accessIn(polled.text);
      const base64 = contentsOf(polled.text).get('f') ?? '';
      if (access === undefined) {
        return { messageId: request.messageId, sha256: sha256(Buffer.from(base64, 'base64')) };
      }
      const file = join(folder.path, freshMessageId());
      await curl(...downloadWords(node.storeUrl, access, file));
      return { messageId: request.messageId, sha256: sha256(await readFile(file)) };
    }

    async function expectGoodJournal(): Promise<void> {
      expect(await node.stop(), 'exit code').to.equal(0);
      expect(await node.journalVerdict()).to.deep.include({ ok: true, problems: [] });
    }

    /** The sweeps of a day later, of a node that has stopped. */
    async function sweepAll(): Promise<void> {
      const database = openDatabase(node.databaseUrl);
      const digester = new Digester();
      const clock = { now: () => Date.now() + 86_400_000 };
      try {
        const files = new LocalFiles(node.filesFolder, randomBytes);
        while ((await wipeFiles({ clock, database, files })) > 0);
        await removeOrphans({ clock, database, files });
        const limits = { fileBytesMax: 0, foldersMax: 0, staleMs: 0 };
        const uploads = new Uploads(node.filesFolder, limits, digester, clock.now);
        await uploads.removeAbandoned(clock.now());
      } finally {
        await digester.close();
        await database.close();
      }
    }

    it(`half-accepts nothing under ${senders} senders, ${kills} times`, async function () {
      await startOn(this);
      const acknowledged = new Map<string, Sent>();
      const abandoned = new Map<string, Sent>();
      let going = true;
      const send = async () => {
        while (going) {
          const octets = randomBytes(chance.between(1, 400_000));
          const sent = chance.next() < 0.6 ? inPart(octets) : await inStore(octets);
          if (chance.next() < 0.1) {
            // Whoever sends it goes away before it hears the answer.
            const request = { method: 'POST', headers: { 'Content-Type': sent.contentType } };
            const signal = AbortSignal.timeout(chance.between(1, 60));
            const url = `${node.url}/smev/v${version}/ws`;
            const body = new Uint8Array(sent.bytes);
            await fetch(url, { ...request, signal, body }).catch(() => undefined);
            abandoned.set(sent.messageId, sent);
            continue;
          }
          const answer = await postSent(sent);
          expect(answer?.code, answer?.text).to.equal(undefined);
          acknowledged.set(sent.messageId, sent);
        }
      };
      const sending = Promise.all(Array.from({ length: senders }, send));
      for (let n = 0; n < kills; n += 1) {
        await grown(acknowledged, chance.between(5, 20), sending);
        await node.killAndRestart();
      }
      await grown(acknowledged, senders, sending);
      going = false;
      await sending;

      // What was not acknowledged is sent again as it was, and is accepted once.
      for (const sent of abandoned.values()) {
        expect((await postSent(sent))?.code, 'again').to.equal(undefined);
        acknowledged.set(sent.messageId, sent);
      }
      const taken = new Set<string>();
      for (let came = await take(); came !== undefined; came = await take()) {
        expect(taken.has(came.messageId), 'twice').to.equal(false);
        expect(came.sha256).to.equal(acknowledged.get(came.messageId)?.sha256);
        taken.add(came.messageId);
        const { code } = await client('agency-b').ack(came.messageId);
        expect(code).to.equal(undefined);
      }
      expect([...taken]).to.have.members([...acknowledged.keys()]);
      const waiting = inPart(randomBytes(1000));
      expect((await postSent(waiting))?.code).to.equal(undefined);
      await expectGoodJournal();
      await sweepAll();
      expect(await storeDifferences(node.filesFolder, node.databaseUrl)).to.deep.equal(
        noDifferences,
      );
      const left = await filesBelow(node.filesFolder);
      expect(left, 'the file that waits, and no other').to.have.lengthOf(1);
      process.stdout.write(
        `        ${acknowledged.size} delivered, of them ${abandoned.size} sent again\n`,
      );
    });

    it('an answer that was cut off in a file comes again whole', async function () {
      await startOn(this, shortLease);
      const octets = randomBytes(3_000_000);
      const sent = inPart(octets);
      expect((await postSent(sent))?.code).to.equal(undefined);
      const poll = client('agency-b');
      for (let n = 0; n < otherKills; n += 1) {
        const cut = poll.poll('GetRequest').then(done, no);
        await wait(chance.between(0, 100));
        await node.killAndRestart();
        await cut;
      }
      await node.killAndRestart(config);
      let came = await take();
      for (; came === undefined; came = await take()) await wait(100);
      expect(came).to.deep.equal({ messageId: sent.messageId, sha256: sent.sha256 });
      expect((await client('agency-b').ack(sent.messageId)).code).to.equal(undefined);
      await expectGoodJournal();
    });

    it('an upload and a download that were cut off are resumed', async function () {
      await startOn(this);
      const octets = randomBytes(6_000_000);
      const stored = storedCall('agency-a', 'ec', octets);
      const file = await fresh(octets);
      const place = { uuid: stored.uuid, name: 'big.bin' };
      const partly = join(node.filesFolder, 'writing', 'agency-a', stored.uuid, 'big.bin');
      const words = () => uploadWords(node.storeUrl, 'agency-a', file, place);
      for (let n = 0; n < otherKills; n += 1) {
        const from = await sizeOf(partly);
        const more = n === 0 ? [] : ['-C', '-'];
        await cutWhile([...more, '--limit-rate', '600k', ...words()], partly, from + 200_000);
        expect(await sizeOf(partly), 'cut off').to.be.within(from + 200_000, octets.length - 1);
        if (store !== 'sqlite') await letMinutesPass(partly);
      }
      await curl('-C', '-', ...words());

      const messageId = freshMessageId();
      const bytes = signed(messageId, { stored: [stored] });
      const sent = await node.callUntilAnswered((url) => post(`${url}/smev/v1.3/ws`, bytes));
      expect(sent?.code).to.equal(undefined);
      const polled = await client('agency-b').poll('GetRequest');
      const access = accessIn(polled.text) ?? expect.fail('no access');
      const down = join(folder.path, 'down');
      const slowly = ['--limit-rate', '600k', ...downloadWords(node.storeUrl, access, down)];
      await cutWhile(slowly, down, 200_000);
      expect(await sizeOf(down), 'cut off').to.be.within(200_000, octets.length - 1);
      await curl('-C', '-', ...downloadWords(node.storeUrl, access, down));
      expect(sha256(await readFile(down))).to.equal(sha256(octets));
      expect((await client('agency-b').ack(messageId)).code).to.equal(undefined);
      await expectGoodJournal();
    });

    /** Another node of the database might be at the same upload: it is left alone for a minute. */
    async function letMinutesPass(file: string): Promise<void> {
      const then = new Date(Date.now() - 120_000);
      await utimes(file, then, then);
    }

    /** Kills the node when curl has brought the file to that size, and starts it again. */
    async function cutWhile(words: readonly string[], file: string, size: number): Promise<void> {
      const child = spawn('curl', ['-sS', '-g', ...words], { stdio: 'ignore' });
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      while ((await sizeOf(file)) < size && isRunning(child)) await wait(10);
      await node.killAndRestart();
      await ended;
    }
  });
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** Waits, however slow the machine, until so many more are there or the work is over. */
async function grown(
  map: ReadonlyMap<string, unknown>,
  more: number,
  work: Promise<unknown>,
): Promise<void> {
  const until = map.size + more;
  let over = false;
  const end = work.then(() => {
    over = true;
  });
  while (map.size < until && !over) await Promise.race([wait(2), end]);
}
