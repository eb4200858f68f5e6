import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Connector } from '../../src/connectors/connector.ts';
import { directory } from '../../src/connectors/directory.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { startChild } from '../harness/child.ts';
import { temporaryFolder } from '../harness/node.ts';
import { noDesk, RecordingInbox, requestOf, routeOf, TakingAgency } from './directory-peer.ts';
import { onEachDiskStep } from './disk-steps.ts';

const { signal } = new AbortController();

/** The code with which it failed, or what it gave. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: unknown) =>
    error instanceof ConnectorFailure ? error.code : `no ConnectorFailure: ${String(error)}`,
  );
}

describe('the directory connector', () => {
  let folder: string;
  let remove: () => Promise<void>;
  let connector: Connector;
  beforeEach(async () => {
    ({ path: folder, remove } = await temporaryFolder());
    connector = directory(routeOf(folder), noDesk);
  });
  afterEach(() => remove());

  const request = requestOf(1);
  const visible = async () => (await readdir(join(folder, 'out'))).filter((n) => !/^\./.test(n));

  it('writes the business content as it is, and beside it what else the agency may know', async () => {
    const told = await connector.deliver(
      { ...request, test: true, eol: Date.UTC(2027, 0) },
      signal,
    );
    expect(told).to.deep.equal({ kind: 'waiting', ticket: '', askAfterMs: 86_400_000 });
    expect(await readdir(join(folder, 'out'))).to.have.members([
      `${request.messageId}.xml`,
      `${request.messageId}.json`,
    ]);
    const at = (name: string) => readFile(join(folder, 'out', `${request.messageId}.${name}`));
    expect(await at('xml')).to.deep.equal(request.content);
    const sidecar = (await at('json')).toString();
    expect(JSON.parse(sidecar)).to.deep.equal({
      messageId: request.messageId,
      messageType: 'birth-record',
      sender: 'IS_A',
      exchangeId: 'exchange-1',
      test: true,
      eol: '2027-01-01T00:00:00.000Z',
    });
    // Whoever knows ReplyTo may answer through the callback.
    expect(sidecar).not.to.include(request.replyTo);
  });

  it('writes a request once, whether it lies there, was taken, or was answered', async () => {
    await connector.deliver(request, signal);
    await connector.deliver({ ...request, attempt: 2 }, signal);
    expect(await visible()).to.have.lengthOf(2);
    for (const name of await visible()) await rename(join(folder, 'out', name), join(folder, name));
    await directory(routeOf(folder), noDesk).deliver({ ...request, attempt: 3 }, signal);
    expect(await visible()).to.deep.equal([]);

    await rename(
      join(folder, `${request.messageId}.xml`),
      join(folder, 'out', `${request.messageId}.xml`),
    );
    await writeFile(join(folder, 'in', `${request.messageId}.xml`), '<a/>');
    await connector.collecting?.collect(new RecordingInbox([request.messageId]), signal);
    // As after the loss of the node's own marks.
    await rm(join(folder, '.sent'), { recursive: true });
    await connector.deliver(request, signal);
    expect(await visible()).to.deep.equal([]);
  });

  it('lets a request appear once and whole, whatever step its disk fails at', async () => {
    let steps = 0;
    const count = await onEachDiskStep(() => {
      steps += 1;
    });
    await connector.deliver(request, signal);
    count();
    const all = steps;
    expect(all).to.be.greaterThan(20);
    for (let last = 1; last <= all; last += 1) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const agency = new TakingAgency(folder);
      steps = 0;
      // From this step on nothing works, not even tidying up.
      const heal = await onEachDiskStep(() => {
        steps += 1;
        if (steps >= last) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      });
      const failed = await codeOf(connector.deliver(request, signal));
      heal();
      expect(failed, `step ${last}`).to.equal('UNREACHABLE');
      await agency.look();
      await directory(routeOf(folder), noDesk).deliver({ ...request, attempt: 2 }, signal);
      await agency.look();
      const taken = agency.taken.get(request.messageId);
      expect(taken, `step ${last}`).to.deep.equal([request.content]);
      expect(agency.bare, `step ${last}`).to.deep.equal([]);
    }
  });

  it('lets each request appear once and whole when it is killed again and again', async function () {
    this.timeout(60_000);
    const count = 12;
    const agency = new TakingAgency(folder);
    let seed = 20_260_304;
    // What was sent is passed over in few steps: a later kill is not much further on.
    for (const from of [10, 50, 90, 130, 150]) {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      const at = String(from + (seed % 40));
      const child = startChild('connectors/directory-child.ts', folder, String(count), at);
      expect(await agency.lookUntil(child.exited), `killed before step ${at}`).to.equal(null);
    }
    expect(agency.taken.size).to.be.within(1, count - 1);
    const last = startChild('connectors/directory-child.ts', folder, String(count), '0');
    expect(await agency.lookUntil(last.exited)).to.equal(0);
    for (let number = 0; number < count; number += 1) {
      const { messageId, content } = requestOf(number);
      expect(agency.taken.get(messageId), messageId).to.deep.equal([content]);
    }
    expect(agency.taken.size).to.equal(count);
    expect(agency.bare).to.deep.equal([]);
  });

  it('says when no answer came, and stops when it is told', async () => {
    expect(await codeOf(connector.ask?.(request, '', signal) ?? Promise.resolve())).to.equal(
      'NO_ANSWER',
    );
    expect(await codeOf(connector.deliver(request, AbortSignal.abort()))).to.equal('STOPPED');
    const { messageId } = request;
    for (const id of ['../../etc/passwd', '', messageId.toUpperCase(), `${messageId}/..`]) {
      expect(await codeOf(connector.deliver({ ...request, messageId: id }, signal)), id).to.equal(
        'NOT_SENT',
      );
    }
    expect(await visible()).to.deep.equal([]);
  });

  it('makes its folders, but not the one they lie in', async () => {
    await connector.probe(signal);
    expect(await readdir(folder)).to.have.members(['.sent', 'archive', 'error', 'in', 'out']);
    for (const name of await readdir(folder)) {
      expect(await readdir(join(folder, name))).to.deep.equal([]);
    }
    const missing = directory(routeOf(join(folder, 'missing')), noDesk);
    expect(await codeOf(missing.probe(signal))).to.equal('UNREACHABLE');
    expect(await codeOf(missing.deliver(request, signal))).to.equal('UNREACHABLE');
    const inbox = new RecordingInbox([]);
    const collected = missing.collecting?.collect(inbox, signal) ?? Promise.resolve();
    expect(await codeOf(collected)).to.equal('UNREACHABLE');
    expect(await readdir(folder)).not.to.include('missing');
  });

  it('follows no link that stands for one of its folders', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    for (const name of ['out', 'in', 'archive', 'error', '.sent']) {
      await symlink(elsewhere, join(folder, name));
      expect(await codeOf(connector.deliver(request, signal)), name).to.equal('UNREACHABLE');
      await rm(join(folder, name));
    }
    expect(await readdir(elsewhere)).to.deep.equal([]);
  });
});
