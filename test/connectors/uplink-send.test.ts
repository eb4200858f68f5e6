import { expect } from 'chai';
import { signTemplate } from '../../src/compute/sign-template.ts';
import type { SmevClient } from '../../src/connectors/smev-client.ts';
import { sendAnswer } from '../../src/connectors/uplink-send.ts';
import { signBody } from '../../src/signature/wsse.ts';
import { acceptedAnswer } from '../../src/smev/answers.ts';
import { messageIdTime } from '../../src/smev/message-id.ts';
import { smevNamespaces, soapNamespace } from '../../src/smev/namespaces.ts';
import { envelopeText } from '../../src/soap/envelope.ts';
import { freshMessageId, sandboxSigner, textAt } from '../harness/client.ts';
import { failureOf, never } from './agencies.ts';

const node = sandboxSigner('node');

function fault(element: string, isSigned = true): string {
  const detail = `<detail><f:${element} xmlns:f="${smevNamespaces['1.2'].faults}"/></detail>`;
  const text = envelopeText(
    `<soap:Fault xmlns:soap="${soapNamespace}"><faultcode>soap:Server</faultcode><faultstring>x</faultstring>${detail}</soap:Fault>`,
  );
  return isSigned ? signBody(text, node) : text;
}

function accepted(messageId: string): string {
  const metadata = {
    messageId,
    messageType: 'RESPONSE',
    sender: { mnemonic: 'A', name: 'A' },
    sentAt: Date.now(),
    destination: 'd',
    recipient: undefined,
    contentType: undefined,
    deliveredAt: undefined,
    status: undefined,
  } as const;
  return signTemplate(acceptedAnswer('SendResponse', '1.2', metadata), node);
}

/** A simulator of a SMEV, which takes answers as it is told, one after another. */
function simulator(...behaviours: ((messageId: string) => string)[]) {
  const ids: string[] = [];
  const client: SmevClient = {
    version: '1.2',
    place: 'simulator',
    signer: sandboxSigner('agency-b'),
    trusted: new Set([node.certificate.fingerprint]),
    post: async (envelope) => {
      const text = Buffer.from(envelope).toString();
      const id = textAt(text, 'SenderProvidedResponseData', 'MessageID') ?? '';
      ids.push(id);
      const answer = behaviours[ids.length - 1]?.(id) ?? '';
      return { status: /Fault>/.test(answer) ? 500 : 200, headers: {}, body: Buffer.from(answer) };
    },
  };
  return { client, ids };
}

describe('an answer on its way to another SMEV', () => {
  const answering = () => ({
    messageId: freshMessageId(Date.now() - 30 * 3_600_000),
    to: 'to',
    content: { content: '<z:A xmlns:z="urn:z"/>' },
  });

  it('goes once more under a new MessageID where its own has grown old', async () => {
    const { client, ids } = simulator(() => fault('StaleMessageId', false), accepted);
    const answer = answering();
    expect(await sendAnswer(client, answer, never)).to.equal('taken');
    expect(ids[0]).to.equal(answer.messageId);
    expect(messageIdTime(ids[1] ?? '')).to.be.within(Date.now() - 3_700_000, Date.now());
    const stale = simulator(
      () => fault('StaleMessageId'),
      () => fault('StaleMessageId'),
    );
    const failure = await failureOf(sendAnswer(stale.client, answer, never));
    expect(failure.code).to.equal('REFUSED');
  });

  it('was taken where the SMEV has seen its MessageID', async () => {
    const { client } = simulator(() => fault('MessageIsAlreadySent'));
    expect(await sendAnswer(client, answering(), never)).to.equal('taken');
  });

  it('is unwanted only where the SMEV says so under its signature', async () => {
    const signed = simulator(() => fault('RecipientIsNotFound'));
    expect(await sendAnswer(signed.client, answering(), never)).to.equal('unwanted');
    const unsigned = simulator(() => fault('RecipientIsNotFound', false));
    const failure = await failureOf(sendAnswer(unsigned.client, answering(), never));
    expect(failure.code).to.equal('REFUSED');
  });

  it('is not taken where another message was acknowledged', async () => {
    const { client } = simulator(() => accepted(freshMessageId()));
    const failure = await failureOf(sendAnswer(client, answering(), never));
    expect(failure.code).to.equal('ANSWER_BROKEN');
  });
});
