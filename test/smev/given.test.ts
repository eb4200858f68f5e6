import { expect } from 'chai';
import {
  type GivenFault,
  readGivenFault,
  readGivenRequest,
  readGivenResponse,
} from '../../src/smev/given.ts';
import { smevNamespaces } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';

const { types, basic } = smevNamespaces['1.2'];
const namespaces = `xmlns:t="${types}" xmlns:b="${basic}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;

function response(data: string, before = '<t:OriginalMessageId> o </t:OriginalMessageId>') {
  const text = `<t:Response ${namespaces}>${before}<t:SenderProvidedResponseData><t:MessageID>m</t:MessageID><t:To>to</t:To>${data}</t:SenderProvidedResponseData></t:Response>`;
  return withXml(Buffer.from(text), ({ root }) => readGivenResponse(root, root, '1.2'));
}

function request(data: string, after = '<t:ReplyTo> r </t:ReplyTo>') {
  const text = `<t:Request ${namespaces}><t:SenderProvidedRequestData><t:MessageID>m</t:MessageID>${data}</t:SenderProvidedRequestData>${after}</t:Request>`;
  return withXml(Buffer.from(text), ({ root }) => readGivenRequest(root, root, '1.2'));
}

describe('what SMEV hands over', () => {
  it('reads a substituted fault by its code, else by the name of its type', () => {
    const of = (fault: string) =>
      response(
        `<t:AsyncProcessingStatus><t:OriginalMessageId>o</t:OriginalMessageId><t:StatusCategory>requestIsRejectedBySmev</t:StatusCategory><t:StatusDetails>d</t:StatusDetails>${fault}</t:AsyncProcessingStatus>`,
        '',
      );
    const substituted = of(
      '<t:SmevFault xsi:type="ns3:InvalidContent"><b:Code>028122</b:Code><b:Description>SMEV-403: x</b:Description><f:ValidationError xmlns:f="urn:f" errorPosition="1">y</f:ValidationError></t:SmevFault>',
    );
    expect(substituted).to.include({ messageId: 'm', originalMessageId: 'o' });
    expect(substituted?.said).to.deep.equal({
      kind: 'async',
      category: 'requestIsRejectedBySmev',
      details: 'd',
      fault: { code: '028122', description: 'SMEV-403: x; y' },
    });
    const nameless = of('<t:SmevFault xsi:type="ns3:InvalidContent"></t:SmevFault>');
    expect(nameless?.said).to.deep.include({ fault: { code: 'InvalidContent', description: '' } });
    expect(of('')?.said).to.deep.include({ fault: undefined });
  });

  it('reads content with the namespaces that it needs, and the signature of a person', () => {
    const content =
      '<b:MessagePrimaryContent><z:A xmlns:z="urn:z" xsi:type="z:B">1</z:A></b:MessagePrimaryContent>';
    const personal =
      '<t:PersonalSignature><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/></t:PersonalSignature>';
    const said = response(content + personal)?.said;
    if (said?.kind !== 'content') throw new Error(said?.kind);
    withXml(Buffer.from(said.content), ({ root }) => {
      expect(root.namespaces).to.include({ z: 'urn:z' });
      expect(root.name).to.equal('A');
    });
    expect(said.personalSignature).to.match(/^<ds:Signature /);
  });

  it('tells that there are attachments', () => {
    const status =
      '<t:RequestStatus><t:StatusCode>1</t:StatusCode><t:StatusDescription>x</t:StatusDescription></t:RequestStatus>';
    expect(response(status)).to.include({ hasAttachments: false });
    expect(response(`${status}<b:RefAttachmentHeaderList/>`)).to.include({ hasAttachments: true });
    const primary = '<b:MessagePrimaryContent><a/></b:MessagePrimaryContent>';
    expect(request(`${primary}<b:AttachmentHeaderList/>`)).to.include({ hasAttachments: true });
  });

  it('leaves ReplyTo as it is, blanks and all, and knows a broadcast by its absence', () => {
    const primary = '<b:MessagePrimaryContent><a/></b:MessagePrimaryContent>';
    expect(request(primary)).to.include({ replyTo: ' r ', test: false, eol: undefined });
    expect(request(primary, '')).to.include({ replyTo: '' });
    const eol = '<t:EOL>2026-01-02T03:04:05+03:00</t:EOL>';
    expect(request(eol + primary)?.eol).to.equal(Date.UTC(2026, 0, 2, 0, 4, 5));
  });

  it('gives nothing where something is missing', () => {
    expect(response('')).to.equal(undefined);
    expect(response('<b:MessagePrimaryContent><a/></b:MessagePrimaryContent>', '')).to.equal(
      undefined,
    );
    expect(request('')).to.equal(undefined);
  });

  it('reads the faults of the real SMEV and of this node alike', () => {
    const read = (text: string, detail = ''): GivenFault =>
      withXml(
        Buffer.from(
          `<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>s:Server</faultcode><faultstring>${text}</faultstring>${detail}</s:Fault>`,
        ),
        ({ root }) => readGivenFault(root),
      );
    const { faults } = smevNamespaces['1.3'];
    const detail = `<detail><x xmlns="urn:other"/><f:AccessDenied xmlns:f="${faults}"/></detail>`;
    expect(read('SMEV-301: MESSAGE_ALREADY_SENT: сообщение', detail)).to.deep.equal({
      element: 'AccessDenied',
      faultcode: 'Server',
      code: 'MESSAGE_ALREADY_SENT',
      text: 'SMEV-301: MESSAGE_ALREADY_SENT: сообщение',
    });
    expect(read('SMEV-501:Сообщение')).to.include({ code: 'SMEV-501', element: undefined });
    expect(read('BUSY: узел')).to.include({ code: 'BUSY' });
    expect(read('что-то')).to.include({ code: undefined });
  });
});
