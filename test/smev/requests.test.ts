import { expect } from 'chai';
import { Fault } from '../../src/fault/fault.ts';
import { smevNamespaces } from '../../src/smev/namespaces.ts';
import { operations } from '../../src/smev/operations.ts';
import { instant, type Request, readRequest } from '../../src/smev/requests.ts';
import { withXml } from '../../src/xml/document.ts';

const { types, basic } = smevNamespaces['1.3'];

function read(operation: keyof typeof operations, text: string): Request {
  const spaced = text.replace(/^<(\S+?)([\s>])/, `<$1 xmlns:t="${types}" xmlns:b="${basic}"$2`);
  return withXml(Buffer.from(spaced), (document) =>
    readRequest(operations[operation], '1.3', document.root),
  );
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

const id = '<t:MessageID>m</t:MessageID>';

describe('what a caller asks', () => {
  it('accepted of an Ack is read as xs:boolean, and absent is true', () => {
    const rows = { '': true, true: true, ' 1 ': true, false: false, '0': false };
    for (const [value, accepted] of Object.entries(rows)) {
      const attribute = value === '' ? '' : ` accepted="${value}"`;
      expect(
        read('Ack', `<b:AckTargetMessage${attribute}>\n m </b:AckTargetMessage>`),
      ).to.deep.equal({ operation: 'Ack', messageId: 'm', accepted });
    }
  });

  it('a selector has both names or none, with white space around them or not', () => {
    const at = '<b:Timestamp>1970-01-01T00:00:01Z</b:Timestamp>';
    const names =
      '<b:NamespaceURI> urn:a </b:NamespaceURI><b:RootElementLocalName>B</b:RootElementLocalName>';
    const selector = (inside: string) =>
      read('GetRequest', `<b:MessageTypeSelector>${inside}</b:MessageTypeSelector>`);
    expect(selector(names + at)).to.deep.equal({
      operation: 'GetRequest',
      selector: { type: { namespace: 'urn:a', local: 'B' }, timestamp: 1000, nodeId: '' },
    });
    expect(selector(`${at}<b:NodeID>n</b:NodeID>`)).to.deep.equal({
      operation: 'GetRequest',
      selector: { type: undefined, timestamp: 1000, nodeId: 'n' },
    });
  });

  it('of a response what kind it is', () => {
    const response = (inside: string) =>
      read(
        'SendResponse',
        `<t:SenderProvidedResponseData>${id}<t:To>x</t:To>${inside}</t:SenderProvidedResponseData>`,
      );
    const content = '<b:MessagePrimaryContent><a xmlns="urn:a"/></b:MessagePrimaryContent>';
    expect(response(content)).to.deep.include({
      kind: 'response',
      content: { namespace: 'urn:a', local: 'a' },
    });
    expect(response('<t:RequestRejected/>')).to.include({ kind: 'rejection', content: undefined });
    expect(response('<t:RequestStatus/>')).to.include({ kind: 'status' });
    expect(codeOf(() => response('<t:AsyncProcessingStatus/>'))).to.equal('ASYNC_STATUS_FORBIDDEN');
  });

  it('of a request nothing where something must be is refused, not guessed', () => {
    const request = (inside: string) =>
      read('SendRequest', `<t:SenderProvidedRequestData>${inside}</t:SenderProvidedRequestData>`);
    expect(codeOf(() => request(id))).to.equal('ENVELOPE_INVALID');
    expect(codeOf(() => request(''))).to.equal('ENVELOPE_INVALID');
    const content = '<b:MessagePrimaryContent><a/></b:MessagePrimaryContent>';
    expect(request(id + content)).to.deep.include({ nodeId: '', eol: undefined, test: false });
    expect(request(`${id}${content}<t:TestMessage/>`)).to.include({ test: true });
  });
});

describe('xs:dateTime', () => {
  const rows: Record<string, string> = {
    '2024-02-29T23:59:59.999Z': '2024-02-29T23:59:59.999Z',
    ' 2024-01-01T00:00:00+03:00\n': '2023-12-31T21:00:00.000Z',
    '2024-01-01T00:00:00-00:30': '2024-01-01T00:30:00.000Z',
    '2024-01-01T00:00:00': '2024-01-01T00:00:00.000Z',
    '2024-01-01T12:00:00.123456789+03:00': '2024-01-01T09:00:00.123Z',
    '2024-01-01T12:00:00.1Z': '2024-01-01T12:00:00.100Z',
    '2024-02-28T24:00:00Z': '2024-02-29T00:00:00.000Z',
    '2024-12-31T24:00:00.000Z': '2025-01-01T00:00:00.000Z',
  };
  for (const [text, utc] of Object.entries(rows)) {
    it(`${JSON.stringify(text)} is ${utc}`, () => {
      expect(new Date(instant(text)).toISOString()).to.equal(utc);
    });
  }

  it('what names no instant is refused', () => {
    for (const text of ['', 'вчера', '2024-13-01T00:00:00Z']) {
      expect(
        codeOf(() => instant(text)),
        text,
      ).to.equal('ENVELOPE_INVALID');
    }
  });
});
