import { expect } from 'chai';
import { type Judgement, judge } from '../../src/compute/judge.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import * as calls from '../../src/smev/calls.ts';
import { smevNamespaces, type Version, versions } from '../../src/smev/namespaces.ts';
import type { Template } from '../../src/smev/template.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import { noteNamespace, noteRequest, noteResponse, testRules } from '../harness/rules.ts';

const signer = sandboxSigner('agency-a');
const rejected = { code: 'NO_DATA', description: 'нет сведений' };

function judged(
  text: string | Uint8Array,
  endpoint: Version = '1.2',
  soapAction?: string,
): Judgement {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return judge({ bytes, endpoint, soapAction }, testRules());
}

function codeOf(judgement: Judgement): string {
  return judgement.verdict === 'verified' ? 'verified' : judgement.fault.code;
}

function sendRequest(version: Version = '1.2', content = noteRequest('привет')): string {
  return signTemplate(
    calls.sendRequestCall(version, { messageId: freshMessageId(), content }),
    signer,
  );
}

describe('judge: every operation in every version', () => {
  for (const version of versions) {
    const at = Date.now();
    const templates: Record<string, Template> = {
      SendRequest: calls.sendRequestCall(version, {
        messageId: freshMessageId(),
        content: noteRequest('x'),
        nodeId: 'n1',
        eol: at + 1000,
        test: true,
      }),
      GetRequest: calls.pollCall('GetRequest', version, { at }),
      GetResponse: calls.pollCall('GetResponse', version, {
        at,
        nodeId: 'n1',
        type: { namespace: noteNamespace, local: 'NoteResponse' },
      }),
      SendResponse: calls.sendResponseCall(version, freshMessageId(), 'to', {
        content: noteResponse('y'),
      }),
      Ack: calls.ackCall(version, freshMessageId(), false),
      GetStatus: calls.lookCall('GetStatus', version, at),
      ...(version === '1.3'
        ? {}
        : {
            GetIncomingQueueStatistics: calls.lookCall('GetIncomingQueueStatistics', version, at),
          }),
    };
    for (const [operation, template] of Object.entries(templates)) {
      it(`${version} ${operation} is verified and read`, () => {
        const judgement = judged(signTemplate(template, signer), version, `"urn:${operation}"`);
        if (judgement.verdict === 'refused') throw new Error(JSON.stringify(judgement.fault));
        expect(judgement.request.operation).to.equal(operation);
        expect(judgement.tolerated).to.deep.equal([]);
        expect(judgement.certificate.fingerprint).to.equal(signer.certificate.fingerprint);
      });
    }
  }

  it('reads what a SendRequest says from its verified octets', () => {
    const messageId = freshMessageId();
    const eol = Date.UTC(2030, 1, 2, 3, 4, 5, 678);
    const call = { messageId, content: noteRequest('x'), nodeId: 'n1', eol, test: true };
    const judgement = judged(signTemplate(calls.sendRequestCall('1.1', call), signer), '1.1');
    if (judgement.verdict === 'refused') throw new Error(judgement.fault.code);
    expect(judgement.request).to.deep.equal({
      operation: 'SendRequest',
      messageId,
      referenceMessageId: undefined,
      transactionCode: undefined,
      nodeId: 'n1',
      eol,
      test: true,
      content: { namespace: noteNamespace, local: 'NoteRequest' },
    });
    expect(judgement.content).to.deep.equal({
      messageType: 'note',
      role: 'request',
      versions: [{ version: '1', findings: [] }],
    });
  });

  it('reads a rejection and a status', () => {
    for (const [answer, kind] of [
      [{ rejected }, 'rejection'],
      [{ status: { code: 1, description: 'в работе' } }, 'status'],
    ] as const) {
      const text = signTemplate(
        calls.sendResponseCall('1.3', freshMessageId(), 'to', answer),
        signer,
      );
      const judgement = judged(text, '1.3');
      if (judgement.verdict === 'refused') throw new Error(judgement.fault.code);
      expect(judgement.request).to.include({ kind, to: 'to' });
    }
  });
});

