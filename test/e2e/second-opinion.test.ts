import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as calls from '../../src/smev/calls.ts';
import { type Client, freshMessageId, sandboxSigner } from '../harness/client.ts';
import { birthRequest, paymentRequest } from '../harness/content.ts';
import { disputed } from '../harness/disputed.ts';
import {
  checkout,
  mezhved,
  type NodeProcess,
  startNode,
  temporaryFolder,
} from '../harness/node.ts';
import { Witness } from '../harness/witness.ts';

describe('a node that seeks second opinions', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;
  let sender: Client;

  before(async () => {
    folder = await temporaryFolder();
    node = await startNode(join(folder.path, 'data'));
    witness = new Witness(node);
    sender = witness.client('agency-a', '1.2');
    await declare('always');
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });

  /** How often the sandbox's birth records get a second opinion; the node takes it up while it runs. */
  async function declare(secondOpinion: string): Promise<void> {
    const sandbox = join(checkout, 'config', 'sandbox');
    const [birth = ''] = readFileSync(join(sandbox, 'message-types.yaml'), 'utf8').split('\n---\n');
    const file = join(folder.path, 'birth.yaml');
    const declared = birth.replace('[schemas/', `[${sandbox}/schemas/`);
    writeFileSync(file, `${declared}\nsecondOpinion: ${secondOpinion}\n`);
    const takenUp = node.output().split('configuration taken up').length;
    const applied = await mezhved(['apply', file], node.env);
    expect(applied.code, applied.stderr).to.equal(0);
    while (node.output().split('configuration taken up').length === takenUp) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function counted(outcome: string): Promise<number> {
    const text = await (await fetch(new URL('/metrics', node.adminUrl))).text();
    const line = new RegExp(
      `^mezhved_second_opinions_total\\{outcome="${outcome}"\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(text)?.[1] ?? Number.NaN);
  }

  function request(content: string, from = sender): string {
    return from.sign(calls.sendRequestCall('1.2', { messageId: freshMessageId(), content }));
  }

  for (const kind of ['rsa', 'ec', 'gost', 'gost512'] as const) {
    it(`accepts what both find good: ${kind}`, async () => {
      const asked = await counted('asked');
      const agreed = await counted('agreed');
      const from = witness.client(sandboxSigner('agency-a', kind), '1.2');
      const answer = await sender.post(request(birthRequest('Тест'), from), 'SendRequest');
      expect(answer.status, answer.text).to.equal(200);
      expect(await counted('asked')).to.equal(asked + 1);
      expect(await counted('agreed')).to.equal(agreed + 1);
    });
  }

  it('refuses what they disagree about, and keeps both canonical forms', async () => {
    const text = disputed(request(birthRequest('Тест')), sandboxSigner('agency-a'));
    const before = await witness.exchanges();
    const answer = await witness.post(text);
    const refusal = await witness.refused(answer, '1.2', 'SIGNATURE_DISPUTED', text);
    expect(await witness.exchanges()).to.equal(before);
    expect(await counted('disagreed')).to.equal(1);
    const detail = JSON.parse(refusal?.detail ?? '{}');
    expect(detail).to.include({ difference: 'digest', of: 'element' });
    const forms = await witness.kysely
      .selectFrom('journal_entry')
      .innerJoin('content', 'content.hash', 'journal_entry.content_hash')
      .select(['journal_entry.detail', 'content.bytes', 'content.hash', 'journal_entry.system'])
      .where('kind', '=', 'opinion')
      .orderBy('sequence')
      .execute();
    expect(forms.map(({ hash }) => hash)).to.deep.equal([detail.first, detail.second]);
    const [first, second] = forms.map(({ bytes }) => Buffer.from(bytes).toString());
    expect(first?.replace(' xmlns="urn:default"', '')).to.equal(second);
    for (const form of forms) {
      expect(form.system).to.equal('agency-a');
      expect(JSON.parse(form.detail ?? '{}')).to.include({ refusal: refusal?.id });
    }
    expect(node.output()).to.match(/"level":"error".*SIGNATURE_DISPUTED/);
    expect(node.output()).not.to.include('Тест');
    const { stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect(JSON.parse(stdout)).to.include({ ok: true });
  });

  it('asks about no message of another type, of a stranger, or that is bad anyway', async () => {
    const asked = await counted('asked');
    expect(await sender.post(request(paymentRequest()), 'SendRequest')).to.include({ status: 200 });
    const stranger = witness.client(sandboxSigner('node'), '1.2');
    const unknown = await stranger.post(request(birthRequest('Тест'), stranger), 'SendRequest');
    expect(unknown.code).to.equal('SENDER_UNKNOWN');
    const bad = request(birthRequest('Тест')).replace('2001-02-03', '2001-02-04');
    expect((await witness.post(bad)).code).to.equal('SIGNATURE_DIGEST');
    expect((await sender.poll('GetResponse')).status).to.equal(200);
    expect(await counted('asked')).to.equal(asked);
  });

  it('holds up no other message meanwhile', async () => {
    const filler = '<!-- twelve octets -->'.repeat(5_000);
    const big = request(birthRequest('Тест')).replace('<z:FullName>', `${filler}$&`);
    let done = false;
    const slow = witness.post(big).finally(() => {
      done = true;
    });
    const waited = await eventually(async () => (await counted('asked')) > 0 && !done);
    expect(waited).to.equal(true);
    for (let n = 0; n < 5; n += 1) {
      const answer = await sender.post(request(paymentRequest()), 'SendRequest');
      expect(answer.status).to.equal(200);
    }
    expect(done).to.equal(false);
    expect((await slow).status).to.equal(200);
  });
});

async function eventually(is: () => Promise<boolean>): Promise<boolean> {
  for (let n = 0; n < 100; n += 1) {
    if (await is()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
