import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import type { FileDesk } from '../../src/connectors/arriving-files.ts';
import type { AgencyRequest, Connector } from '../../src/connectors/connector.ts';
import { directory } from '../../src/connectors/directory.ts';
import { collectAnswers } from '../../src/exchange/collect.ts';
import { filesOf } from '../../src/exchange/files.ts';
import { carriedFile, fileStand } from '../exchange/file-stand.ts';
import { full } from '../fault/full.ts';
import { forEachDatabase } from '../harness/databases.ts';
import { sha256 } from '../harness/files.ts';
import { temporaryFolder } from '../harness/node.ts';
import { noteResponse } from '../harness/rules.ts';
import { RecordingInbox, requestOf, routeOf } from './directory-peer.ts';
import { onEachDiskStep } from './disk-steps.ts';

const { signal } = new AbortController();

describe('the directory connector and files', function () {
  this.timeout(60_000);
  let folder: string;
  let removes: (() => Promise<void>)[];
  let connector: Connector;
  let desk: FileDesk;
  beforeEach(async () => {
    const [exchanged, stored] = [await temporaryFolder(), await temporaryFolder()];
    folder = exchanged.path;
    removes = [exchanged.remove, stored.remove];
    desk = { store: new LocalFiles(stored.path, randomBytes), filesMax: 3, bytesMax: 100_000 };
    connector = directory(routeOf(folder), desk);
  });
  afterEach(async () => void (await Promise.all(removes.map((remove) => remove()))));

  const octets = [randomBytes(150_000), randomBytes(10), Buffer.alloc(0)];
  const signature = randomBytes(50);
  const request: AgencyRequest = {
    ...requestOf(1),
    files: octets.map((each, n) =>
      carriedFile(each, {
        name: `scan_${n}`,
        ...(n === 0 ? { fileName: '../../Справка.PDF', signature } : {}),
        ...(n === 1 ? { fileName: '.._.._Справка.pdf', place: 'stored' } : {}),
      }),
    ),
  };
  const { messageId } = request;
  const at = (...names: string[]) => join(folder, ...names);

  it('lays them beside the request, in a folder of its name', async () => {
    for (const attempt of [1, 2]) await connector.deliver({ ...request, attempt }, signal);
    expect(await readdir(at('out'))).to.have.members([
      ...[messageId, `${messageId}.json`, `${messageId}.xml`],
    ]);
    const sidecar = JSON.parse(await readFile(at('out', `${messageId}.json`), 'utf8'));
    const told: { file: string; name: string; sha256: string; signature: string | null }[] =
      sidecar.files;
    expect(told.map(({ name }) => name)).to.deep.equal(['scan_0', 'scan_1', 'scan_2']);
    expect(told.map(({ file }) => file)).to.deep.equal([
      ...['_._.._Справка.PDF', '_._.._Справка.pdf', 'scan_2'].map((name, n) =>
        n === 1 ? `2-${name}` : name,
      ),
    ]);
    for (const [n, { file, sha256: told256, signature: signed }] of told.entries()) {
      expect((await readFile(at('out', messageId, file))).equals(octets[n] ?? signature)).to.equal(
        true,
      );
      expect(told256).to.equal(sha256(octets[n] ?? signature));
      if (signed !== null) {
        expect((await readFile(at('out', messageId, signed))).equals(signature)).to.equal(true);
      }
    }
    expect(await readdir(at('out', messageId))).to.have.lengthOf(4);
  });

  it('has them whole before the request appears, whatever step its disk fails at', async () => {
    let steps = 0;
    const count = await onEachDiskStep(() => {
      steps += 1;
    });
    await connector.deliver(request, signal);
    count();
    const all = steps;
    for (let last = 1; last <= all; last += full ? 1 : 4) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      steps = 0;
      const heal = await onEachDiskStep(() => {
        steps += 1;
        if (steps >= last) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      });
      await connector.deliver(request, signal).then(
        () => expect.fail(`step ${last} of ${all} did not fail`),
        () => undefined,
      );
      heal();
      const seen = await readdir(at('out')).catch(() => [] as string[]);
      if (!seen.includes(`${messageId}.xml`)) {
        await directory(routeOf(folder), desk).deliver({ ...request, attempt: 2 }, signal);
      }
      expect(await readdir(at('out', messageId)), `step ${last}`).to.have.lengthOf(4);
      const [first] = (await readdir(at('out', messageId))).filter((name) => /PDF$/.test(name));
      const kept = await readFile(at('out', messageId, first ?? ''));
      expect(kept.equals(octets[0] ?? signature), `step ${last}`).to.equal(true);
    }
  });

  const inbox = () => new RecordingInbox([messageId]);
  async function answerWith(files: Record<string, Buffer>) {
    await mkdir(at('in', messageId));
    for (const [name, each] of Object.entries(files)) {
      await writeFile(at('in', messageId, name), each);
    }
  }
  const finish = () => writeFile(at('in', `${messageId}.xml`), '<a/>');

  it('takes those of an answer with it, and lays all of them into the archive', async () => {
    await connector.deliver(request, signal);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(90_000)]);
    await answerWith({
      ...{ 'a.pdf': pdf, 'a.pdf.p7s': signature, 'b.txt': octets[1] ?? pdf, '.hidden': pdf },
    });
    const taken = inbox();
    await connector.collecting?.collect(taken, signal);
    expect(taken.got, 'they wait for the answer').to.deep.equal([]);
    await finish();
    await connector.collecting?.collect(taken, signal);
    const [collected] = taken.got;
    if (collected?.answer.kind !== 'content') throw new Error('no answer');
    const files = collected.answer.files ?? [];
    expect(
      files.map(({ fileName, mimeType, size, signature: signed }) => [
        ...[fileName, mimeType, size, signed?.byteLength],
      ]),
    ).to.deep.equal([
      ['a.pdf', 'application/pdf', pdf.byteLength, 50],
      ['b.txt', 'text/plain', 10, undefined],
    ]);
    expect(files[0]?.sha256).to.equal(sha256(pdf));
    const [day = ''] = await readdir(at('archive'));
    expect(await readdir(at('archive', day))).to.have.members([
      ...[messageId, `${messageId}.xml`, `${messageId}.request`, `${messageId}.request.xml`],
      `${messageId}.request.json`,
    ]);
    expect([await readdir(at('in')), await readdir(at('out'))]).to.deep.equal([[], []]);
  });

  it('puts an answer aside with its files where they will not do, and takes it mended', async () => {
    const small = Buffer.from('x');
    const cases: [string, () => Promise<void>][] = [
      ['too many', () => answerWith({ a: small, b: small, c: small, d: small })],
      ['too large', () => answerWith({ a: randomBytes(100_001) })],
      [
        'a link',
        async () => {
          await answerWith({ a: small });
          await symlink('/etc/passwd', at('in', messageId, 'b'));
        },
      ],
      [
        'a folder',
        async () => {
          await answerWith({ a: small });
          await mkdir(at('in', messageId, 'b'));
        },
      ],
    ];
    await connector.probe(signal);
    for (const [what, lay] of cases) {
      await lay();
      await finish();
      const taken = inbox();
      await connector.collecting?.collect(taken, signal);
      expect(taken.got, what).to.deep.equal([]);
      const names = await readdir(at('error'));
      expect(
        names.map((name) => name.replace(/^.*xml\.[0-9a-f]{12}/, '')),
        what,
      ).to.have.members([...['', '.why.txt', '.files']]);
      expect(await readdir(at('in')), what).to.deep.equal([]);
      const aside = names.find((name) => name.endsWith('.files')) ?? '';
      await rm(at('error', aside), { recursive: true });
      const xml = names.find((name) => /xml\.[0-9a-f]{12}$/.test(name)) ?? '';
      await rename(at('error', xml), at('in', `${messageId}.xml`));
      await connector.collecting?.collect(taken, signal);
      expect(taken.got, what).to.have.lengthOf(1);
      await rm(at('error'), { recursive: true });
      await connector.probe(signal);
    }
  });
});