describe('judge: bad input has its own code', () => {
  const good = sendRequest();
  const { types, basic } = smevNamespaces['1.2'];
  const replaceAll = (from: string, to: string) => good.split(from).join(to);
  const body = /<soap:Body>([\s\S]*)<\/soap:Body>/.exec(good)?.[1] ?? '';

  const cases: Record<string, [string | Uint8Array, string]> = {
    'nothing at all': ['', 'XML_MALFORMED'],
    'not XML': ['Здравствуйте', 'XML_MALFORMED'],
    'cut short': [good.slice(0, -20), 'XML_MALFORMED'],
    'not SOAP': ['<a/>', 'SOAP_ENVELOPE'],
    'SOAP 1.2': [
      replaceAll(
        'http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope',
      ),
      'SOAP_VERSION',
    ],
    'a DOCTYPE': [`<!DOCTYPE a [<!ENTITY x "y">]>${good}`, 'XML_DOCTYPE'],
    'a processing instruction before the envelope': [
      `<?x y?>${good}`,
      'XML_PROCESSING_INSTRUCTION',
    ],
    'a processing instruction inside the signed element': [
      good.replace('привет', '<?p 9?>привет'),
      'XML_PROCESSING_INSTRUCTION',
    ],
    'two Bodies': [
      good.replace('</soap:Envelope>', `<soap:Body>${body}</soap:Body></soap:Envelope>`),
      'SOAP_ENVELOPE',
    ],
    'two operations in one Body': [
      good.replace('</soap:Body>', `${body}</soap:Body>`),
      'SOAP_ENVELOPE',
    ],
    'an empty Body': [good.replace(body, ''), 'SOAP_ENVELOPE'],
    'a Header after the Body': [
      good.replace('</soap:Envelope>', '<soap:Header/></soap:Envelope>'),
      'SOAP_ENVELOPE',
    ],
    'a header that must be understood': [
      good.replace(
        '<soap:Body>',
        '<soap:Header><x xmlns="u" soap:mustUnderstand="1"/></soap:Header><soap:Body>',
      ),
      'SOAP_MUST_UNDERSTAND',
    ],
    'another version of the namespaces': [sendRequest('1.1'), 'NAMESPACE_UNKNOWN'],
    'an unknown operation': [
      replaceAll('SendRequestRequest', 'CancelRequest'),
      'OPERATION_UNKNOWN',
    ],
    'depth over 256': [
      good.replace('привет', '<n:a>'.repeat(260) + '</n:a>'.repeat(260)),
      'XML_TOO_DEEP',
    ],
    'UTF-16': [Buffer.from(`﻿${good}`, 'utf16le'), 'XML_ENCODING'],
    'a byte order mark': [`﻿${good}`, 'XML_ENCODING'],
    'another declared encoding': [
      `<?xml version="1.0" encoding="windows-1251"?>${good}`,
      'XML_ENCODING',
    ],
    'octets that are not UTF-8': [
      Buffer.concat([
        Buffer.from(good.slice(0, 60)),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(good.slice(60)),
      ]),
      'XML_MALFORMED',
    ],
    'an invalid envelope': [
      good.replace(/<t:MessageID>[^<]*/, '<t:MessageID>нет'),
      'ENVELOPE_INVALID',
    ],
    'invalid business content': [
      sendRequest('1.2', noteRequest('x', '<n:Count>много</n:Count>')),
      'CONTENT_INVALID',
    ],
    'no signature': [
      good.replace(
        /<t:CallerInformationSystemSignature>[\s\S]*<\/t:CallerInformationSystemSignature>/,
        '',
      ),
      'SIGNATURE_MISSING',
    ],
    'a changed value': [good.replace('привет', 'превед'), 'SIGNATURE_DIGEST'],
    'a changed digest': [
      good.replace(
        /<ds:DigestValue>(..)/,
        (_, two) => `<ds:DigestValue>${two === 'AA' ? 'BB' : 'AA'}`,
      ),
      'SIGNATURE_DIGEST',
    ],
    'a changed signature value': [
      good.replace(
        /<ds:SignatureValue>(..)/,
        (_, two) => `<ds:SignatureValue>${two === 'AA' ? 'BB' : 'AA'}`,
      ),
      'SIGNATURE_VALUE',
    ],
    'no certificate': [good.replace(/<ds:X509Data>.*<\/ds:X509Data>/, ''), 'CERTIFICATE_MISSING'],
    'a certificate that is none': [
      good.replace(/(<ds:X509Certificate>)[^<]*/, '$1AAAA'),
      'CERTIFICATE_UNREADABLE',
    ],
    'an unknown signature method': [
      good.replace(
        'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
        'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
      ),
      'SIGNATURE_ALGORITHM',
    ],
    'a GOST method with SHA-256': [
      good.replace(
        'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
        'urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256',
      ),
      'SIGNATURE_ALGORITHM',
    ],
    'an attachment header without its content': [
      signTemplate(
        withInserted(
          calls.sendRequestCall('1.2', { messageId: freshMessageId(), content: noteRequest('x') }),
          '</b:MessagePrimaryContent>',
          '<b:AttachmentHeaderList><b:AttachmentHeader><b:contentId>a</b:contentId>' +
            '<b:MimeType>text/plain</b:MimeType></b:AttachmentHeader></b:AttachmentHeaderList>',
        ),
        signer,
      ),
      'ATTACHMENTS_DISAGREE',
    ],
    'an asynchronous status from a participant': [
      signTemplate(asyncStatus(), signer),
      'ASYNC_STATUS_FORBIDDEN',
    ],
  };

  for (const [name, [text, code]] of Object.entries(cases)) {
    it(`${name}: ${code}`, () => {
      const judgement = judged(text);
      expect(codeOf(judgement)).to.equal(code);
    });
  }

  it('a SOAPAction that disagrees: SOAP_ACTION_MISMATCH; none or an empty one is let through', () => {
    expect(codeOf(judged(good, '1.2', '"urn:Ack"'))).to.equal('SOAP_ACTION_MISMATCH');
    expect(codeOf(judged(good, '1.2', '""'))).to.equal('verified');
    expect(codeOf(judged(good, '1.2', 'urn:SendRequest'))).to.equal('verified');
  });

  it('names element, line and rule of what is invalid', () => {
    const judgement = judged(good.replace(/<t:MessageID>[^<]*/, '\n\n<t:MessageID>нет'));
    if (judgement.verdict === 'verified') throw new Error('verified');
    const [finding] = judgement.fault.detail.findings ?? [];
    expect(finding).to.include({
      path: '/Envelope/Body/SendRequestRequest/SenderProvidedRequestData/MessageID',
      line: 3,
      rule: 'cvc-pattern-valid',
    });
  });

  it('a signature over another element, a copy or two elements with one Id is refused', () => {
    const decoy = good.replace(
      '<soap:Body>',
      `<soap:Header><x>${/<t:SenderProvidedRequestData[\s\S]*<\/t:SenderProvidedRequestData>/.exec(good)?.[0].replace('<t:SenderProvidedRequestData', `<t:SenderProvidedRequestData xmlns:t="${types}" xmlns:b="${basic}"`)}</x></soap:Header><soap:Body>`,
    );
    expect(codeOf(judged(decoy))).to.equal('SIGNATURE_ID_AMBIGUOUS');
    const renamed = decoy.replace(/(<soap:Body>[\s\S]*?)Id="SIGNED_BY_CALLER"/, '$1Id="OTHER"');
    expect(codeOf(judged(renamed))).to.equal('SIGNATURE_TARGET');
  });

  it('never throws and never verifies a message with one octet changed inside what is signed', () => {
    const bytes = Buffer.from(good);
    const from = bytes.indexOf('<t:SenderProvidedRequestData');
    const to = bytes.indexOf('</t:SenderProvidedRequestData>');
    for (let at = from; at < to; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect(codeOf(judged(changed)), `octet ${at}`).not.to.equal('verified');
    }
  });
});

function withInserted(template: Template, after: string, text: string): Template {
  return { ...template, before: template.before.replace(after, after + text) };
}

function asyncStatus(): Template {
  const template = calls.sendResponseCall('1.2', freshMessageId(), 'to', { rejected });
  const status = `<t:AsyncProcessingStatus><t:OriginalMessageId>${freshMessageId()}</t:OriginalMessageId><t:StatusCategory>underProcessing</t:StatusCategory></t:AsyncProcessingStatus>`;
  return {
    ...template,
    before: template.before.replace(/<t:RequestRejected>.*<\/t:RequestRejected>/, status),
  };
}
