import { execFileSync } from 'node:child_process';
import { link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Connector } from '../../src/connectors/connector.ts';
import { directory } from '../../src/connectors/directory.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { Fault } from '../../src/fault/fault.ts';
import { birthResponse } from '../harness/content.ts';
import { temporaryFolder } from '../harness/node.ts';
import { noDesk, noon, RecordingInbox, requestOf, routeOf } from './directory-peer.ts';

const { signal } = new AbortController();
const request = requestOf(1);
const { messageId } = request;
const day = '2026-03-04';
const answer = Buffer.from(birthResponse('Испытатель'));

describe('answers in the folder of the directory connector', () => {
  let folder: string;
  let remove: () => Promise<void>;
  let connector: Connector;
  let inbox: RecordingInbox;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    connector = directory(routeOf(folder), noDesk);
    inbox = new RecordingInbox([messageId, requestOf(2).messageId]);
    await connector.deliver(request, signal);
  });
  afterEach(() => remove());

  const put = (name: string, bytes: string | Buffer) => writeFile(join(folder, 'in', name), bytes);
  const collect = (by = connector) => by.collecting?.collect(inbox, signal) ?? Promise.reject();
  const list = async (...path: string[]) => (await readdir(join(folder, ...path))).sort();

  it('are taken as they are, and archived with their request', async () => {
    await put(`${messageId}.xml`, answer);
    await collect();
    expect(inbox.got).to.deep.equal([
      { messageId, answer: { kind: 'content', content: answer, evidence: answer } },
    ]);
    expect(await list('in')).to.deep.equal([]);
    expect(await list('out')).to.deep.equal([]);
    expect(await list('archive', day)).to.deep.equal([
      `${messageId}.request.json`,
      `${messageId}.request.xml`,
      `${messageId}.xml`,
    ]);
    expect(await readFile(join(folder, 'archive', day, `${messageId}.xml`))).to.deep.equal(answer);
    await collect();
    expect(inbox.got).to.have.lengthOf(1);
  });

  it('may refuse, and may say before the end how far the agency is', async () => {
    const status = { code: 102, description: 'В работе' };
    await put(`${messageId}.status.json`, JSON.stringify(status));
    await collect();
    expect(await list('out'), 'the request stays').to.have.lengthOf(2);
    // Together with the end: the status comes first, whatever the order in the folder.
    await put(
      `${messageId}.reject.json`,
      JSON.stringify({ code: 'NO_DATA', description: 'Нет <данных>', more: 1 }),
    );
    await put(`${messageId}.status.json`, JSON.stringify({ ...status, code: 103 }));
    await collect();
    expect(
      inbox.got.map(({ answer: { evidence, ...rest } }) => ({
        ...rest,
        said: evidence !== undefined,
      })),
    ).to.deep.equal([
      { kind: 'interim', statuses: [status], said: true },
      { kind: 'interim', statuses: [{ ...status, code: 103 }], said: true },
      { kind: 'rejection', code: 'NO_DATA', description: 'Нет <данных>', said: true },
    ]);
    const archived = await list('archive', day);
    expect(archived.filter((name) => name.endsWith('.status.json'))).to.have.lengthOf(2);
    expect(archived).to.include(`${messageId}.reject.json`);
  });

  it('are left alone while the agency writes them', async () => {
    const names = [`.${messageId}.xml`, `${messageId}.xml.tmp`, `${messageId}.xml.PART`, '.x'];
    for (const name of names) await put(name, answer);
    await collect();
    expect(await list('in')).to.deep.equal(names.sort());
    expect(inbox.got).to.deep.equal([]);
  });

  const strangers: [string, () => Promise<unknown>, RegExp][] = [
    ['another name', () => put('answer.xml', answer), /MessageID\.xml/],
    ['no UUID of version 1', () => put(`${crypto.randomUUID()}.xml`, answer), /MessageID\.xml/],
    ['upper case', () => put(`${messageId.toUpperCase()}.xml`, answer), /MessageID\.xml/],
    ['a name that leads out', () => put(`x\\..\\..\\${messageId}.xml`, answer), /MessageID\.xml/],
    ['a name of control characters', () => put('a\n\u0007б.xml', answer), /MessageID\.xml/],
    ['a name of 255 bytes', () => put(`${'n'.repeat(251)}.xml`, answer), /MessageID\.xml/],
    ['too much', () => put(`${messageId}.xml`, Buffer.alloc(4097, 0x20)), /4096/],
    ['nothing', () => put(`${messageId}.xml`, ''), /UTF-8/],
    ['another encoding', () => put(`${messageId}.xml`, Buffer.from([0xcf, 0xf0])), /UTF-8/],
    ['no JSON', () => put(`${messageId}.reject.json`, '{'), /JSON/],
    ['JSON that is null', () => put(`${messageId}.reject.json`, 'null'), /JSON/],
    [
      'a code that SMEV does not know',
      () => put(`${messageId}.reject.json`, '{"code":"BAD","description":"x"}'),
      /ACCESS_DENIED, NO_DATA/,
    ],
    [
      'no description',
      () => put(`${messageId}.reject.json`, '{"code":"NO_DATA","description":""}'),
      /4000/,
    ],
    [
      'a description that XML cannot hold',
      () => put(`${messageId}.reject.json`, '{"code":"NO_DATA","description":"\\u0000"}'),
      /4000/,
    ],
    [
      'half a surrogate pair',
      () => put(`${messageId}.reject.json`, '{"code":"NO_DATA","description":"\\ud800"}'),
      /4000/,
    ],
    [
      'a description that is too long',
      () => put(`${messageId}.status.json`, `{"code":1,"description":"${'x'.repeat(4001)}"}`),
      /4000/,
    ],
    [
      'a status that is no integer',
      () => put(`${messageId}.status.json`, '{"code":2147483648,"description":"x"}'),
      /xs:int/,
    ],
    ['a request nobody sent', () => put(`${requestOf(3).messageId}.xml`, answer), /no request/],
    ['a folder', () => mkdir(join(folder, 'in', `${messageId}.xml`)), /regular/],
    ['a link', () => symlink('/etc/hostname', join(folder, 'in', `${messageId}.xml`)), /regular/],
    [
      'a pipe',
      async () => execFileSync('mkfifo', [join(folder, 'in', `${messageId}.xml`)]),
      /regular/,
    ],
    [
      'a socket',
      async () => {
        const server = createServer();
        const path = join(folder, 'in', `${messageId}.xml`);
        await new Promise<void>((resolve) => server.listen(path, resolve));
        await link(path, join(folder, 'in', `${requestOf(2).messageId}.xml`));
        await new Promise((resolve) => server.close(resolve));
      },
      /regular/,
    ],
  ];
  for (const [what, make, why] of strangers) {
    it(`are put aside with a reason where they are: ${what}`, async () => {
      await make();
      await collect();
      expect(await list('in')).to.deep.equal([]);
      const [name, reason, ...more] = await list('error');
      expect(more).to.deep.equal([]);
      expect(reason).to.equal(`${name}.why.txt`);
      expect(name).to.match(/^[\w.-]+$/);
      expect(await readFile(join(folder, 'error', `${reason}`), 'utf8')).to.match(why);
      expect(inbox.got).to.deep.equal([]);
      expect(await list('out'), 'the request waits on').to.have.lengthOf(2);
      // The agency mends it.
      await put(`${messageId}.xml`, answer);
      await collect();
      expect(inbox.got.map((each) => each.messageId)).to.deep.equal([messageId]);
    });
  }

  it('stay where they are while they cannot be recorded, and hold up no others', async () => {
    const other = requestOf(2);
    await connector.deliver(other, signal);
    for (const id of [messageId, other.messageId]) await put(`${id}.xml`, answer);
    inbox.refusal = (each) => (each.messageId === messageId ? new Fault('INTERNAL') : undefined);
    const error = await collect().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConnectorFailure).with.property('code', 'NODE_ERROR');
    expect(String(error)).to.include('INTERNAL').and.not.to.include('Испытатель');
    expect(await list('in')).to.deep.equal([`${messageId}.xml`]);
    expect(inbox.got.map((each) => each.messageId)).to.deep.equal([other.messageId]);
    inbox.refusal = undefined;
    await collect();
    expect(await list('in')).to.deep.equal([]);
    expect(inbox.got).to.have.lengthOf(2);
  });

  it('are not asked after for long when nothing can be recorded', async () => {
    const ids = Array.from({ length: 30 }, (_, number) => requestOf(number).messageId);
    for (const id of ids) await put(`${id}.xml`, answer);
    let asked = 0;
    inbox.refusal = () => {
      asked += 1;
      return new Fault('INTERNAL');
    };
    await collect().catch(() => undefined);
    expect(asked).to.equal(10);
    expect(await list('in')).to.have.lengthOf(30);
  });

  it('that the agency replaces while they are recorded are taken too', async () => {
    await put(`${messageId}.status.json`, '{"code":1,"description":"a"}');
    inbox.refusal = () => {
      inbox.refusal = undefined;
      execFileSync('sh', [
        '-c',
        'echo \'{"code":2,"description":"bb"}\' > "$1.part" && mv "$1.part" "$1"',
        'sh',
        join(folder, 'in', `${messageId}.status.json`),
      ]);
      return undefined;
    };
    await collect();
    expect(await list('in')).to.deep.equal([`${messageId}.status.json`]);
    await collect();
    expect(inbox.got.map((each) => each.answer.statuses?.[0]?.code)).to.deep.equal([1, 2]);
  });

  it('are all taken when two processes collect at once', async () => {
    const requests = Array.from({ length: 60 }, (_, number) => requestOf(number));
    inbox = new RecordingInbox(requests.map((each) => each.messageId));
    for (const each of requests) await connector.deliver(each, signal);
    for (const each of requests) await put(`${each.messageId}.xml`, answer);
    await put('stranger', 'x');
    await Promise.all([collect(), collect(directory(routeOf(folder), noDesk))]);
    await collect();
    expect(new Set(inbox.got.map((each) => each.messageId)).size).to.equal(60);
    expect(await list('in')).to.deep.equal([]);
    expect(await list('out')).to.deep.equal([]);
    expect(await list('archive', day)).to.have.lengthOf(180);
    expect(await list('error')).to.have.lengthOf(2);
  });

  it('are looked for no longer when the node stops', async () => {
    await put(`${messageId}.xml`, answer);
    await connector.collecting?.collect(inbox, AbortSignal.abort());
    expect(await list('in')).to.deep.equal([`${messageId}.xml`]);
  });

  it('leave nothing of the node behind: old marks and unfinished files are swept', async () => {
    const old = { now: () => noon + 40 * 86_400_000 };
    await writeFile(join(folder, 'out', `.${messageId}.json.aa.part`), 'x');
    await collect(directory(routeOf(folder), noDesk, { now: () => noon }));
    expect(await list('.sent')).to.deep.equal([day]);
    expect(await list('out')).to.have.lengthOf(3);
    // The file is of today by its own time: a clock that is ahead of it by more than a day.
    await collect(directory(routeOf(folder), noDesk, { now: () => Date.now() + 90_000_000 }));
    expect(await list('out')).to.deep.equal([`${messageId}.json`, `${messageId}.xml`]);
    await collect(directory(routeOf(folder), noDesk, old));
    expect(await list('.sent')).to.deep.equal([]);
  });
});

describe('a full disk under the directory connector', () => {
  it('fails the delivery for this time, and shows the agency no half of a request', async function () {
    const { path, remove } = await temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'pipe' });
    } catch {
      process.stdout.write('SKIPPED: full disk: mounting a small file system needs root\n');
      await remove();
      this.skip();
    }
    try {
      const connector = directory(routeOf(path), noDesk);
      const large = { ...request, content: Buffer.alloc(100_000, 0x20) };
      const error = await connector.deliver(large, signal).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'NODE_ERROR');
      expect(String(error)).to.include('ENOSPC');
      expect((await readdir(join(path, 'out'))).filter((name) => name.endsWith('.xml'))).to.be
        .empty;
      await connector.deliver(request, signal);
      expect(await readFile(join(path, 'out', `${messageId}.xml`))).to.deep.equal(request.content);
    } finally {
      execFileSync('umount', [path]);
      await remove();
    }
  });
});
