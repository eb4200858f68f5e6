import { expect } from 'chai';
import type { FaultCode } from '../../src/fault/codes.ts';
import { Fault } from '../../src/fault/fault.ts';
import { soap12Namespace, soapNamespace } from '../../src/smev/namespaces.ts';
import { checkSoapAction, envelopeText, openEnvelope } from '../../src/soap/envelope.ts';
import { withXml } from '../../src/xml/document.ts';

const s = `xmlns:s="${soapNamespace}"`;
const body = '<s:Body><a/></s:Body>';

function opened(text: string): string {
  return withXml(Buffer.from(text), (document) => openEnvelope(document).name);
}

function refusal(work: () => unknown): [code: FaultCode, shown: string | undefined] {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return [error.code, error.detail.public];
    throw error;
  }
  throw new Error('it was let through');
}

describe('a SOAP envelope', () => {
  it('gives the one child of its Body', () => {
    expect(opened(`<s:Envelope ${s}>${body}</s:Envelope>`)).to.equal('a');
    expect(opened(`<!--c--><s:Envelope ${s}> <s:Header/> ${body}\n</s:Envelope>`)).to.equal('a');
    expect(opened(envelopeText('<a/>', '<h/>'))).to.equal('a');
  });

  it('lets headers through that need not be understood', () => {
    for (const must of ['', 's:mustUnderstand="0"', 'mustUnderstand="1"']) {
      const header = `<s:Header><h ${must}/><i xmlns="urn:i"/></s:Header>`;
      expect(opened(`<s:Envelope ${s}>${header}${body}</s:Envelope>`)).to.equal('a');
    }
  });

  it('refuses a header that must be understood, wherever it stands', () => {
    for (const must of ['1', 'true', ' 1 ', 'yes', '']) {
      const header = `<s:Header><i/><h s:mustUnderstand="${must}"/></s:Header>`;
      expect(refusal(() => opened(`<s:Envelope ${s}>${header}${body}</s:Envelope>`))).to.deep.equal(
        ['SOAP_MUST_UNDERSTAND', '/Envelope/Header/h'],
      );
    }
  });

  it('tells another version of SOAP from what is no SOAP', () => {
    const [code, shown] = refusal(() => opened(`<Envelope xmlns="${soap12Namespace}"/>`));
    expect([code, shown]).to.deep.equal(['SOAP_VERSION', 'Envelope: SOAP 1.2']);
    expect(refusal(() => opened('<Envelope xmlns="urn:other"/>'))[0]).to.equal('SOAP_VERSION');
    expect(refusal(() => opened('<Envelope/>'))[0]).to.equal('SOAP_VERSION');
    expect(refusal(() => opened(`<s:Body ${s}/>`))[0]).to.equal('SOAP_ENVELOPE');
  });

  const wrong: Record<string, string> = {
    'nothing inside': '',
    'a Header alone': '<s:Header/>',
    'two Headers': `<s:Header/><s:Header/>${body}`,
    'a Header after the Body': `${body}<s:Header/>`,
    'two Bodies': body + body,
    'something after the Body': `${body}<x/>`,
    'something before the Body': `<x/>${body}`,
    'a Body of no namespace': '<Body><a/></Body>',
    'an empty Body': '<s:Body> <!-- --> </s:Body>',
    'two operations': '<s:Body><a/><b/></s:Body>',
  };
  for (const [name, inside] of Object.entries(wrong)) {
    it(`refuses ${name}, and says where`, () => {
      const [code, shown] = refusal(() => opened(`<s:Envelope ${s}>\n${inside}</s:Envelope>`));
      expect(code).to.equal('SOAP_ENVELOPE');
      expect(shown).to.match(/^\/Envelope\S*, строка \d$/);
    });
  }

  it('compares the action with that of the operation, quoted or not; none says nothing', () => {
    for (const header of [undefined, '', '""', ' "urn:Ack" ', 'urn:Ack']) {
      checkSoapAction(header, 'urn:Ack');
    }
    for (const header of ['urn:ack', '"urn:GetRequest"', "'urn:Ack'", '"']) {
      expect(refusal(() => checkSoapAction(header, 'urn:Ack'))[0]).to.equal('SOAP_ACTION_MISMATCH');
    }
  });
});
