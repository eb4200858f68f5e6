import { expect } from 'chai';
import { readAnswer } from '../../src/cli/answer.ts';
import { smevNamespaces, soapNamespace } from '../../src/smev/namespaces.ts';
import { envelopeText } from '../../src/soap/envelope.ts';

const { types, basic } = smevNamespaces['1.2'];
const read = (body: string) => {
  const { xml: _, ...rest } = readAnswer(200, Buffer.from(envelopeText(body)));
  return rest;
};

function response(said: string): string {
  return (
    `<t:GetResponseResponse xmlns:t="${types}" xmlns:b="${basic}"><t:ResponseMessage><t:Response>` +
    '<t:OriginalMessageId>o</t:OriginalMessageId><t:SenderProvidedResponseData>' +
    `<t:MessageID>m</t:MessageID><t:To>to</t:To>${said}</t:SenderProvidedResponseData>` +
    '</t:Response></t:ResponseMessage></t:GetResponseResponse>'
  );
}

describe('an answer as the command line shows it', () => {
  it('names the messages that it speaks of, and an answer that is not the last', () => {
    const metadata = '<t:MessageMetadata><t:MessageId> m </t:MessageId></t:MessageMetadata>';
    const accepted = `<t:SendRequestResponse xmlns:t="${types}">${metadata}</t:SendRequestResponse>`;
    expect(read(accepted)).to.deep.equal({
      status: 200,
      operation: 'SendRequestResponse',
      messageId: 'm',
    });
    const content = '<b:MessagePrimaryContent><a/></b:MessagePrimaryContent>';
    const given = {
      status: 200,
      operation: 'GetResponseResponse',
      messageId: 'm',
      originalMessageId: 'o',
    };
    expect(read(response(content))).to.deep.equal(given);
    const status =
      '<t:RequestStatus><t:StatusCode>1</t:StatusCode><t:StatusDescription>x</t:StatusDescription></t:RequestStatus>';
    expect(read(response(status))).to.deep.equal({ ...given, interim: true });
    expect(read(`<t:GetResponseResponse xmlns:t="${types}"/>`)).to.deep.equal({
      status: 200,
      operation: 'GetResponseResponse',
    });
  });

  it('names a fault by its own code, by the number of SMEV, or by its faultcode', () => {
    const fault = (text: string) =>
      read(
        `<soap:Fault xmlns:soap="${soapNamespace}"><faultcode>soap:Server</faultcode><faultstring>${text}</faultstring></soap:Fault>`,
      ).fault?.code;
    expect(fault('SMEV-100: SIGNATURE_MISSING: x')).to.equal('SIGNATURE_MISSING');
    expect(fault('SMEV-100:x')).to.equal('SMEV-100');
    expect(fault('x')).to.equal('Server');
  });
});
