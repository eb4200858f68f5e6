import { expect } from 'chai';
import { loadSmevSchemas } from '../../src/schema/files.ts';
import { disposeSmevSchemas, judgeEnvelope, type SmevSchemas } from '../../src/schema/smev.ts';
import { deviations } from '../../src/schema/tolerance.ts';
import { smevNamespaces, type Version, versions } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';

const id = 'a1b2c3d4-0000-11ea-8000-0123456789ab';
const time = '2020-01-01T00:00:00Z';

describe('judging envelopes', () => {
  let schemas: SmevSchemas;
  before(() => {
    schemas = loadSmevSchemas();
  });
  after(() => disposeSmevSchemas(schemas));

  function judge(version: Version, name: string, inner: string) {
    const { types, basic, faults } = smevNamespaces[version];
    const xml = `<t:${name} xmlns:t="${types}" xmlns:b="${basic}" xmlns:f="${faults}" \
xmlns:xop="http://www.w3.org/2004/08/xop/include" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${inner}</t:${name}>`;
    return withXml(Buffer.from(xml), ({ root }) => judgeEnvelope(schemas, version, root));
  }

  const party = '<t:Mnemonic>m</t:Mnemonic><t:HumanReadableName>h</t:HumanReadableName>';

  function metadata(parts: Record<string, string> = {}): string {
    const all: Record<string, string> = {
      id: `<t:MessageId>${id}</t:MessageId>`,
      type: '<t:MessageType>REQUEST</t:MessageType>',
      sender: `<t:Sender>${party}</t:Sender>`,
      sent: `<t:SendingTimestamp>${time}</t:SendingTimestamp>`,
      destination: '<t:DestinationName>d</t:DestinationName>',
      recipient: `<t:Recipient>${party}</t:Recipient>`,
      more: `<t:SupplementaryData><t:InteractionType>other</t:InteractionType></t:SupplementaryData>`,
      status: '',
      ...parts,
    };
    return `<t:MessageMetadata>${Object.values(all).join('')}</t:MessageMetadata>`;
  }

  function request(parts: Record<string, string> = {}): string {
    const all: Record<string, string> = {
      id: `<t:MessageID>${id}</t:MessageID>`,
      reference: `<t:ReferenceMessageID>${id}</t:ReferenceMessageID>`,
      code: '<t:TransactionCode>c</t:TransactionCode>',
      content: '<b:MessagePrimaryContent><x xmlns="urn:x"/></b:MessagePrimaryContent>',
      headers: '',
      ...parts,
    };
    const inner = Object.values(all).join('');
    return `<t:SenderProvidedRequestData>${inner}</t:SenderProvidedRequestData>`;
  }

  const mime = '<b:MimeType>text/plain</b:MimeType>';
  const kind = '<b:NamespaceUri>u</b:NamespaceUri>';
  const archive = `<b:Archive><b:File><b:Name>n</b:Name>${kind}</b:File></b:Archive>`;
  const header = (more: string, end = '') =>
    `<b:AttachmentHeaderList><b:AttachmentHeader><b:contentId>a</b:contentId>${more}${mime}${end}\
</b:AttachmentHeader></b:AttachmentHeaderList>`;
  const refHeader = (more: string, end = '') =>
    `<b:RefAttachmentHeaderList><b:RefAttachmentHeader><b:uuid>1</b:uuid>${more}<b:Hash>h</b:Hash>\
${mime}${end}</b:RefAttachmentHeader></b:RefAttachmentHeaderList>`;
  const response = (ids: string) =>
    `<t:ResponseMessage><t:Response>${ids}<t:SenderProvidedResponseData><t:MessageID>${id}\
</t:MessageID><t:To>to</t:To><t:RequestRejected><t:RejectionReasonCode>NO_DATA\
</t:RejectionReasonCode><t:RejectionReasonDescription>d</t:RejectionReasonDescription>\
</t:RequestRejected></t:SenderProvidedResponseData>${metadata()}</t:Response></t:ResponseMessage>`;
  const original = `<t:OriginalMessageId>${id}</t:OriginalMessageId>`;
  const code = '<t:OriginalTransactionCode>c</t:OriginalTransactionCode>';
  const reference = `<t:ReferenceMessageID>${id}</t:ReferenceMessageID>`;
  const status = (category: string, fault = '') =>
    `<t:SmevAsyncProcessingMessage><t:AsyncProcessingStatusData><t:AsyncProcessingStatus>${original}\
<t:StatusCategory>${category}</t:StatusCategory>${fault}</t:AsyncProcessingStatus>\
</t:AsyncProcessingStatusData></t:SmevAsyncProcessingMessage>`;
  const polled = (replyTo: string) =>
    `<t:RequestMessage><t:Request>${request()}${metadata()}${replyTo}</t:Request></t:RequestMessage>`;
  const rejected = (reason: string) =>
    `<t:SenderProvidedResponseData><t:MessageID>${id}</t:MessageID><t:To>to</t:To>\
<t:RequestRejected><t:RejectionReasonCode>${reason}</t:RejectionReasonCode>\
<t:RejectionReasonDescription>d</t:RejectionReasonDescription></t:RequestRejected>\
</t:SenderProvidedResponseData>`;

  /** Each deviation alone, by its name: message and inner XML. */
  const alone: Record<string, readonly [name: string, inner: string]> = {
    'SenderProvidedRequestData/ReferenceMessageID:absent': [
      'SendRequestRequest',
      request({ reference: '' }),
    ],
    'SenderProvidedRequestData/TransactionCode:absent': [
      'SendRequestRequest',
      request({ code: '' }),
    ],
    'Request/ReplyTo:absent': ['GetRequestResponse', polled('')],
    'Response/OriginalMessageId:absent': ['GetResponseResponse', response(code + reference)],
    'Response/OriginalTransactionCode:absent': [
      'GetResponseResponse',
      response(original + reference),
    ],
    'Response/ReferenceMessageID:absent': ['GetResponseResponse', response(original + code)],
    'MessageMetadata/MessageId:absent': ['SendRequestResponse', metadata({ id: '' })],
    'MessageMetadata/Sender:absent': ['SendRequestResponse', metadata({ sender: '' })],
    'MessageMetadata/DestinationName:absent': [
      'SendRequestResponse',
      metadata({ destination: '' }),
    ],
    'MessageMetadata/SupplementaryData:absent': ['SendRequestResponse', metadata({ more: '' })],
    'Sender/Mnemonic:absent': [
      'SendRequestResponse',
      metadata({ sender: '<t:Sender><t:HumanReadableName>h</t:HumanReadableName></t:Sender>' }),
    ],
    'Sender/HumanReadableName:absent': [
      'SendRequestResponse',
      metadata({ sender: '<t:Sender><t:Mnemonic>m</t:Mnemonic></t:Sender>' }),
    ],
    'Recipient/Mnemonic:absent': [
      'SendRequestResponse',
      metadata({
        recipient: '<t:Recipient><t:HumanReadableName>h</t:HumanReadableName></t:Recipient>',
      }),
    ],
    'Recipient/HumanReadableName:absent': [
      'SendRequestResponse',
      metadata({ recipient: '<t:Recipient><t:Mnemonic>m</t:Mnemonic></t:Recipient>' }),
    ],
    'AttachmentHeader/NamespaceUri:present': [
      'SendRequestRequest',
      request({ headers: header(kind) }),
    ],
    'AttachmentHeader/Archive:present': [
      'SendRequestRequest',
      request({ headers: header('', archive) }),
    ],
    'RefAttachmentHeader/FileName:present': [
      'SendRequestRequest',
      request({ headers: refHeader('<b:FileName>f</b:FileName>') }),
    ],
    'RefAttachmentHeader/NamespaceUri:present': [
      'SendRequestRequest',
      request({ headers: refHeader(kind) }),
    ],
    'RefAttachmentHeader/Archive:present': [
      'SendRequestRequest',
      request({ headers: refHeader('', archive) }),
    ],
    'MessageMetadata/Status:unlisted': [
      'SendRequestResponse',
      metadata({ status: '<t:Status>messageIsDelivered</t:Status>' }),
    ],
    'AsyncProcessingStatus/StatusCategory:unlisted': ['GetStatusResponse', status('whatever')],
    'RequestRejected/RejectionReasonCode:FAILURE': ['SendResponseRequest', rejected('FAILURE')],
    'SmevFault/Code:longer-than-50': [
      'GetStatusResponse',
      status('cancelled', `<t:SmevFault><b:Code>${'ц'.repeat(51)}</b:Code></t:SmevFault>`),
    ],
    'AckTargetMessage/@accepted:absent': [
      'AckRequest',
      `<b:AckTargetMessage Id="A">${id}</b:AckTargetMessage>`,
    ],
  };

  it('has a test for each tolerated deviation', () => {
    expect(Object.keys(alone)).deep.equal(deviations.map(({ name }) => name));
  });

  for (const [name, [message, inner]] of Object.entries(alone)) {
    it(`lets through in 1.2 and names ${name}`, () => {
      expect(judge('1.2', message, inner)).deep.equal({
        valid: true,
        findings: [],
        tolerated: [name],
      });
    });
  }

  it('names nothing where the published 1.2 is kept', () => {
    for (const [name, inner] of [
      ['SendRequestRequest', request()],
      ['SendRequestResponse', metadata()],
      ['GetRequestResponse', polled('<t:ReplyTo>r</t:ReplyTo>')],
      ['GetResponseResponse', response(original + code + reference)],
      ['GetStatusResponse', status('cancelled')],
      ['SendResponseRequest', rejected('NO_DATA')],
    ] as const) {
      const judged = judge('1.2', name, inner);
      expect(judged, name).deep.equal({ valid: true, findings: [], tolerated: [] });
    }
  });

  it('names deviations of the envelope alone, not of business content', () => {
    const inside =
      '<b:MessagePrimaryContent><x xmlns="urn:x"><t:Request/></x></b:MessagePrimaryContent>';
    const judged = judge('1.2', 'SendRequestRequest', request({ content: inside, code: '' }));
    expect(judged.tolerated).deep.equal(['SenderProvidedRequestData/TransactionCode:absent']);
  });

  it('tolerates nothing more, and then tells what remains', () => {
    const judged = judge('1.2', 'SendRequestRequest', request({ code: '', id: '' }));
    expect(judged.valid).equal(false);
    expect(judged.tolerated).deep.equal([]);
    expect(judged.findings).length(1);
    expect(judged.findings[0]?.text).include('«MessageID»');
    expect(judge('1.2', 'SendResponseRequest', rejected('OTHER')).valid).equal(false);
  });

  it('tolerates nothing in the other versions', () => {
    const long = status(
      'cancelled',
      `<t:SmevFault><b:Code>${'ц'.repeat(51)}</b:Code></t:SmevFault>`,
    );
    expect(judge('1.1', 'GetStatusResponse', long).valid).equal(false);
    expect(judge('1.3', 'GetStatusResponse', long).valid).equal(true);
    expect(judge('1.3', 'GetStatusResponse', status('whatever')).valid).equal(false);
  });

  describe('attachments that XOP moved out', () => {
    const include = '<xop:Include href="cid:a"/>';
    const contents = (...inner: string[]) =>
      `${request()}<b:AttachmentContentList>${inner
        .map(
          (c) =>
            `<b:AttachmentContent><b:Id>a</b:Id><b:Content>${c}</b:Content></b:AttachmentContent>`,
        )
        .join('')}</b:AttachmentContentList>`;

    for (const version of versions) {
      it(`count as base64 text in ${version}`, () => {
        expect(judge(version, 'SendRequestRequest', contents(include)).valid).equal(true);
        expect(judge(version, 'SendRequestRequest', contents('YWJj')).valid).equal(true);
      });
    }

    for (const inner of ['<other/>', include + include, `${include}YWJj`, `YQ==${include}`]) {
      it(`are nothing else: ${inner}`, () => {
        expect(judge('1.1', 'SendRequestRequest', contents(inner)).valid).equal(false);
      });
    }

    it('use up no place of real findings', () => {
      const many = contents(...Array.from({ length: 30 }, () => include));
      const judged = judge('1.1', 'SendRequestRequest', `${many}<t:Wrong/>`);
      expect(judged.findings.map(({ path }) => path)).deep.equal(['/SendRequestRequest/Wrong']);
    });

    it('are nowhere else', () => {
      const judged = judge('1.1', 'SendRequestRequest', request({ code: include }));
      expect(judged.valid).equal(false);
    });
  });

  it('leaves an xsi:type of 1.3 business content to its own schema', () => {
    const typed = (inner: string) =>
      request({
        content: `<b:MessagePrimaryContent><x:a xmlns:x="urn:x">${inner}</x:a></b:MessagePrimaryContent>`,
      });
    const judged = judge('1.3', 'SendRequestRequest', typed('<x:b xsi:type="x:T"><x:c/></x:b>'));
    expect(judged).deep.equal({ valid: true, findings: [], tolerated: [] });
    const fault = '<t:SmevFault xsi:type="f:None"/>';
    expect(judge('1.3', 'GetStatusResponse', status('cancelled', fault)).valid).equal(false);
  });

  it('knows the types of faults', () => {
    const fault = (error: string) =>
      `<t:SmevFault xsi:type="f:InvalidContent"><b:Code>1</b:Code>${error}</t:SmevFault>`;
    const whole = fault('<f:ValidationError errorPosition="1">x</f:ValidationError>');
    for (const version of versions) {
      expect(judge(version, 'GetStatusResponse', status('cancelled', whole)).valid).equal(true);
      expect(judge(version, 'GetStatusResponse', status('cancelled', fault(''))).valid).equal(
        false,
      );
    }
  });
});
