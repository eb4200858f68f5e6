import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Signer } from '../../src/signature/signer.ts';
import * as calls from '../../src/smev/calls.ts';
import { newMessageId } from '../../src/smev/message-id.ts';
import { smevNamespaces, versions } from '../../src/smev/namespaces.ts';
import { issueSigners } from '../harness/certificates.ts';
import {
  type Client,
  freshMessageId,
  polledRequest,
  polledResponse,
  sandboxSigner,
} from '../harness/client.ts';
import {
  birthNamespace,
  birthRequest,
  birthResponse,
  paymentNamespace,
  paymentRequest,
} from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { journalIdIn, Witness } from '../harness/witness.ts';

const day = 86_400_000;
describe('who may do what is told apart', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;
  const signers = issueSigners(Date.now());

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'limits.yaml');
    writeFileSync(config, 'limits: { leaseMs: 1500, queueItemsMax: 2 }\n');
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
    witness = new Witness(node);
    await mkdir(join(folder.path, 'declared'));
    await declare(signers);
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });

  /** Registers a system for each certificate, and waits until the node knows them. */
  async function declare(known: Record<string, Signer>): Promise<void> {
    const systems = Object.entries(known).map(([name, { certificate }]) => {
      writeFileSync(join(folder.path, 'declared', `${name}.crt`), certificate.der);
      return `  - { id: c-${name}, certificates: [${name}.crt] }\n`;
    });
    const file = join(folder.path, 'declared', 'c.yaml');
    const head = 'kind: participant\nid: agency-c\nname: Ведомство В\nsystems:\n';
    writeFileSync(file, head + systems.join(''));
    const applied = await mezhved(['apply', file], node.env);
    expect(applied.code, applied.stderr).to.equal(0);
    for (let n = 0; n < 100 && !node.output().includes('configuration taken up'); n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const certificates = {
    expired: 'CERTIFICATE_EXPIRED',
    future: 'CERTIFICATE_NOT_YET_VALID',
    foreign: 'CERTIFICATE_UNTRUSTED',
    usage: 'CERTIFICATE_UNTRUSTED',
    weak: 'SIGNATURE_KEY_WEAK',
  } as const;
  for (const [name, code] of Object.entries(certificates)) {
    it(`a certificate that is ${name}: ${code} in every version`, async () => {
      for (const version of versions) {
        const client = witness.client(signers[name as keyof typeof certificates], version);
        await witness.refused(await client.poll('GetRequest'), version, code);
        const sent = await client.sendRequest({
          messageId: freshMessageId(),
          content: birthRequest('Тест'),
        });
        await witness.refused(sent, version, code);
      }
    });
  }

  it('a certificate that nobody registered: SENDER_UNKNOWN', async () => {
    for (const kind of ['rsa', 'ec'] as const) {
      const client = witness.client(sandboxSigner('node', kind), '1.1');
      await witness.refused(await client.poll('GetResponse'), '1.1', 'SENDER_UNKNOWN');
    }
  });

  it('no right to send the type; none to poll it by name', async () => {
    const stranger = witness.client(signers.good, '1.3');
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const entry = await witness.refused(await stranger.sendRequest(call), '1.3', 'ACCESS_DENIED');
    expect(entry).to.include({ system: 'c-good', message_id: call.messageId });
    const type = { namespace: birthNamespace, local: 'BirthRecordRequest' };
    const polled = await stranger.poll('GetRequest', { type });
    await witness.refused(polled, '1.3', 'SELECTOR_UNKNOWN');
    expect(polledRequest(await stranger.poll('GetRequest'))).to.equal(undefined);
  });

  it('an unknown selector, and content that is no type or the wrong side of one', async () => {
    for (const version of versions) {
      const sender = witness.client('agency-a', version);
      const type = { namespace: 'urn:nobody', local: 'Nothing' };
      const polled = await sender.poll('GetResponse', { type });
      await witness.refused(polled, version, 'SELECTOR_UNKNOWN');
      for (const content of ['<x xmlns="urn:nobody"/>', birthResponse('Тест')]) {
        const sent = await sender.sendRequest({ messageId: freshMessageId(), content });
        await witness.refused(sent, version, 'CONTENT_TYPE_UNKNOWN');
      }
    }
  });

  it("a selector of the caller's other type finds nothing of this one", async () => {
    const { sender, provider, messageId } = await sent();
    const type = { namespace: paymentNamespace, local: 'PaymentStatusRequest' };
    expect(polledRequest(await provider.poll('GetRequest', { type }))).to.equal(undefined);
    const response = { namespace: birthNamespace, local: 'BirthRecordResponse' };
    const polled = polledRequest(await provider.poll('GetRequest', { type: response }));
    expect(polled?.messageId).to.equal(messageId);
    await finish(sender, provider, polled);
  });

  it('a MessageID that is stale, of the future, or no v1 UUID', async () => {
    const sender = witness.client('agency-a', '1.2');
    const random = Buffer.alloc(8, 7);
    const ids = {
      MESSAGE_ID_STALE: [
        newMessageId(Date.now() - day - 1000, random),
        newMessageId(Date.now() + 600_000, random),
      ],
      MESSAGE_ID_FORMAT: ['123e4567-e89b-42d3-a456-426614174000'],
    } as const;
    for (const [code, wrong] of Object.entries(ids)) {
      for (const messageId of wrong) {
        const answer = await sender.sendRequest({ messageId, content: birthRequest('Тест') });
        await witness.refused(answer, '1.2', code as keyof typeof ids);
        const told = await sender.sendResponse('x', { content: birthResponse('Тест') }, messageId);
        await witness.refused(told, '1.2', code as keyof typeof ids);
      }
    }
  });

  it('a MessageID again with other octets or by another sender shows nothing of the first', async () => {
    const secret = 'Первое Сообщение';
    const { sender, provider, messageId } = await sent(secret);
    const other = await sender.sendRequest({ messageId, content: birthRequest('Другое') });
    const polled = polledRequest(await provider.poll('GetRequest'));
    const answer = { content: birthResponse('Тест') };
    const answers = [other, await provider.sendResponse(polled?.replyTo ?? '', answer, messageId)];
    for (const answer of answers) {
      await witness.refused(answer, '1.2', 'MESSAGE_ALREADY_SENT');
      expect(answer.text).not.to.include(secret);
      expect(answer.text).not.to.include('agency-');
    }
    await finish(sender, provider, polled);
  });

  it('a polling Timestamp that is a day old, or ahead', async () => {
    const client = witness.client('agency-b', '1.2');
    for (const at of [Date.now() - day - 1000, Date.now() + 600_000]) {
      for (const operation of ['GetRequest', 'GetResponse'] as const) {
        await witness.refused(await client.poll(operation, { at }), '1.2', 'TIMESTAMP_STALE');
      }
      for (const operation of ['GetStatus', 'GetIncomingQueueStatistics'] as const) {
        const answer = await client.call(calls.lookCall(operation, '1.2', at), operation);
        await witness.refused(answer, '1.2', 'TIMESTAMP_STALE');
      }
    }
  });

  it('an Ack of nothing, of what was not taken, of what another holds, and twice', async () => {
    const { sender, provider, messageId } = await sent();
    const refused = async (client: Client, id: string) =>
      witness.refused(await client.ack(id), '1.2', 'ACK_TARGET_UNKNOWN');
    await refused(provider, freshMessageId());
    await refused(provider, messageId);
    const polled = polledRequest(await provider.poll('GetRequest'));
    await refused(sender, messageId);
    await finish(sender, provider, polled);
    await refused(provider, messageId);
  });

  it('an Ack after the lease ran out; the message is at the head again', async () => {
    const first = await sent();
    const second = await sent();
    const { provider, sender } = first;
    expect(polledRequest(await provider.poll('GetRequest'))?.messageId).to.equal(first.messageId);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    const late = await provider.ack(first.messageId);
    await witness.refused(late, '1.2', 'ACK_TARGET_UNKNOWN');
    for (const { messageId } of [first, second]) {
      const polled = polledRequest(await provider.poll('GetRequest'));
      expect(polled?.messageId).to.equal(messageId);
      await finish(sender, provider, polled);
    }
  });

  it('an answer to an unknown To, by a stranger, of the wrong type, and after the final one', async () => {
    const { sender, provider } = await sent();
    const polled = polledRequest(await provider.poll('GetRequest'));
    const to = polled?.replyTo ?? '';
    const content = birthResponse('Тест');
    const unknown = await provider.sendResponse(`${to}x`, { content });
    await witness.refused(unknown, '1.2', 'RECIPIENT_UNKNOWN');
    const stranger = await witness.client(signers.good, '1.2').sendResponse(to, { content });
    await witness.refused(stranger, '1.2', 'RECIPIENT_UNKNOWN');
    const about = (text: string) => text.replaceAll(journalIdIn(text), '').replace(/.*<f:/s, '');
    expect(about(stranger.text)).to.equal(about(unknown.text));
    for (const wrong of [birthRequest('Тест'), paymentRequest()]) {
      const answer = await provider.sendResponse(to, { content: wrong });
      await witness.refused(answer, '1.2', 'RESPONSE_CONTENT_TYPE');
    }
    await finish(sender, provider, polled);
    const second = await provider.sendResponse(to, { content });
    await witness.refused(second, '1.2', 'RESPONSE_ALREADY_FINAL');
  });

  it('an end of life in the past', async () => {
    const sender = witness.client('agency-a', '1.1');
    const answer = await sender.sendRequest({
      messageId: freshMessageId(),
      content: birthRequest('Тест'),
      eol: Date.now() - 1000,
    });
    await witness.refused(answer, '1.1', 'END_OF_LIFE');
  });

  it('a queue that is full takes more when it has room again', async () => {
    const held = [await sent(), await sent()];
    const sender = witness.client('agency-a', '1.2');
    const call = { messageId: freshMessageId(), content: birthRequest('Тест') };
    const full = await sender.sendRequest(call);
    await witness.refused(full, '1.2', 'QUEUE_FULL');
    expect(full.text).to.include('<f:DestinationName>agency-b.request</f:DestinationName>');
    for (const { provider } of held) {
      await finish(sender, provider, polledRequest(await provider.poll('GetRequest')));
    }
    expect((await sender.sendRequest(call)).code).to.equal(undefined);
    const provider = witness.client('agency-b', '1.2');
    await finish(sender, provider, polledRequest(await provider.poll('GetRequest')));
  });

  it('an asynchronous status comes from the node alone', async () => {
    const provider = witness.client('agency-b', '1.3');
    const { types } = smevNamespaces['1.3'];
    const id = freshMessageId();
    const template = calls.sendResponseCall('1.3', id, 'to', {
      rejected: { code: 'NO_DATA', description: 'нет' },
    });
    const status = `<t:AsyncProcessingStatus xmlns:t="${types}"><t:OriginalMessageId>${id}</t:OriginalMessageId><t:StatusCategory>underProcessing</t:StatusCategory></t:AsyncProcessingStatus>`;
    const before = template.before.replace(/<t:RequestRejected>.*<\/t:RequestRejected>/, status);
    const answer = await provider.call({ ...template, before }, 'SendResponse');
    await witness.refused(answer, '1.3', 'ASYNC_STATUS_FORBIDDEN');
  });

  it('the journal verifies, xmllint finds every answer valid', async function () {
    const { code, stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect([code, JSON.parse(stdout).ok]).to.deep.equal([0, true]);
    expect(node.output()).not.to.include('INTERNAL');
    expect(witness.xmllint(this)).to.equal('');
  });

  /** A request in the queue of agency-b. */
  async function sent(name = 'Тест') {
    const sender = witness.client('agency-a', '1.2');
    const provider = witness.client('agency-b', '1.2');
    const messageId = freshMessageId();
    const answer = await sender.sendRequest({ messageId, content: birthRequest(name) });
    expect(answer.code, answer.text).to.equal(undefined);
    return { sender, provider, messageId };
  }

  /** Leases are short here, and on a slow machine one may have run out. */
  async function acknowledged(provider: Client, messageId: string): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if ((await provider.ack(messageId)).code === undefined) return;
      await provider.poll('GetRequest');
    }
    throw new Error(`not acknowledged: ${messageId}`);
  }

  /** Answers and acknowledges, so that the next test finds empty queues. */
  async function finish(
    sender: Client,
    provider: Client,
    polled: ReturnType<typeof polledRequest>,
  ): Promise<void> {
    await provider.sendResponse(polled?.replyTo ?? '', { content: birthResponse('Тест') });
    await acknowledged(provider, polled?.messageId ?? '');
    const response = polledResponse(await sender.poll('GetResponse'));
    expect(response?.originalMessageId).to.equal(polled?.messageId);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      if ((await sender.ack(response?.messageId ?? '')).code === undefined) return;
      await sender.poll('GetResponse');
    }
    throw new Error('the answer was not acknowledged');
  }
});
