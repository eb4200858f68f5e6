import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { FaultCode } from '../../src/fault/codes.ts';
import * as calls from '../../src/smev/calls.ts';
import {
  directiveNamespace,
  dsNamespace,
  routingNamespace,
  type Version,
} from '../../src/smev/namespaces.ts';
import type { Template } from '../../src/smev/template.ts';
import {
  type Answer,
  type Client,
  freshMessageId,
  polledRequest,
  polledResponse,
} from '../harness/client.ts';
import { birthRequest, birthResponse } from '../harness/content.ts';
import { mezhved, type NodeProcess, startNode, temporaryFolder } from '../harness/node.ts';
import { Witness } from '../harness/witness.ts';

/** Stands in every bad value: it may come back to its sender, and must not be in the log. */
const marker = 'ПримѣтнаяСтрока7731';

describe('bad input gets a clear answer and loses nothing', function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let node: NodeProcess;
  let witness: Witness;
  let sender: Client;

  before(async () => {
    folder = await temporaryFolder();
    const config = join(folder.path, 'limits.yaml');
    await writeFile(config, 'limits: { bodyBytesMax: 200000, bodyTimeoutMs: 2000 }\n');
    node = await startNode(join(folder.path, 'data'), { MEZHVED_CONFIG: config });
    witness = new Witness(node);
    sender = witness.client('agency-a', '1.2');
  });
  after(async () => {
    await witness?.close();
    await node?.stop();
    await folder?.remove();
  });

  function good(content = birthRequest(marker), messageId = freshMessageId()): string {
    return sender.sign(calls.sendRequestCall('1.2', { messageId, content }));
  }

  async function refusal(
    body: string | Uint8Array,
    code: FaultCode,
    headers: Record<string, string> = {},
    version: Version = '1.2',
  ): Promise<{ answer: Answer; entry: Awaited<ReturnType<Witness['refused']>> }> {
    const before = await witness.exchanges();
    const answer = await witness.post(body, version, headers);
    const entry = await witness.refused(answer, version, code);
    expect(await witness.exchanges()).to.equal(before);
    return { answer, entry };
  }

  const rows: Record<string, [body: (text: string) => string | Uint8Array, code: FaultCode]> = {
    'nothing at all': [() => '', 'XML_MALFORMED'],
    'not XML': [() => marker, 'XML_MALFORMED'],
    'not SOAP': [() => `<a>${marker}</a>`, 'SOAP_ENVELOPE'],
    'a DOCTYPE': [(text) => `<!DOCTYPE a [<!ENTITY x "${marker}">]>${text}`, 'XML_DOCTYPE'],
    'a processing instruction': [(text) => `<?x ${marker}?>${text}`, 'XML_PROCESSING_INSTRUCTION'],
    'a processing instruction inside the signed element': [
      (text) => text.replace(marker, `<?p ${marker}?>`),
      'XML_PROCESSING_INSTRUCTION',
    ],
    'two bodies': [
      (text) => text.replace('</soap:Envelope>', '<soap:Body/></soap:Envelope>'),
      'SOAP_ENVELOPE',
    ],
    'a wrong namespace': [(text) => text.replaceAll('types/1.2', 'types/9.9'), 'NAMESPACE_UNKNOWN'],
    'the namespace of another version': [
      (text) => text.replaceAll('types/1.2', 'types/1.1'),
      'NAMESPACE_UNKNOWN',
    ],
    'an unknown operation': [
      (text) => text.replaceAll('SendRequestRequest', 'CancelRequest'),
      'OPERATION_UNKNOWN',
    ],
    'depth over 256': [
      (text) => text.replace(marker, '<a>'.repeat(260) + '</a>'.repeat(260)),
      'XML_TOO_DEEP',
    ],
    'a header that must be understood': [
      (text) =>
        text.replace(
          '<soap:Body>',
          '<soap:Header><x xmlns="urn:x" soap:mustUnderstand="1"/></soap:Header><soap:Body>',
        ),
      'SOAP_MUST_UNDERSTAND',
    ],
    'a namespace that is a relative reference': [
      (text) => text.replace('<soap:Body>', '<soap:Header><x xmlns="u"/></soap:Header><soap:Body>'),
      'XML_MALFORMED',
    ],
    'SOAP 1.2': [
      (text) =>
        text.replace(
          'http://schemas.xmlsoap.org/soap/envelope/',
          'http://www.w3.org/2003/05/soap-envelope',
        ),
      'SOAP_VERSION',
    ],
    'UTF-16': [(text) => Buffer.from(`\ufeff${text}`, 'utf16le'), 'XML_ENCODING'],
    'an invalid envelope': [
      (text) => text.replace(/<t:MessageID>[^<]*/, `<t:MessageID>${marker}`),
      'ENVELOPE_INVALID',
    ],
    'invalid business content': [(text) => text.replace('2001-02-03', marker), 'CONTENT_INVALID'],
    'no signature': [
      (text) =>
        text.replace(
          /<t:CallerInformationSystemSignature>.*<\/t:CallerInformationSystemSignature>/s,
          '',
        ),
      'SIGNATURE_MISSING',
    ],
    'a bad digest': [(text) => text.replace(marker, `${marker}${marker}`), 'SIGNATURE_DIGEST'],
    'a bad signature value': [
      (text) => text.replace(/(<ds:SignatureValue>)(..)/, (_, tag) => `${tag}//`),
      'SIGNATURE_VALUE',
    ],
    'a signature over another element': [
      (text) =>
        text
          .replace('<soap:Body>', '<soap:Header><x Id="ELSE"/></soap:Header><soap:Body>')
          .replace('URI="#SIGNED_BY_CALLER"', 'URI="#ELSE"'),
      'SIGNATURE_TARGET',
    ],
    'two elements with one Id': [
      (text) =>
        text.replace(
          '<soap:Body>',
          '<soap:Header><x Id="SIGNED_BY_CALLER"/></soap:Header><soap:Body>',
        ),
      'SIGNATURE_ID_AMBIGUOUS',
    ],
    'a GOST method with SHA-256': [
      (text) =>
        text.replace(
          'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
          'urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256',
        ),
      'SIGNATURE_ALGORITHM',
    ],
  };
  for (const [name, [change, code]] of Object.entries(rows)) {
    it(`${name}: ${code}`, async () => {
      await refusal(change(good()), code);
    });
  }

  it('names element, line and rule of what is invalid, in the fault element too', async () => {
    const { answer } = await refusal(
      good().replace(/<t:MessageID>[^<]*/, `\n<t:MessageID>${marker}`),
      'ENVELOPE_INVALID',
    );
    expect(answer.text).to.match(
      /errorPosition="2">\/Envelope\/Body\/\S+\/MessageID, строка 2, cvc-pattern-valid: /,
    );
  });

  it('a SOAPAction that disagrees', async () => {
    await refusal(good(), 'SOAP_ACTION_MISMATCH', { SOAPAction: '"urn:Ack"' });
  });

  const typesOfBody: [contentType: string, code: FaultCode][] = [
    ['application/json', 'CONTENT_TYPE_UNSUPPORTED'],
    ['text/xml; charset=windows-1251', 'CONTENT_TYPE_UNSUPPORTED'],
    ['application/soap+xml', 'SOAP_VERSION'],
    ['multipart/related; type="application/xop+xml"; boundary=x', 'MULTIPART_MALFORMED'],
  ];
  for (const [contentType, code] of typesOfBody) {
    it(`the content type ${contentType}: ${code}`, async () => {
      await refusal(good(), code, { 'Content-Type': contentType });
    });
  }

  it('a body over the limit', async () => {
    await refusal(Buffer.alloc(200_001, ' '), 'BODY_TOO_LARGE');
  });

  it('a compressed body', async () => {
    await refusal(gzipSync(good()), 'CONTENT_TYPE_UNSUPPORTED', { 'Content-Encoding': 'gzip' });
  });

  it('PUT is not allowed; GET without a question says where the WSDL is', async () => {
    const url = `${node.url}/smev/v1.3/ws`;
    const put = await fetch(url, { method: 'PUT', body: marker });
    expect([put.status, put.headers.get('allow')]).to.deep.equal([405, 'GET, POST']);
    expect(await put.text()).to.include('METHOD_NOT_ALLOWED: ');
    const get = await fetch(url);
    expect([get.status, await get.text()]).to.deep.equal([404, `WSDL: ${url}?wsdl\n`]);
  });

  const unbuilt: Record<string, [Version, (version: Version) => Template]> = {
    Registry: [
      '1.3',
      (version) =>
        calls.sendRequestCall(version, {
          messageId: freshMessageId(),
          content:
            `<d:Registry xmlns:d="${directiveNamespace}"><d:RegistryRecord><d:RecordId>1</d:RecordId>` +
            `<d:Record Id="R1"><d:RecordContent>${birthRequest(marker)}</d:RecordContent></d:Record>` +
            '</d:RegistryRecord></d:Registry>',
        }),
    ],
    Routing: [
      '1.3',
      (version) => {
        const template = inserted(version, '', '');
        const routing = `<r:Routing xmlns:r="${routingNamespace}"><r:RoutingInformation Id="R"><r:MessageID>${freshMessageId()}</r:MessageID><r:DynamicRouting><r:DynamicValue>${marker}</r:DynamicValue></r:DynamicRouting></r:RoutingInformation><r:RoutingSignature><ds:Signature xmlns:ds="${dsNamespace}"/></r:RoutingSignature></r:Routing>`;
        return { ...template, after: template.after.replace(/(<\/t:SendRequest)/, `${routing}$1`) };
      },
    ],
  };
  for (const [name, [version, template]] of Object.entries(unbuilt)) {
    it(`${name}, which is not built yet, is refused by name`, async () => {
      const text = witness.client('agency-a', version).sign(template(version));
      const { answer } = await refusal(text, 'NOT_BUILT', {}, version);
      expect(answer.text).to.match(/\((Routing|Registry)\)/);
    });
  }

  it('a second node on the data folder is told so in a sentence', async () => {
    const second = await mezhved(['serve'], {
      MEZHVED_DATA: node.data,
      MEZHVED_LISTEN: '127.0.0.1:0',
      MEZHVED_ADMIN_LISTEN: '127.0.0.1:0',
    });
    expect(second.code).not.to.equal(0);
    expect(second.stderr).to.match(/^mezhved: .{10,}\n$/s);
    expect(second.stderr).not.to.match(/\n\s+at /);
  });

  it('keeps the bytes that came, who sent them and which message they claimed to be', async () => {
    const messageId = '00000000-0000-4000-8000-000000000000';
    const text = good(birthRequest(marker), messageId);
    const answer = await sender.post(text, 'SendRequest');
    const entry = await witness.refused(answer, '1.2', 'MESSAGE_ID_FORMAT', text);
    expect(entry).to.include({
      system: 'agency-a',
      certificate: sender.signer.certificate.fingerprint,
      message_id: messageId,
    });
  });

  it('a good exchange works after all that, and nothing of the messages is in the log', async () => {
    const provider = witness.client('agency-b', '1.2');
    const messageId = freshMessageId();
    await sender.sendRequest({ messageId, content: birthRequest(marker) });
    const request = polledRequest(await provider.poll('GetRequest'));
    expect(request?.messageId).to.equal(messageId);
    await provider.sendResponse(request?.replyTo ?? '', { content: birthResponse(marker) });
    await provider.ack(messageId);
    const response = polledResponse(await sender.poll('GetResponse'));
    expect((await sender.ack(response?.messageId ?? '')).code).to.equal(undefined);
    expect(node.output()).to.include('"code":"CONTENT_INVALID"');
    expect(node.output()).not.to.include(marker);
    expect(node.output()).not.to.include('INTERNAL');
  });

  it('the journal verifies', async () => {
    const { code, stdout } = await mezhved(['journal', 'verify', '--json'], node.env);
    expect([code, JSON.parse(stdout).ok]).to.deep.equal([0, true]);
  });

  it('xmllint finds every answer valid', function () {
    const said = witness.xmllint(this);
    expect(said).to.equal('');
  });

  function inserted(version: Version, after: string, text: string): Template {
    const call = { messageId: freshMessageId(), content: birthRequest(marker) };
    const template = calls.sendRequestCall(version, call);
    return { ...template, before: template.before.replace(after, after + text) };
  }
});
