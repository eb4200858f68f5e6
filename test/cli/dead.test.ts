import { expect } from 'chai';
import type { ListedDead, ShownDead } from '../../src/cli/dead.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledResponse,
  sandboxSigner,
  textAt,
} from '../harness/client.ts';
import { paymentRequest } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';

const path = ['ResponseMessage', 'Response', 'SenderProvidedResponseData'] as const;

describe('the commands about dead letters', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let client: Client;
  let ids: string[];

  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(folder.path);
    client = new Client(node.url, '1.2', sandboxSigner('agency-a'));
    ids = [freshMessageId(), freshMessageId(), freshMessageId()];
    for (const messageId of ids) {
      const sent = await client.sendRequest({ messageId, content: paymentRequest('fail') });
      expect(sent.code).to.equal(undefined);
    }
    await listed((letters) => letters.length === 3);
  });
  after(async () => {
    await node?.stop();
    await folder?.remove();
  });

  const dead = (...args: string[]) => mezhved(['dead', ...args], node.env);

  /** What `dead list` says once it is so. */
  async function listed(holds: (letters: readonly ListedDead[]) => boolean): Promise<ListedDead[]> {
    for (let n = 0; n < 20; n += 1) {
      const { code, stdout } = await dead('list', '--json');
      expect(code).to.equal(0);
      const letters = JSON.parse(stdout) as ListedDead[];
      if (holds(letters)) return letters;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('it never was so');
  }

  async function polled(): Promise<Answer> {
    const answer = await client.poll('GetResponse');
    const response = polledResponse(answer);
    if (response !== undefined) await client.ack(response.messageId);
    return answer;
  }

  it('list what was not delivered and why, the eldest first', async () => {
    const letters = await listed(() => true);
    expect(letters.map(({ messageId }) => messageId)).to.have.members(ids);
    expect(letters[0]).to.include({
      type: 'payment-status',
      lane: 'payment-status',
      sender: 'agency-a',
      recipient: 'agency-b',
      attempts: 1,
      code: 'REFUSED',
      why: 'the simulator fails as asked',
    });
    const died = letters.map(({ diedAt }) => diedAt);
    expect(died).to.deep.equal([...died].sort());
    const { stdout } = await dead('list');
    for (const id of ids) expect(stdout).to.match(new RegExp(`${id} +payment-status +1 .*REFUSED`));
    const health = await fetch(node.adminUrl.replace('health/ready', 'metrics'));
    expect(await health.text()).to.include('mezhved_dead_letters');
  });

  it('show one with its attempts and what may be done', async () => {
    const [messageId = ''] = ids;
    const { stdout, code } = await dead('show', messageId, '--json');
    expect(code).to.equal(0);
    const shown = JSON.parse(stdout) as ShownDead;
    expect(shown).to.include({ messageId, code: 'REFUSED', eol: null });
    expect(shown.timeline).to.have.lengthOf(1);
    expect(shown.timeline[0]).to.include({ attempt: 1, outcome: 'REFUSED' });
    expect(shown.timeline[0]?.ms).to.be.at.least(100);
    const text = (await dead('show', shown.id)).stdout;
    expect(text).to.include(`mezhved dead requeue ${shown.id}`);
    expect(text).to.match(/ведомство не приняло обращение узла.* \/ .*did not take/);
    const timeline = await mezhved(['exchange', 'show', messageId], node.env);
    expect(timeline.stdout).to.match(/№1 REFUSED, \d+ ms +AGENCY_FAILED/);
    expect(timeline.stdout).to.match(/доставка остановлена .*AGENCY_FAILED/);
  });

  it('say that there is none of this id, and what is asked wrongly', async () => {
    const unknown = await dead('show', 'nothing');
    expect(unknown).to.include({ code: 1, stdout: '' });
    expect(unknown.stderr).to.include('no dead letter: nothing');
    for (const wrong of [
      ['list', '--limit', 'x'],
      ['reject', 'all'],
      ['reject', ids[0] ?? '', '--code', 'NO_DATA'],
      ['reject', ids[0] ?? '', '--code', 'OTHER', '--reason', 'нет'],
    ]) {
      expect((await dead(...wrong)).code, wrong.join(' ')).to.equal(2);
    }
  });

  it('deliver again by the same MessageID: one, or all', async () => {
    const [messageId = ''] = ids;
    const { stdout, code } = await dead('requeue', messageId);
    expect(code).to.equal(0);
    expect(stdout).to.match(/queued again/);
    await listed((letters) => letters.some((each) => each.attempts === 2));
    const all = await dead('requeue', 'all', '--json');
    expect(all.code).to.equal(0);
    const results = JSON.parse(all.stdout) as { done: boolean; messageId: string }[];
    expect(results.map(({ done }) => done)).to.deep.equal([true, true, true]);
    const letters = await listed(
      (now) => now.length === 3 && now.every((each) => each.attempts > 1),
    );
    const again = letters.find((each) => each.messageId === messageId);
    expect(again?.attempts).to.equal(3);
    const { timeline } = JSON.parse((await dead('show', messageId, '--json')).stdout) as ShownDead;
    expect(timeline.map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3]);
  });

  it('answer the sender, in the words of the operator or of the node', async () => {
    const [messageId = '', second = '', third = ''] = ids;
    const words = ['--code', 'NO_DATA', '--reason', 'Сведений нет'];
    const { stdout, code } = await dead('reject', messageId, ...words, '--json');
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.have.lengthOf(1);
    expect(JSON.parse(stdout)[0]).to.include({ messageId, done: true });
    const rejected = await polled();
    expect(polledResponse(rejected)?.originalMessageId).to.equal(messageId);
    const at = [...path, 'RequestRejected'] as const;
    expect(textAt(rejected.text, ...at, 'RejectionReasonCode')).to.equal('NO_DATA');
    expect(textAt(rejected.text, ...at, 'RejectionReasonDescription')).to.equal('Сведений нет');

    const both = await dead('reject', second, third);
    expect(both.code).to.equal(0);
    expect(both.stdout.match(/the sender was answered/g)).to.have.lengthOf(2);
    for (let n = 0; n < 2; n += 1) {
      const { text } = await polled();
      const status = [...path, 'AsyncProcessingStatus'] as const;
      expect(textAt(text, ...status, 'SmevFault', 'Code')).to.equal('AGENCY_FAILED');
    }
    expect(polledResponse(await polled())).to.equal(undefined);
    expect(await dead('reject', messageId)).to.include({ code: 1 });
    const { stdout: none } = await dead('list');
    expect(none).to.match(/no dead letters/);
    const steps = await mezhved(['exchange', 'show', messageId, '--json'], node.env);
    expect(steps.stdout).to.match(/"stage": ?"decision",[^}]*"result": ?"reject"/);
    const verified = await mezhved(['journal', 'verify', '--json'], node.env);
    expect(JSON.parse(verified.stdout)).to.include({ ok: true });
  });
});

describe('the command worker', () => {
  it('says in plain words what it lacks: a shared database, a Redis', async function () {
    this.timeout(30_000);
    const folder = await temporaryFolder();
    try {
      for (const lacks of [
        {},
        { MEZHVED_REDIS_URL: 'redis://127.0.0.1:1' },
        { MEZHVED_DATABASE_URL: 'postgres://127.0.0.1:1/none' },
      ]) {
        const env = { MEZHVED_DATA: folder.path, ...lacks };
        const { code, stdout, stderr } = await mezhved(['worker'], env);
        expect(code).to.equal(1);
        expect(stdout).to.equal('');
        expect(stderr).to.match(/PostgreSQL и Redis: .* \/ worker needs a shared PostgreSQL/);
        expect(stderr).not.to.match(/^\s+at /m);
      }
    } finally {
      await folder.remove();
    }
  });
});
