import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as calls from '../../src/smev/calls.ts';
import { type Version, versions } from '../../src/smev/namespaces.ts';
import type { Template } from '../../src/smev/template.ts';
import { withXml } from '../../src/xml/document.ts';
import { childElements } from '../../src/xml/navigate.ts';
import {
  type Agency,
  type Answer,
  bodyOf,
  type Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  textAt,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { Witness } from '../harness/witness.ts';

const path = ['ResponseMessage', 'Response', 'SenderProvidedResponseData'] as const;

describe('an exchange goes on step by step', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'limits.yaml');
    writeFileSync(config, 'limits: { leaseMs: 3000 }\n');
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
    witness = new Witness(node);
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });
  beforeEach(async () => {
    for (const agency of ['agency-a', 'agency-b'] as const) await emptyQueues(agency);
  });

  const sender = (version: Version = '1.2') => witness.client('agency-a', version);
  const provider = (version: Version = '1.2') => witness.client('agency-b', version);

  async function send(
    call: Partial<calls.RequestCall> = {},
    version: Version = '1.2',
  ): Promise<string> {
    const messageId = freshMessageId();
    const content = birthRequest('Тест');
    good(await sender(version).sendRequest({ messageId, content, ...call }));
    return messageId;
  }

  const statusOf = (messageId: string) => witness.statusOf(messageId);

  /** The next notice of the status queue: of which message, and what. */
  async function notice(client: Client): Promise<(string | undefined)[]> {
    const { text } = good(await client.look('GetStatus'));
    const at = ['SmevAsyncProcessingMessage', 'AsyncProcessingStatusData', 'AsyncProcessingStatus'];
    return ['OriginalMessageId', 'StatusCategory'].map((name) => textAt(text, ...at, name));
  }

  async function emptyQueues(agency: Agency): Promise<void> {
    const client = witness.client(agency, '1.2');
    for (;;) {
      const request = polledRequest(await client.poll('GetRequest'));
      const response = polledResponse(await client.poll('GetResponse'));
      const [told] = await notice(client);
      if ((request ?? response ?? told) === undefined) return;
      for (const message of [request, response]) {
        if (message !== undefined) good(await client.ack(message.messageId));
      }
    }
  }

  for (const version of versions) {
    it(`every status in its turn in ${version}, and notices of them`, async () => {
      const [a, b] = [sender(version), provider(version)];
      const messageId = await send({}, version);
      expect(await statusOf(messageId)).to.equal('requestIsQueued');
      const polled = await b.poll('GetRequest');
      const metadata = ['RequestMessage', 'Request', 'MessageMetadata', 'Status'] as const;
      expect(textAt(polled.text, ...metadata)).to.equal('requestIsAcceptedBySmev');
      expect(await statusOf(messageId)).to.equal('requestIsAcceptedBySmev');
      good(await b.ack(messageId));
      expect(await statusOf(messageId)).to.equal('underProcessing');
      expect(await notice(a)).to.deep.equal([messageId, 'underProcessing']);
      const to = polledRequest(polled)?.replyTo ?? '';
      const answerId = freshMessageId();
      good(await b.sendResponse(to, { content: birthResponse('Тест') }, answerId));
      expect(await statusOf(messageId)).to.equal('responseIsAcceptedBySmev');
      expect(polledResponse(await a.poll('GetResponse'))?.messageId).to.equal(answerId);
      good(await a.ack(answerId));
      expect(await statusOf(messageId)).to.equal('messageIsDelivered');
      const delivered = version === '1.3' ? 'messageIsDelivered' : 'responseIsDelivered';
      expect(await notice(b)).to.deep.equal([answerId, delivered]);
      expect(await notice(b)).to.deep.equal([undefined, undefined]);
      const { stdout } = await mezhved(['exchange', 'list', '--json'], node.env);
      expect(JSON.parse(stdout)[0]).to.include({ messageId, status: 'messageIsDelivered' });
    });
  }

  it('several statuses come before the final answer, each a message to acknowledge', async () => {
    const messageId = await send();
    const to = polledRequest(await provider().poll('GetRequest'))?.replyTo ?? '';
    for (const code of [1, 2, 3]) {
      const status = { code, description: `шаг ${code}` };
      good(await provider().sendResponse(to, { status }));
    }
    const rejected = { code: 'NO_DATA', description: 'нет' };
    good(await provider().sendResponse(to, { rejected }));
    good(await provider().ack(messageId));
    const seen = [];
    for (let n = 0; n < 4; n += 1) {
      const { text } = await sender().poll('GetResponse');
      seen.push(
        textAt(text, ...path, 'RequestStatus', 'StatusCode') ??
          textAt(text, ...path, 'RequestRejected', 'RejectionReasonCode'),
      );
      expect(await statusOf(messageId)).to.equal('responseIsAcceptedBySmev');
      good(await sender().ack(textAt(text, ...path, 'MessageID') ?? ''));
    }
    expect(seen).to.deep.equal(['1', '2', '3', 'NO_DATA']);
    expect(await statusOf(messageId)).to.equal('messageIsDelivered');
  });

  for (const version of versions) {
    it(`a request that its provider did not believe comes back as an error in ${version}`, async () => {
      const messageId = await send({}, version);
      await provider(version).poll('GetRequest');
      good(await provider(version).ack(messageId, false));
      await takesAsyncError(messageId, version, 'NOT_ACCEPTED_BY_RECIPIENT');
      expect(polledRequest(await provider(version).poll('GetRequest'))).to.equal(undefined);
    });

    it(`the end of life that passes while the request waits is told in ${version}`, async () => {
      const messageId = await send({ eol: Date.now() + 500 }, version);
      await until(async () => (await statusOf(messageId)) === 'requestIsRejectedBySmev');
      expect(polledRequest(await provider(version).poll('GetRequest'))).to.equal(undefined);
      await takesAsyncError(messageId, version, 'END_OF_LIFE');
    });
  }

  /** The sender finds the error as an ordinary answer, acknowledges it, and it is gone. */
  async function takesAsyncError(messageId: string, version: Version, code: string) {
    const { text } = good(await sender(version).poll('GetResponse'));
    const at = [...path, 'AsyncProcessingStatus'] as const;
    expect(textAt(text, ...at, 'OriginalMessageId')).to.equal(messageId);
    expect(textAt(text, ...at, 'StatusCategory')).to.equal('requestIsRejectedBySmev');
    expect(textAt(text, ...at, 'SmevFault', 'Code')).to.equal(code);
    good(await sender(version).ack(textAt(text, ...path, 'MessageID') ?? ''));
    expect(polledResponse(await sender(version).poll('GetResponse'))).to.equal(undefined);
    expect(await statusOf(messageId)).to.equal('requestIsRejectedBySmev');
  }

  it('an answer that its receiver did not believe is told to the provider', async () => {
    const messageId = await send();
    const polled = polledRequest(await provider().poll('GetRequest'));
    good(await provider().ack(messageId));
    const answerId = freshMessageId();
    const content = birthResponse('Тест');
    good(await provider().sendResponse(polled?.replyTo ?? '', { content }, answerId));
    await sender().poll('GetResponse');
    good(await sender().ack(answerId, false));
    expect(await statusOf(messageId)).to.equal('responseIsRejectedBySmev');
    expect((await notice(provider('1.3'))).at(1)).to.equal('responseIsRejectedBySmev');
  });

  it('several are held at once; a lease that runs out brings its message back to the head', async () => {
    const ids = [await send(), await send(), await send()];
    const taken = [];
    for (let n = 0; n < 3; n += 1) {
      taken.push(polledRequest(await provider().poll('GetRequest'))?.messageId);
    }
    expect(taken).to.deep.equal(ids);
    expect(polledRequest(await provider().poll('GetRequest'))).to.equal(undefined);
    good(await provider().ack(ids[1] ?? ''));
    const later = await send();
    await new Promise((resolve) => setTimeout(resolve, 3100));
    const again = [];
    for (let n = 0; n < 3; n += 1) {
      const id = polledRequest(await provider().poll('GetRequest'))?.messageId ?? '';
      again.push(id);
      good(await provider().ack(id));
    }
    expect(again).to.deep.equal([ids[0], ids[2], later]);
  });

  it('an answer goes into the queue of the NodeID that asked, and into no other', async () => {
    const messageId = await send({ nodeId: 'узел-7' });
    const plain = await send();
    for (const id of [messageId, plain]) {
      const polled = polledRequest(await provider().poll('GetRequest'));
      expect(polled?.messageId).to.equal(id);
      const content = birthResponse('Тест');
      good(await provider().sendResponse(polled?.replyTo ?? '', { content }));
      good(await provider().ack(id));
    }
    expect(await pending(sender())).to.deep.equal({
      'agency-a.request': 0,
      'agency-a.response': 1,
      'agency-a.response.узел-7': 1,
      'agency-a.status': 2,
    });
    for (const [nodeId, original] of [
      ['другой', undefined],
      ['узел-7', messageId],
      [undefined, plain],
    ] as const) {
      const polled = await sender().poll('GetResponse', nodeId === undefined ? {} : { nodeId });
      const response = polledResponse(polled);
      expect(response?.originalMessageId).to.equal(original);
      if (response) good(await sender().ack(response.messageId));
    }
  });

  it('the statistics count what is not acknowledged, in 1.1 and 1.2; 1.3 has none', async () => {
    await send();
    await send();
    for (const version of ['1.1', '1.2'] as const) {
      const numbers = await pending(provider(version));
      expect(numbers).to.include({ 'agency-b.request': 2, 'agency-b.response': 0 });
    }
    await provider().poll('GetRequest');
    expect(await pending(provider())).to.include({ 'agency-b.request': 2 });
    const answer = await provider('1.3').look('GetIncomingQueueStatistics');
    await witness.refused(answer, '1.3', 'OPERATION_UNKNOWN');
  });

  async function pending(client: Client): Promise<Record<string, number>> {
    const { text } = good(await client.look('GetIncomingQueueStatistics'));
    return withXml(Buffer.from(text), (document) =>
      Object.fromEntries(
        childElements(bodyOf(document)).map((row) => [
          row.attr('queueName')?.value,
          Number(row.attr('pendingMessageNumber')?.value),
        ]),
      ),
    );
  }

  it('1.2 takes what real traffic leaves out, and the journal names it', async () => {
    const messageId = freshMessageId();
    const template = calls.sendRequestCall('1.2', { messageId, content: birthRequest('Тест') });
    good(await sender().call(withoutChain(template), 'SendRequest'));
    const receipt = await witness.kysely
      .selectFrom('journal_entry')
      .select('detail')
      .where('kind', '=', 'receipt')
      .where('message_id', '=', messageId)
      .executeTakeFirstOrThrow();
    expect(JSON.parse(receipt.detail ?? '')).to.deep.include({
      operation: 'SendRequest',
      tolerated: [
        'SenderProvidedRequestData/ReferenceMessageID:absent',
        'SenderProvidedRequestData/TransactionCode:absent',
      ],
    });
    const polled = await provider('1.3').poll('GetRequest');
    expect(polledRequest(polled)?.messageId).to.equal(messageId);
    good(await provider('1.3').ack(messageId));
  });

  it('the journal verifies, xmllint finds every answer valid', async function () {
    const { code, stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect([code, JSON.parse(stdout).ok]).to.deep.equal([0, true]);
    expect(node.output()).not.to.include('INTERNAL');
    expect(witness.xmllint(this)).to.equal('');
  });
});

function good(answer: Answer): Answer {
  expect(answer.code, textAt(answer.text, 'faultstring')).to.equal(undefined);
  return answer;
}

function withoutChain(template: Template): Template {
  const chain = /<t:ReferenceMessageID>.*<\/t:TransactionCode>/;
  return { ...template, before: template.before.replace(chain, '') };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 50; n += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it never held');
}
