import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import * as calls from '../../src/smev/calls.ts';
import { type Answer, freshMessageId } from '../harness/client.ts';
import { birthRequest } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { journalIdIn, Witness } from '../harness/witness.ts';

describe('a node with more work than it may hold', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'limits.yaml');
    const compute =
      'compute: { threads: 1 }\nlimits: { requestsInFlightMax: 2, bodyTimeoutMs: 500 }\n';
    writeFileSync(config, compute);
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
    witness = new Witness(node);
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });

  it('waits for a body no longer than it may, and enters what it refused', async () => {
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    const head = 'POST /smev/v1.2/ws HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\n';
    socket.write(`${head}Content-Length: 100\r\n\r\n<soap:Envelope`);
    let answer = '';
    for await (const text of socket) answer += text;
    expect(answer).to.match(/^HTTP\/1\.1 500 [\s\S]*BODY_INCOMPLETE/);
    const entry = await witness.kysely
      .selectFrom('journal_entry')
      .selectAll()
      .where('id', '=', journalIdIn(answer))
      .executeTakeFirst();
    expect(entry).to.include({ kind: 'refusal', verdict: 'BODY_INCOMPLETE', content_hash: null });
  });

  it('sends away what it cannot take, takes it when it comes again, and loses nothing', async () => {
    const sender = witness.client('agency-a', '1.2');
    const messages = Array.from({ length: 60 }, () => {
      const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
      return sender.sign(calls.sendRequestCall('1.2', call));
    });
    const busy = await sendAll(messages);
    expect(busy.length).to.be.greaterThan(0);
    for (const { answer } of busy) {
      expect(answer).to.include({ code: 'BUSY', status: 503, element: 'SMEVFailure' });
      expect(answer.headers.get('retry-after')).to.equal('5');
    }
    expect(await witness.exchanges()).to.be.within(1, messages.length - 1);
    let left = busy;
    while (left.length > 0)
      left = await sendAll(
        left.slice(0, 2).map(({ message }) => message),
        left.slice(2),
      );
    expect(await witness.exchanges()).to.equal(messages.length);
    const { stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect(JSON.parse(stdout)).to.include({ ok: true });

    type Sent = { readonly message: string; readonly answer: Answer };

    /** Sends them all at once; gives those that were not taken, and the rest. */
    async function sendAll(some: readonly string[], rest: readonly Sent[] = []): Promise<Sent[]> {
      const sent = await Promise.all(
        some.map(async (message) => ({
          message,
          answer: await sender.post(message, 'SendRequest'),
        })),
      );
      for (const { answer } of sent) expect(answer.code).to.be.oneOf([undefined, 'BUSY']);
      return [...sent.filter(({ answer }) => answer.code !== undefined), ...rest];
    }
  });
});
