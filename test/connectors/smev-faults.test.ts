import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import type { AgencyAnswer, Waiting } from '../../src/connectors/connector.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';
import { smev } from '../../src/connectors/smev.ts';
import { smevFaults } from '../../src/connectors/smev-faults.ts';
import { signBody } from '../../src/signature/wsse.ts';
import { smevNamespaces, soapNamespace } from '../../src/smev/namespaces.ts';
import { envelopeText } from '../../src/soap/envelope.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { paymentNamespace, paymentRequest } from '../harness/content.ts';
import { temporaryFolder } from '../harness/node.ts';
import { type Agency, agencyRequest, failureOf, never, startAgency } from './agencies.ts';
import { noDesk } from './directory-peer.ts';
import { MemoryInbox, routeTo, typeOf } from './upstreams.ts';

interface Canned {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

function fault(element: string | undefined, faultcode = 'Server', text = 'что-то не так'): string {
  const { faults, basic } = smevNamespaces['1.1'];
  const detail =
    element === undefined
      ? ''
      : `<detail><f:${element} xmlns:f="${faults}" xmlns:b="${basic}"><b:Code>28122</b:Code></f:${element}></detail>`;
  return envelopeText(
    `<soap:Fault xmlns:soap="${soapNamespace}"><faultcode>soap:${faultcode}</faultcode>` +
      `<faultstring>${text}</faultstring>${detail}</soap:Fault>`,
  );
}

describe('the smev connector and a simulator of upstream faults', () => {
  let canned: Canned;
  let simulator: Agency;
  before(async () => {
    simulator = await startAgency((response) => {
      const headers = { 'content-type': 'text/xml; charset=utf-8', ...canned.headers };
      response.writeHead(canned.status, headers).end(canned.body);
    });
  });
  after(() => simulator.close());

  async function using<T>(work: (connector: ReturnType<typeof smev>) => Promise<T>): Promise<T> {
    const route = routeTo(simulator.url);
    const stored = await temporaryFolder();
    const store = new LocalFiles(stored.path, randomBytes);
    const desk = { ...noDesk, store, filesMax: 2, bytesMax: 10_000 };
    const connector = smev(
      route,
      typeOf('payments', paymentNamespace, 'PaymentStatus', route),
      desk,
    );
    try {
      return await work(connector);
    } finally {
      await connector.close();
      await stored.remove();
    }
  }
  const request = (attempt: number) =>
    agencyRequest(
      paymentRequest(),
      { namespace: paymentNamespace, local: 'PaymentStatusRequest' },
      { messageId: freshMessageId(), attempt },
    );
  async function delivered(answer: Canned, attempt = 2): Promise<string> {
    canned = answer;
    return using(async ({ deliver }) => {
      try {
        return told(await deliver(request(attempt), never));
      } catch (error) {
        if (error instanceof ConnectorFailure) return error.code;
        throw error;
      }
    });
  }
  const told = (answer: AgencyAnswer | Waiting) =>
    answer.kind === 'failure' ? `failure ${answer.code}` : answer.kind;

  const node = sandboxSigner('node');
  for (const [element, { means, final }] of Object.entries(smevFaults)) {
    if (element === 'NOT_BUILT') continue;
    it(`acts upon ${element} as its row says: ${means}`, async () => {
      const unsigned = fault(element);
      const expected = means === 'accepted' ? 'waiting' : means;
      expect(await delivered({ status: 500, body: unsigned })).to.equal(expected);
      const signed = final === true ? `failure ${element}` : expected;
      expect(await delivered({ status: 500, body: signBody(unsigned, node) })).to.equal(signed);
      const stranger = signBody(unsigned, sandboxSigner('agency-b'));
      expect(await delivered({ status: 500, body: stranger })).to.equal(expected);
      const altered = signBody(unsigned, node).replace('28122', '28123');
      expect(await delivered({ status: 500, body: altered })).to.equal(expected);
    });
  }

  it('covers every fault that the schemas declare for a call', () => {
    const declared = [
      ...['BusinessDataTypeIsNotSupported', 'SMEVFailure', 'InvalidContent', 'EndOfLife'],
      ...['SignatureVerificationFault', 'SenderIsNotRegistered', 'RecipientIsNotFound'],
      ...['DestinationOverflow', 'AttachmentContentMiscoordination', 'QuoteLimitExceeded'],
      ...['AttachmentSizeLimitExceeded', 'AccessDenied', 'PersonalAccessDenied'],
      ...['TransactionCodeInvalid', 'MessageIsAlreadySent', 'InvalidMessageIdFormat'],
      ...['StaleMessageId', 'IncorrectResponseContentType', 'UnknownMessageType'],
      ...['TargetMessageIsNotFound', 'EndOfLifeReached'],
    ];
    expect(Object.keys(smevFaults)).to.include.members(declared);
  });

  it('takes a MessageID that is known for a stranger at the first attempt', async () => {
    const body = fault('MessageIsAlreadySent');
    expect(await delivered({ status: 500, body }, 1)).to.equal('REFUSED');
  });

  it('does not try again what Mezhved has not built, though it is an SMEVFailure', async () => {
    const body = fault('SMEVFailure', 'Server', 'NOT_BUILT: Registry');
    expect(await delivered({ status: 500, body })).to.equal('REFUSED');
  });

  it('judges faults of no known kind by whose doing they are, and HTTP by its status', async () => {
    expect(await delivered({ status: 500, body: fault(undefined) })).to.equal('AGENCY_ERROR');
    expect(await delivered({ status: 500, body: fault('Novelty') })).to.equal('AGENCY_ERROR');
    expect(await delivered({ status: 500, body: fault(undefined, 'Client') })).to.equal('REFUSED');
    expect(await delivered({ status: 500, body: '<html/>' })).to.equal('AGENCY_ERROR');
    expect(await delivered({ status: 404, body: '' })).to.equal('REFUSED');
    expect(await delivered({ status: 504, body: 'gateway' })).to.equal('UNAVAILABLE');
    expect(await delivered({ status: 429, body: fault('SMEVFailure') })).to.equal('BUSY');
    expect(await delivered({ status: 200, body: 'ok' })).to.equal('AGENCY_ERROR');
    expect(await delivered({ status: 200, body: envelopeText('<a/>') })).to.equal('AGENCY_ERROR');
  });

  it('waits as long as an upstream asks that is overloaded', async () => {
    canned = { status: 503, headers: { 'retry-after': '7' }, body: fault('SMEVFailure') };
    const failure = await using(({ deliver }) => failureOf(deliver(request(1), never)));
    expect(failure).to.include({ code: 'UNAVAILABLE', retryAfterMs: 7000 });
  });

  it('tells an operator names and codes, and nothing that a fault quotes', async () => {
    canned = {
      status: 500,
      body: fault('InvalidContent', 'Server', 'SMEV-403: Иванов не подходит'),
    };
    const failure = await using(({ deliver }) => failureOf(deliver(request(1), never)));
    expect(failure.message).to.match(/InvalidContent SMEV-403$/);
  });

  it('reads an empty queue that comes as multipart, as the real SMEV sends it', async () => {
    const empty = `<t:GetResponseResponse xmlns:t="${smevNamespaces['1.2'].types}"/>`;
    const type =
      'multipart/related; type="application/xop+xml"; boundary="uuid:1"; start="<root@cxf>"; start-info="text/xml"';
    const part = (id: string, text: string) =>
      `--uuid:1\r\nContent-Type: application/xop+xml\r\nContent-ID: ${id}\r\n\r\n${text}\r\n`;
    const body = `${part('<other@cxf>', 'x')}${part('<root@cxf>', envelopeText(empty))}--uuid:1--`;
    const inbox = new MemoryInbox();
    const collect = async (answer: Canned) => {
      canned = answer;
      await using(async ({ collecting }) => collecting?.collect(inbox, never));
    };
    await collect({ status: 200, headers: { 'content-type': type }, body });
    await collect({ status: 200, headers: { 'content-type': type }, body: `\r\n${body}` });
    expect(inbox.taken).to.deep.equal([]);
    for (const broken of [
      '',
      '--uuid:1',
      '--uuid:1\r\nno header',
      body.replaceAll('root', 'none'),
    ]) {
      const failed = failureOf(
        collect({ status: 200, headers: { 'content-type': type }, body: broken }),
      );
      expect((await failed).code, broken).to.equal('ANSWER_BROKEN');
    }
    const without = { 'content-type': 'multipart/related' };
    const failed = failureOf(collect({ status: 200, headers: without, body }));
    expect((await failed).code).to.equal('ANSWER_BROKEN');
  });

  it('leaves an answer with attachments that cannot be read where it is, and takes the others', async () => {
    const { types, basic } = smevNamespaces['1.2'];
    const answers = [true, false].map((attached) => {
      const id = freshMessageId();
      const list = attached ? '<b:AttachmentHeaderList/>' : '';
      const data = `<t:MessageID>${id}</t:MessageID><t:To>to</t:To><b:MessagePrimaryContent><a/></b:MessagePrimaryContent>${list}`;
      return signTemplate(
        {
          before: `<t:GetResponseResponse xmlns:t="${types}" xmlns:b="${basic}"><t:ResponseMessage><t:Response Id="S"><t:OriginalMessageId>${id}</t:OriginalMessageId><t:SenderProvidedResponseData>${data}</t:SenderProvidedResponseData></t:Response><t:SMEVSignature>`,
          after: '</t:SMEVSignature></t:ResponseMessage></t:GetResponseResponse>',
          signedId: 'S',
        },
        node,
      );
    });
    const empty = (name: string) => envelopeText(`<t:${name}Response xmlns:t="${types}"/>`);
    const acknowledged: string[] = [];
    const agency = await startAgency((response, { body }) => {
      const isAck = body.includes('AckRequest');
      if (isAck) acknowledged.push(body);
      response.end(isAck ? empty('Ack') : (answers.shift() ?? empty('GetResponse')));
    });
    const route = routeTo(agency.url);
    const connector = smev(
      route,
      typeOf('payments', paymentNamespace, 'PaymentStatus', route),
      noDesk,
    );
    const inbox = new MemoryInbox();
    try {
      const collecting = connector.collecting?.collect(inbox, never) ?? Promise.resolve();
      const failure = await failureOf(collecting);
      expect(failure.code).to.equal('ANSWER_BROKEN');
      expect(failure.message).to.include('has attachments');
    } finally {
      await connector.close();
      await agency.close();
    }
    expect(inbox.taken).to.have.lengthOf(1);
    expect(acknowledged).to.have.lengthOf(1);
    expect(acknowledged[0]).to.include(inbox.taken[0]?.messageId);
  });

  it('does not go through a queue of which every answer is broken', async () => {
    canned = { status: 200, body: envelopeText('<a/>') };
    const before = simulator.got.length;
    const failed = using(async ({ collecting }) => collecting?.collect(new MemoryInbox(), never));
    expect((await failureOf(failed)).code).to.equal('ANSWER_BROKEN');
    expect(simulator.got.length - before).to.be.within(10, 13);
  });

  it('tells of a selector that the upstream does not know', async () => {
    canned = { status: 500, body: fault('UnknownMessageType') };
    const failed = using(async ({ collecting }) => collecting?.collect(new MemoryInbox(), never));
    expect((await failureOf(failed)).code).to.equal('REFUSED');
  });
});
