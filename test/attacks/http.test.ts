import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FaultCode } from '../../src/fault/codes.ts';
import * as calls from '../../src/smev/calls.ts';
import { type Client, freshMessageId, polledRequest, sandboxSigner } from '../harness/client.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { noteNamespace, noteRequest, noteResponse, noteType } from '../harness/rules.ts';
import { Witness } from '../harness/witness.ts';
import { chapters } from './catalogue.ts';

const day = 86_400_000;

describe('attacks on a running node', function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'limits.yaml');
    writeFileSync(config, 'limits: { bodyBytesMax: 20000000 }\n');
    await start({ MEZHVED_CONFIG: config });
    await declareNote();
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });

  async function start(env: NodeJS.ProcessEnv): Promise<void> {
    node = await startNode(join(folder.path, 'data'), env);
    witness = new Witness(node, { xmlsec1: false });
  }

  /** The message type of the fixtures, as an operator declares one. */
  async function declareNote(): Promise<void> {
    const declared = join(folder.path, 'declared');
    await mkdir(declared);
    writeFileSync(join(declared, 'note.xsd'), noteType.versions[0]?.schemas[0]?.bytes ?? '');
    writeFileSync(
      join(declared, 'note.yaml'),
      'kind: messageType\nid: note\nname: Заметка\nversions:\n' +
        `  - { namespace: '${noteNamespace}', requestRoot: NoteRequest, responseRoot: NoteResponse, schemas: [note.xsd] }\n` +
        'senders: [agency-a]\nproviders: [agency-b]\nroute: { kind: queue }\n',
    );
    const applied = await mezhved(['apply', join(declared, 'note.yaml')], node.env);
    expect(applied.code, applied.stderr).to.equal(0);
    for (let n = 0; n < 200 && !node.output().includes('configuration taken up'); n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  for (const { title, attacks } of chapters) {
    describe(title, () => {
      for (const { name, make, code: said, trust } of attacks) {
        const code = trust ? 'SENDER_UNKNOWN' : said;
        it(`${name}: ${code}, signed and journalled`, async () => {
          const { bytes, soapAction, contentType } = make();
          const answer = await witness.post(bytes, '1.2', {
            ...(soapAction === undefined ? {} : { SOAPAction: soapAction }),
            ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
          });
          await witness.refused(answer, '1.2', code, bytes);
        });
      }
    });
  }

  describe('What HTTP says', () => {
    const types: Record<string, FaultCode> = {
      'application/xml': 'CONTENT_TYPE_UNSUPPORTED',
      'text/xml; charset=utf-16': 'CONTENT_TYPE_UNSUPPORTED',
      'text/xml; charset=utf-8; charset=utf-7': 'CONTENT_TYPE_UNSUPPORTED',
      'application/soap+xml; action="urn:SendRequest"': 'SOAP_VERSION',
      'text/html': 'CONTENT_TYPE_UNSUPPORTED',
    };
    for (const [contentType, code] of Object.entries(types)) {
      it(`the content type ${contentType}: ${code}`, async () => {
        const answer = await witness.post(signed(), '1.2', { 'Content-Type': contentType });
        await witness.refused(answer, '1.2', code);
      });
    }
  });

  describe('What was said before', () => {
    it('the same MessageID with another body', async () => {
      const messageId = freshMessageId();
      const first = await witness.post(signed(messageId));
      expect(first.code).to.equal(undefined);
      const again = await witness.post(signed(messageId, noteRequest('другое')));
      await witness.refused(again, '1.2', 'MESSAGE_ALREADY_SENT');
    });

    it('the same MessageID in capitals or among blanks is no new message', async () => {
      const messageId = freshMessageId();
      expect((await witness.post(signed(messageId))).code).to.equal(undefined);
      const before = await witness.exchanges();
      for (const other of [
        messageId.toUpperCase(),
        ` ${messageId}`,
        `${messageId}\n`,
        `{${messageId}}`,
      ]) {
        const answer = await witness.post(signed(other));
        await witness.refused(answer, '1.2', 'ENVELOPE_INVALID');
      }
      expect(await witness.exchanges()).to.equal(before);
    });

    it('the same MessageID after the node was killed and started again', async () => {
      const messageId = freshMessageId();
      const text = signed(messageId);
      const first = await witness.post(text);
      const { env } = node;
      await witness.close();
      await node.kill();
      await start(env);
      const before = await witness.exchanges();
      expect((await witness.post(text)).text).to.equal(first.text);
      const other = await witness.post(signed(messageId, noteRequest('другое')));
      await witness.refused(other, '1.2', 'MESSAGE_ALREADY_SENT');
      expect(await witness.exchanges()).to.equal(before);
    });

    for (const [name, at] of [
      ['old', -2 * day],
      ['to come', day],
    ] as const) {
      it(`a poll whose Timestamp is ${name}`, async () => {
        const poll = calls.pollCall('GetRequest', '1.2', { at: Date.now() + at });
        const answer = await client('agency-b').call(poll, 'GetRequest');
        await witness.refused(answer, '1.2', 'TIMESTAMP_STALE');
      });

      it(`a MessageID whose time is ${name}`, async () => {
        const answer = await witness.post(signed(freshMessageId(Date.now() + at)));
        await witness.refused(answer, '1.2', 'MESSAGE_ID_STALE');
      });
    }

    it('an answer to a request that nobody made', async () => {
      const answer = await client('agency-b').sendResponse('nobody', {
        content: noteResponse('x'),
      });
      await witness.refused(answer, '1.2', 'RECIPIENT_UNKNOWN');
    });

    it("an answer and an acknowledgement by another agency than the request's", async () => {
      const messageId = freshMessageId();
      await witness.post(signed(messageId));
      const provider = client('agency-b');
      let polled = polledRequest(await provider.poll('GetRequest'));
      while (polled !== undefined && polled.messageId !== messageId) {
        polled = polledRequest(await provider.poll('GetRequest'));
      }
      const stranger = client('agency-a');
      const answer = await stranger.sendResponse(polled?.replyTo ?? '', {
        content: noteResponse('x'),
      });
      await witness.refused(answer, '1.2', 'RECIPIENT_UNKNOWN');
      await witness.refused(await stranger.ack(messageId), '1.2', 'ACK_TARGET_UNKNOWN');
    });
  });

  it('the journal verifies after all that', async () => {
    const { code, stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect([code, JSON.parse(stdout).ok]).to.deep.equal([0, true]);
    expect(node.output()).not.to.include('INTERNAL');
  });

  function client(agency: 'agency-a' | 'agency-b'): Client {
    return witness.client(agency, '1.2');
  }

  function signed(messageId = freshMessageId(), content = noteRequest('9100')): string {
    return witness
      .client(sandboxSigner('agency-a'), '1.2')
      .sign(calls.sendRequestCall('1.2', { messageId, content }));
  }
});