forEachDatabase((_, open) => {
  describe('a request with a file through a folder', function () {
    this.timeout(60_000);
    it('is answered with a file, and both are the octets that were sent', async () => {
      const files = await fileStand(await open());
      const exchanged = await temporaryFolder();
      try {
        const { stand, desk, store } = files;
        const connector = directory(routeOf(exchanged.path), desk);
        const octets = randomBytes(70_000);
        const exchange = await files.accept(octets);
        await stand.attempt(exchange, connector);
        const { message_id: id } = exchange;
        const given = await readFile(join(exchanged.path, 'out', id, 'scan'));
        expect(given.equals(octets)).to.equal(true);
        const answer = join(exchanged.path, 'in');
        await mkdir(join(answer, id));
        await writeFile(join(answer, id, 'back.bin'), given.subarray(1));
        await writeFile(join(answer, `${id}.xml`), noteResponse('ответ'));
        const { collecting } = connector;
        if (collecting === undefined) throw new Error('it collects');
        await collectAnswers(stand.context, 'note', collecting, signal);
        const { kysely } = stand.database;
        const [message] = await kysely
          .selectFrom('message')
          .select('message_id')
          .where('exchange_id', '=', exchange.id)
          .where('kind', '=', 'response')
          .execute();
        const [row, ...others] = await filesOf(kysely, message?.message_id ?? '');
        expect([row?.name, others.length]).to.deep.equal(['back.bin', 0]);
        const kept = await buffer(await store.read(row?.file_key ?? ''));
        expect(kept.equals(octets.subarray(1))).to.equal(true);
      } finally {
        await exchanged.remove();
        await files.close();
      }
    });
  });
});
