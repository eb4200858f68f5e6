import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { soap } from '../../src/connectors/soap.ts';
import { profiles } from '../../src/signature/profiles.ts';
import { verifyBody } from '../../src/signature/wsse.ts';
import { soap12Namespace, soapNamespace } from '../../src/smev/namespaces.ts';
import { withXml } from '../../src/xml/document.ts';
import { everyElement } from '../../src/xml/navigate.ts';
import { checkout } from '../harness/node.ts';
import { needXmlsec1, xmlsec1Verifies } from '../harness/xmlsec1.ts';
import {
  type Agency,
  agencyRequest,
  failureOf,
  never,
  startAgency,
  temporaryFolder,
} from './agencies.ts';
import { askRoot, askXml, messageType, routeOf, tellXml } from './message-type.ts';
import { meaning } from './same-xml.ts';
import { otherNames, sameNames, startService, writeWsdl, wsdlText } from './services.ts';

const example = (name: string) => join(checkout, 'certs.example', name);

describe('the connector soap', () => {
  let files = temporaryFolder();
  const closing: (() => unknown)[] = [];
  beforeEach(() => {
    files = temporaryFolder();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    files.remove();
  });
  before(() => files.remove());

  const request = agencyRequest(askXml, askRoot);

  function connect(agency: Agency, members: object = {}, names = sameNames) {
    const wsdl = writeWsdl(files, names);
    const settings = { url: agency.url, wsdl, operation: 'find', timeoutMs: 3000, ...members };
    const route = routeOf('soap', settings);
    const connector = soap(route, messageType(route));
    closing.push(
      () => agency.close(),
      () => connector.close(),
    );
    return connector;
  }

  async function answering(
    status: number,
    body: string,
    members: object = {},
    names = sameNames,
    headers = {},
  ) {
    const agency = await startAgency((response) =>
      response.writeHead(status, { 'Content-Type': 'text/xml', ...headers }).end(body),
    );
    return { agency, connector: connect(agency, members, names) };
  }

  const envelope = (body: string, soapUri = soapNamespace) =>
    `<?xml version="1.0"?><e:Envelope xmlns:e="${soapUri}" xmlns:q="urn:q"><e:Body>${body}</e:Body></e:Envelope>`;

  /** The child of the Body, as it was sent. */
  function sent(agency: Agency, soapUri = soapNamespace): string {
    const text = agency.got[0]?.body ?? '';
    const inner = /<soap:Body[^>]*>(.*)<\/soap:Body>/s.exec(text)?.[1] ?? '';
    withXml(Buffer.from(text), ({ root }) => expect(root.namespaceUri).to.equal(soapUri));
    return inner;
  }

  describe('with a service of the package soap', () => {
    it('calls the operation that has the names of the content, and takes its answer', async () => {
      const wsdl = writeWsdl(files, sameNames);
      const asked: unknown[] = [];
      const service = await startService(wsdl, sameNames, (args) => {
        asked.push(args);
        return { State: 'found & <kept> 007' };
      });
      const answer = await connect(service).deliver(request, never);
      if (answer.kind !== 'content') throw new Error(answer.kind);
      const told = tellXml.replace('found', 'found &amp; &lt;kept&gt; 007');
      expect(meaning(answer.content)).to.equal(meaning(Buffer.from(told)));
      expect(asked).to.deep.equal([{ Name: 'Ё & 007', Tag: ['a'] }]);
      expect(Buffer.from(answer.evidence ?? '').toString()).to.match(/Envelope/);
    });

    it('renames root and namespace there and back where the route says so', async () => {
      const wsdl = writeWsdl(files, otherNames);
      const asked: unknown[] = [];
      const service = await startService(wsdl, otherNames, (args) => {
        asked.push(args);
        return { State: 'found' };
      });
      const connector = connect(service, { rename: true }, otherNames);
      const answer = await connector.deliver(request, never);
      if (answer.kind !== 'content') throw new Error(answer.kind);
      expect(meaning(answer.content)).to.equal(meaning(Buffer.from(tellXml)));
      expect(asked).to.deep.equal([{ Name: 'Ё & 007', Tag: ['a'] }]);
    });

    for (const [faultcode, code] of [
      ['soap:Server', 'AGENCY_ERROR'],
      ['soap:Client.Authentication', 'REFUSED'],
    ]) {
      it(`says ${code} of its Fault ${faultcode}`, async () => {
        const service = await startService(writeWsdl(files, sameNames), sameNames, () => {
          throw { Fault: { faultcode, faultstring: 'secret' } };
        });
        const failure = await failureOf(connect(service).deliver(request, never));
        expect(failure.code).to.equal(code);
        expect(failure.message)
          .to.match(/SOAP Fault (Server|Client)/)
          .and.not.include('secret');
      });
    }

    it('signs the Body so that it verifies, with RSA and with GOST, and leaves it as it is', async () => {
      for (const name of ['node', 'node-gost']) {
        const service = await startService(writeWsdl(files, sameNames), sameNames, () => ({
          State: 'found',
        }));
        const sign = { key: example(`${name}.key.pem`), certificate: example(`${name}.crt.pem`) };
        const connector = connect(service, { sign, addressing: true });
        expect((await connector.deliver(request, never)).kind).to.equal('content');
        const [got] = service.got;
        withXml(Buffer.from(got?.body ?? ''), (document) => {
          const allowed = [profiles.xmldsig, profiles['gost-body']];
          const { certificate } = verifyBody(document, allowed);
          const pem = readFileSync(example(`${name}.crt.pem`), 'utf8');
          expect(certificate.der.toString('base64')).to.equal(
            pem.replace(/-----[^-]+-----|\s/g, ''),
          );
          const names = [...everyElement(document)].map((each) => each.name);
          expect(names).to.include.members(['To', 'Action', 'MessageID', 'Security']);
        });
        const changed = (got?.body ?? '').replace('007', '008');
        expect(() =>
          withXml(Buffer.from(changed), (document) =>
            verifyBody(document, [profiles.xmldsig, profiles['gost-body']]),
          ),
        ).to.throw();
      }
    }).timeout(20_000);
  });

  it('signs so that xmlsec1 verifies it', async function () {
    needXmlsec1(this);
    const certificate = example('node.crt.pem');
    const sign = { key: example('node.key.pem'), certificate };
    const { agency, connector } = await answering(200, envelope(tellXml), { sign });
    await connector.deliver(request, never);
    const [got] = agency.got;
    const place = [{ namespace: soapNamespace, element: 'Body' }];
    const xpath = `//*[local-name()='Security']/*[local-name()='Signature']`;
    const judged = xmlsec1Verifies(got?.body ?? '', xpath, certificate, place);
    expect(judged.good, judged.said).to.equal(true);
    const changed = (got?.body ?? '').replace('007', '008');
    expect(xmlsec1Verifies(changed, xpath, certificate, place).good).to.equal(false);
  });

  it('sends the content as it is, with the action and the key of the message', async () => {
    const content = `<!-- c --><r:Ask xmlns:r="urn:records" xmlns:u="urn:unused"><r:Name>u:a</r:Name></r:Ask>`;
    const { agency, connector } = await answering(200, envelope(tellXml));
    await connector.deliver({ ...request, content: Buffer.from(content) }, never);
    expect(sent(agency)).to.equal(content.replace('<!-- c -->', ''));
    const [got] = agency.got;
    expect(got?.headers).to.deep.include({
      soapaction: '"urn:find"',
      'content-type': 'text/xml; charset=utf-8',
      'idempotency-key': request.messageId,
      'x-mezhved-sender': 'IS-A',
    });
    expect(got?.path).to.equal('/service');
    expect(got?.body).not.to.include('Header');
  });

  it('adds WS-Addressing where the route says so', async () => {
    const { agency, connector } = await answering(200, envelope(tellXml), { addressing: true });
    await connector.deliver(request, never);
    await connector.deliver(request, never);
    for (const { body } of agency.got) {
      expect(body.match(/MessageID xmlns/g)).to.have.lengthOf(1);
      expect(body).to.include(`>urn:uuid:${request.messageId}<`).and.include('>urn:find<');
    }
  });

  it('renames what names in values mean too, and refuses where the way back would be lost', async () => {
    const { agency, connector } = await answering(
      200,
      envelope(
        '<s:FindRecordResponse xmlns:s="urn:service"><s:State>s:x</s:State></s:FindRecordResponse>',
      ),
      { rename: true },
      otherNames,
    );
    const answer = await connector.deliver(request, never);
    expect(sent(agency)).to.equal(
      askXml.replace(/Ask/g, 'FindRecord').replace('urn:records', 'urn:service'),
    );
    if (answer.kind !== 'content') throw new Error(answer.kind);
    expect(Buffer.from(answer.content).toString()).to.match(/<s:Tell .*xmlns:s="urn:records"/);
    const both = askXml.replace('<r:Tag>', '<r:Tag xmlns:s="urn:service">');
    const failing = connector.deliver({ ...request, content: Buffer.from(both) }, never);
    expect((await failureOf(failing)).code).to.equal('NOT_SENT');
  });

  it('says NOT_SENT, with both names, where the names differ and nothing is to be renamed', async () => {
    const { agency, connector } = await answering(200, '', {}, otherNames);
    const failure = await failureOf(connector.deliver(request, never));
    expect(failure.code).to.equal('NOT_SENT');
    expect(failure.message).to.include('{urn:service}FindRecord').and.include('{urn:records}Ask');
    expect(agency.got).to.deep.equal([]);
  });

  it('speaks SOAP 1.2 where the WSDL has no other port', async () => {
    const names = { ...sameNames, soap12: true };
    const { agency, connector } = await answering(
      200,
      envelope(tellXml, soap12Namespace),
      {},
      names,
    );
    expect((await connector.deliver(request, never)).kind).to.equal('content');
    expect(sent(agency, soap12Namespace)).to.equal(askXml);
    expect(agency.got[0]?.headers['content-type']).to.match(
      /^application\/soap\+xml.*action="urn:find"/,
    );
  });

  it('takes the answer out of the envelope with the namespaces that it needs', async () => {
    const inner = '<Tell xmlns="urn:records"><State>q:value</State></Tell>';
    const { connector } = await answering(200, envelope(inner));
    const answer = await connector.deliver(request, never);
    if (answer.kind !== 'content') throw new Error(answer.kind);
    expect(Buffer.from(answer.content).toString()).to.include('xmlns:q="urn:q"');
  });

  const broken: Record<string, [number, string]> = {
    'a page': [200, '<html/>'],
    'no XML': [200, 'ok'],
    'an empty Body': [200, envelope('')],
    'two answers': [200, envelope(tellXml + tellXml)],
    'another element': [200, envelope('<a/>')],
    'taken and no more': [202, ''],
    'a document type': [200, `<!DOCTYPE a []>${envelope(tellXml).slice(21)}`],
  };
  for (const [name, [status, body]] of Object.entries(broken)) {
    it(`says ANSWER_BROKEN of an answer that is ${name}`, async () => {
      const { connector } = await answering(status, body);
      expect((await failureOf(connector.deliver(request, never))).code).to.equal('ANSWER_BROKEN');
    });
  }

  const statuses = {
    301: 'REFUSED',
    401: 'REFUSED',
    429: 'BUSY',
    500: 'AGENCY_ERROR',
    503: 'UNAVAILABLE',
  };
  for (const [status, code] of Object.entries(statuses)) {
    it(`says ${code} of HTTP ${status} without a Fault`, async () => {
      const headers = { 'Retry-After': '4', Location: '/else' };
      const { agency, connector } = await answering(
        Number(status),
        '<p>x</p>',
        {},
        sameNames,
        headers,
      );
      const failure = await failureOf(connector.deliver(request, never));
      expect(failure.code).to.equal(code);
      expect(failure.retryAfterMs).to.equal(4000);
      expect(agency.got).to.have.lengthOf(1);
    });
  }

  it('keeps to the limits of every connector: size, time, stopping', async () => {
    const large = await answering(200, envelope('x'.repeat(5000)), { answerBytesMax: 4096 });
    const first = await failureOf(large.connector.deliver(request, never));
    expect(first.code).to.equal('ANSWER_TOO_LARGE');
    const silent = connect(await startAgency(() => undefined), { timeoutMs: 100 });
    expect((await failureOf(silent.deliver(request, never))).code).to.equal('TIMEOUT');
    const stopped = AbortSignal.abort();
    expect((await failureOf(silent.deliver(request, stopped))).code).to.equal('STOPPED');
  });

  it('uses no proxy that the environment names', async () => {
    const proxy = await startAgency((response) => response.writeHead(200).end('proxy'));
    closing.push(() => proxy.close());
    const { HTTP_PROXY, http_proxy } = process.env;
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = proxy.url;
    try {
      const { connector } = await answering(200, envelope(tellXml));
      expect((await connector.deliver(request, never)).kind).to.equal('content');
      expect(proxy.got).to.deep.equal([]);
    } finally {
      for (const [name, value] of Object.entries({ HTTP_PROXY, http_proxy })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  it('keeps calls at the same time apart', async () => {
    const agency = await startAgency((response, { body }) => {
      const name = /Name>([^<]*)</.exec(body)?.[1] ?? '';
      setTimeout(
        () => response.writeHead(200).end(envelope(tellXml.replace('found', name))),
        20 - Number(name),
      );
    });
    const connector = connect(agency, { addressing: true });
    const answers = await Promise.all(
      [...Array(20).keys()].map(async (at) => {
        const content = Buffer.from(askXml.replace('Ё &amp; 007', `${at}`));
        const answer = await connector.deliver(
          { ...request, content, messageId: `m-${at}` },
          never,
        );
        return (
          answer.kind === 'content' && Buffer.from(answer.content).toString().includes(`>${at}<`)
        );
      }),
    );
    expect(answers).to.deep.equal(Array(20).fill(true));
    for (const { body, headers } of agency.got) {
      const name = /Name>([^<]*)</.exec(body)?.[1];
      expect(headers['idempotency-key']).to.equal(`m-${name}`);
      expect(body).to.include(`urn:uuid:m-${name}<`);
    }
  });

  describe('faults', () => {
    const fault11 = (code: string, detail = '') =>
      envelope(
        `<e:Fault><faultcode>${code}</faultcode><faultstring> нет \u00a0данных </faultstring>${detail === '' ? '' : `<detail>${detail}</detail>`}</e:Fault>`,
      );
    const fault12 = (code: string, sub: string) =>
      envelope(
        `<e:Fault><e:Code><e:Value>e:${code}</e:Value><e:Subcode><e:Value>q:${sub}</e:Value></e:Subcode></e:Code>` +
          `<e:Reason><e:Text xml:lang="ru">нет</e:Text></e:Reason></e:Fault>`,
        soap12Namespace,
      );
    const declared = '<d:NotFound xmlns:d="urn:records">x</d:NotFound>';
    const rows: [string, number, string, object, string][] = [
      [
        'declared in the WSDL',
        500,
        fault11('e:Server', declared),
        {},
        'UNKNOWN_REQUEST_DESCRIPTION',
      ],
      [
        'declared and listed',
        500,
        fault11('e:Client', declared),
        { NotFound: 'NO_DATA' },
        'NO_DATA',
      ],
      [
        'listed by its faultcode',
        500,
        fault11('e:Client'),
        { Client: 'ACCESS_DENIED' },
        'ACCESS_DENIED',
      ],
      [
        'listed by a part of its faultcode',
        200,
        fault11('e:Client.Rights'),
        { 'Client.Rights': 'ACCESS_DENIED' },
        'ACCESS_DENIED',
      ],
      [
        'listed by the subcode of SOAP 1.2',
        400,
        fault12('Sender', 'NoData'),
        { NoData: 'NO_DATA' },
        'NO_DATA',
      ],
      [
        'of the same name in another namespace',
        500,
        fault11('e:Server', '<NotFound/>'),
        {},
        'AGENCY_ERROR',
      ],
      ['of the server', 500, fault11('e:Server.Busy'), {}, 'AGENCY_ERROR'],
      ['of the client', 500, fault11('e:Client'), {}, 'REFUSED'],
      ['of the version', 500, fault11('e:VersionMismatch'), {}, 'REFUSED'],
      ["of a code of the agency's own", 500, fault11('q:Odd'), {}, 'AGENCY_ERROR'],
      ["of a code of the agency's own with 200", 200, fault11('q:Odd'), {}, 'REFUSED'],
      ['of the sender of SOAP 1.2', 400, fault12('Sender', 'a'), {}, 'REFUSED'],
      ['of the receiver of SOAP 1.2', 500, fault12('Receiver', 'a'), {}, 'AGENCY_ERROR'],
      ['of no code', 500, envelope('<e:Fault/>'), {}, 'AGENCY_ERROR'],
      ['behind HTTP 503', 503, fault11('e:Client'), {}, 'UNAVAILABLE'],
    ];
    for (const [name, status, body, faults, code] of rows) {
      it(`${code}: a Fault ${name}`, async () => {
        const { connector } = await answering(status, body, { faults });
        if (code === code.toUpperCase() && /^(?:AGENCY|REFUSED|UNAVAIL)/.test(code)) {
          const failure = await failureOf(connector.deliver(request, never));
          expect(failure.code).to.equal(code);
          expect(failure.message).not.to.include('нет');
        } else {
          const answer = await connector.deliver(request, never);
          expect(answer).to.deep.include({ kind: 'rejection', code });
          if (answer.kind === 'rejection') expect(answer.description).to.match(/^нет( .данных)?$/);
          expect(Buffer.from(answer.evidence ?? '').toString()).to.equal(body);
        }
      });
    }
  });

  describe('the WSDL', () => {
    const asked = async (wsdl: string, members: object = {}) => {
      const { agency, connector } = await answering(200, envelope(tellXml), members);
      files.write('service.wsdl', wsdl);
      const failure = await failureOf(connector.deliver(request, never));
      expect(failure.code).to.equal('NOT_SENT');
      expect(agency.got).to.deep.equal([]);
      return failure.message;
    };

    it('is never fetched, nor what it imports', async () => {
      const trap = await startAgency((response) => response.end());
      closing.push(() => trap.close());
      const text = wsdlText(sameNames);
      for (const url of [trap.url, trap.url.replace('http:', ''), 'https://else.example/a.xsd']) {
        expect(await asked(text.replace('service.xsd', url))).to.include('nothing is fetched');
      }
      const imported = text.replace(
        '<wsdl:types>',
        `<wsdl:import namespace="urn:x" location="${trap.url}"/><wsdl:types>`,
      );
      expect(await asked(imported)).to.include(trap.url);
      expect(trap.got).to.deep.equal([]);
    });

    it('must be there, be XML, and have the operation in the style that is called', async () => {
      const text = wsdlText(sameNames);
      expect(await asked(text.replace('service.xsd', 'gone.xsd'))).to.match(/gone\.xsd.*ENOENT/);
      expect(await asked('<wsdl')).to.include('is not XML');
      expect(await asked(text, { operation: 'other' })).to.include('other is not in a SOAP port');
      expect(await asked(wsdlText({ ...sameNames, style: 'rpc' }))).to.include('style rpc');
      expect(await asked(text.replace('element="s:Ask"', 'type="s:Ask"'))).to.include('its input');
      expect(await asked(text.replace('<wsdl:output message="t:Out"/>', ''))).to.include(
        'its output',
      );
      const encoded = text.replace(
        '<wsdl:input><soap:body use="literal"',
        '<wsdl:input><soap:body use="encoded"',
      );
      expect(await asked(encoded)).to.include('encoded');
    });

    it('may be several files, one importing another', async () => {
      const { agency, connector } = await answering(200, envelope(tellXml));
      const text = wsdlText(sameNames);
      const [head = ''] = text.split('<wsdl:types>');
      const at = text.indexOf('<wsdl:binding');
      files.write('abstract.wsdl', `${text.slice(0, at)}</wsdl:definitions>`);
      const imported = '<wsdl:import namespace="urn:wsdl" location="abstract.wsdl"/>';
      files.write('service.wsdl', `${head}${imported}${text.slice(at)}`);
      expect((await connector.deliver(request, never)).kind).to.equal('content');
      expect(sent(agency)).to.equal(askXml);
    });

    it('is read again after it was mended', async () => {
      const { connector } = await answering(200, envelope(tellXml));
      files.write('service.wsdl', '<wsdl');
      expect((await failureOf(connector.deliver(request, never))).code).to.equal('NOT_SENT');
      files.write('service.wsdl', wsdlText(sameNames));
      expect((await connector.deliver(request, never)).kind).to.equal('content');
    });
  });

  it('says NOT_SENT, and names the files, where the key does not do', async () => {
    const sign = { key: example('ca.key.pem'), certificate: example('node.crt.pem') };
    const { connector } = await answering(200, envelope(tellXml), { sign });
    const failure = await failureOf(connector.deliver(request, never));
    expect(failure.code).to.equal('NOT_SENT');
    expect(failure.message).to.include('ca.key.pem').and.not.include('BEGIN');
  });

  it('probes without a message: a Fault, 405 and 404 are signs of life, 503 and silence are not', async () => {
    const fault = envelope('<e:Fault><faultcode>e:Client</faultcode></e:Fault>');
    const alive: [number, string][] = [
      [500, fault],
      [405, ''],
      [404, ''],
      [200, '<html/>'],
    ];
    for (const [status, body] of alive) {
      const { agency, connector } = await answering(status, body);
      await connector.probe(never);
      expect(agency.got[0]).to.deep.include({ method: 'GET', body: '' });
    }
    const dead: [number, string][] = [
      [500, '<html/>'],
      [503, fault],
    ];
    for (const [status, body] of dead) {
      const { connector } = await answering(status, body);
      expect((await failureOf(connector.probe(never))).code).to.be.oneOf([
        'AGENCY_ERROR',
        'UNAVAILABLE',
      ]);
    }
  });
});
