import { expect } from 'chai';
import type { AgencyAnswer, Connector, Waiting } from '../../src/connectors/connector.ts';
import { rest } from '../../src/connectors/rest.ts';
import {
  type Agency,
  agencyRequest,
  type Behaviour,
  failureOf,
  never,
  startAgency,
  temporaryFolder,
} from './agencies.ts';
import { noDesk } from './directory-peer.ts';
import { askRoot, askXml, messageType, routeOf, tellXml } from './message-type.ts';
import { meaning } from './same-xml.ts';

const xml = { 'Content-Type': 'application/xml' };
const json = { 'Content-Type': 'application/json' };
const problem = { 'Content-Type': 'application/problem+json' };

describe('the connector rest', () => {
  const files = temporaryFolder();
  const closing: (() => Promise<unknown>)[] = [];
  let now = 1_000_000;
  after(files.remove);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(
    behaviour: Behaviour,
    members: object = {},
    publicUrl: string | undefined = 'https://node.example/',
  ): Promise<{ agency: Agency; connector: Connector }> {
    const agency = await startAgency(behaviour);
    const route = routeOf('rest', { url: agency.url, timeoutMs: 3000, ...members });
    const connector = rest(route, messageType(route), publicUrl, noDesk, { now: () => now });
    closing.push(
      () => agency.close(),
      () => connector.close(),
    );
    return { agency, connector };
  }

  const request = agencyRequest(askXml, askRoot);
  const send = (connector: Connector) => connector.deliver(request, never);
  const ask = (connector: Connector, ticket: string) => {
    if (connector.ask === undefined) throw new Error('it cannot be asked');
    return connector.ask(request, ticket, never);
  };

  function contentOf(answer: AgencyAnswer | Waiting): string {
    if (answer.kind !== 'content') throw new Error(answer.kind);
    return meaning(answer.content);
  }

  function waitingOf(answer: AgencyAnswer | Waiting): Waiting {
    if (answer.kind !== 'waiting') throw new Error(answer.kind);
    return answer;
  }

  it('posts the XML as it is, says what it is of, and takes the answer', async () => {
    const { agency, connector } = await start((response) =>
      response.writeHead(200, xml).end(tellXml),
    );
    const answer = await send(connector);
    expect(contentOf(answer)).to.equal(meaning(Buffer.from(tellXml)));
    expect(Buffer.from(answer.evidence ?? '').toString()).to.equal(tellXml);
    expect(agency.got[0]).to.deep.include({ method: 'POST', path: '/service', body: askXml });
    expect(agency.got[0]?.headers).to.deep.include({
      'content-type': 'application/xml; charset=utf-8',
      'idempotency-key': request.messageId,
      'x-mezhved-message-id': request.messageId,
      'x-mezhved-exchange-id': 'exchange-1',
      'x-mezhved-message-type': 'a-type',
      'x-mezhved-namespace': 'urn:records',
      'x-mezhved-sender': 'IS-A',
      'x-mezhved-callback': 'https://node.example/agency/reply-token',
    });
    expect(agency.got[0]?.headers).not.to.have.any.keys('x-mezhved-test', 'authorization');
  });

  it('offers no callback where the node has no public address, and says what is a test', async () => {
    const route = routeOf('rest', { url: 'http://localhost/' });
    const agency = await startAgency((response) => response.writeHead(201, xml).end(tellXml));
    const own = { ...route, url: agency.url };
    const connector = rest(own, messageType(own), undefined, noDesk);
    closing.push(
      () => agency.close(),
      () => connector.close(),
    );
    await connector.deliver({ ...request, test: true }, never);
    expect(agency.got[0]?.headers).not.to.have.property('x-mezhved-callback');
    expect(agency.got[0]?.headers['x-mezhved-test']).to.equal('true');
  });

  it('posts JSON made by the schema, and makes XML of the answer', async () => {
    const { agency, connector } = await start(
      (response) => response.writeHead(200, json).end('{"Tell":{"State":"found"}}'),
      { format: 'json' },
    );
    expect(contentOf(await send(connector))).to.equal(meaning(Buffer.from(tellXml)));
    expect(agency.got[0]?.headers['content-type']).to.equal('application/json');
    expect(JSON.parse(agency.got[0]?.body ?? '')).to.deep.equal({
      Ask: { Name: 'Ё & 007', Tag: ['a'] },
    });
  });

  it('says NOT_SENT of content that does not map, and of a version that is gone', async () => {
    const { agency, connector } = await start((response) => response.end(), { format: 'json' });
    const odd = { ...request, content: Buffer.from(askXml.replace('r:Tag>a</r:Tag', 'r:Else/')) };
    const failure = await failureOf(connector.deliver(odd, never));
    expect(failure.code).to.equal('NOT_SENT');
    expect(failure.message).to.equal('/Ask/Else: the schema has no such element');
    const root = { namespace: 'urn:gone', local: 'Ask' };
    expect((await failureOf(connector.deliver({ ...request, root }, never))).code).to.equal(
      'NOT_SENT',
    );
    expect(agency.got).to.deep.equal([]);
  });

  it('reads Authorization from its file at each call', async () => {
    const authorizationFile = files.write('token', ' Bearer one\n');
    const { agency, connector } = await start(
      (response) => response.writeHead(200, xml).end(tellXml),
      { authorizationFile },
    );
    await send(connector);
    files.write('token', 'Bearer two');
    await send(connector);
    expect(agency.got.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer one',
      'Bearer two',
    ]);
    files.write('token', 'Bearer\r\nX: secret');
    const failure = await failureOf(send(connector));
    expect(failure.code).to.equal('NOT_SENT');
    expect(failure.message).to.include(authorizationFile).and.not.include('secret');
  });

  const brokenAnswers: Record<string, [number, Record<string, string>, string | Buffer]> = {
    'no body': [200, xml, ''],
    '204': [204, {}, ''],
    '206': [206, xml, tellXml],
    'what is not XML': [200, xml, '<Tell'],
    'another root': [200, xml, '<Tell/>'],
    'a document type': [200, xml, `<!DOCTYPE Tell []>${tellXml}`],
    'a page': [200, { 'Content-Type': 'text/html' }, '<p>hello</p>'],
    'another encoding': [200, { 'Content-Type': 'application/xml; charset=windows-1251' }, tellXml],
    'JSON that does not map': [200, json, '{"Tell":{"State":7}}'],
    'JSON that is not UTF-8': [200, json, Buffer.from([0x22, 0xff, 0x22])],
    'a problem that is none': [200, problem, '[]'],
  };
  for (const [name, [status, headers, body]] of Object.entries(brokenAnswers)) {
    it(`says ANSWER_BROKEN of an answer that is ${name}`, async () => {
      const { connector } = await start((response) =>
        response.writeHead(status, headers).end(body),
      );
      expect((await failureOf(send(connector))).code).to.equal('ANSWER_BROKEN');
    });
  }

  it('takes XML where JSON was posted, by its Content-Type, and the other way round', async () => {
    const one = await start((response) => response.writeHead(200, xml).end(tellXml), {
      format: 'json',
    });
    expect(contentOf(await send(one.connector))).to.equal(meaning(Buffer.from(tellXml)));
    const other = await start((response) =>
      response.writeHead(200, json).end('{"Tell":{"State":"found"}}'),
    );
    expect(contentOf(await send(other.connector))).to.equal(meaning(Buffer.from(tellXml)));
  });

  const statuses = {
    301: 'REFUSED',
    401: 'REFUSED',
    404: 'REFUSED',
    429: 'BUSY',
    500: 'AGENCY_ERROR',
    503: 'UNAVAILABLE',
  };
  for (const [status, code] of Object.entries(statuses)) {
    it(`says ${code} of HTTP ${status}, and nothing of the body`, async () => {
      const headers = { 'Retry-After': '5', Location: '/else', ...json };
      const { agency, connector } = await start((response) =>
        response.writeHead(Number(status), headers).end('{"code":"NO_DATA","detail":"secret"}'),
      );
      const failure = await failureOf(send(connector));
      expect(failure.code).to.equal(code);
      expect(failure.retryAfterMs).to.equal(5000);
      expect(failure.message).to.include(`HTTP ${status}`).and.not.include('secret');
      expect(agency.got).to.have.lengthOf(1);
    });
  }

  describe('rejections', () => {
    const rejected: Record<string, [number, Record<string, string>, string, string, RegExp]> = {
      'a problem with its code': [
        422,
        problem,
        '{"code":"ACCESS_DENIED","description":"нельзя","detail":"d"}',
        'ACCESS_DENIED',
        /^нельзя$/,
      ],
      'a problem with an unknown code': [
        422,
        problem,
        '{"code":"X","detail":"d"}',
        'UNKNOWN_REQUEST_DESCRIPTION',
        /^d$/,
      ],
      'JSON with a title': [404, json, '{"title":"t"}', 'NO_DATA', /^t$/],
      'plain text, without what XML cannot hold': [
        404,
        { 'Content-Type': 'text/plain' },
        'нет\u0000\u0001 данных',
        'NO_DATA',
        /^нет данных$/,
      ],
      'plain text, cut': [
        404,
        { 'Content-Type': 'text/plain' },
        'x'.repeat(9000),
        'NO_DATA',
        /^x{4000}$/,
      ],
      'a page': [404, { 'Content-Type': 'text/html' }, '<p>secret</p>', 'NO_DATA', /HTTP 404$/],
      'no body': [404, {}, '', 'NO_DATA', /HTTP 404$/],
      'JSON that says nothing': [404, json, '{"code":"FAILURE"}', 'FAILURE', /HTTP 404$/],
      'a problem with 200': [200, problem, '{"code":"NO_DATA","detail":"d"}', 'NO_DATA', /^d$/],
    };
    for (const [name, [status, headers, body, code, words]] of Object.entries(rejected)) {
      it(`takes for a rejection ${name}`, async () => {
        const rejections = { '404': 'NO_DATA', '422': 'UNKNOWN_REQUEST_DESCRIPTION' };
        const { connector } = await start(
          (response) => response.writeHead(status, headers).end(body),
          { rejections },
        );
        const answer = await send(connector);
        if (answer.kind !== 'rejection') throw new Error(answer.kind);
        expect(answer.code).to.equal(code);
        expect(answer.description).to.match(words);
        expect(Buffer.from(answer.evidence ?? '').toString()).to.equal(body);
      });
    }
  });

  describe('answers that come later', () => {
    it('asks at Location until the answer is there', async () => {
      const body = '{"status":{"code":3,"description":"в работе"}}';
      let asked = 0;
      const { agency, connector } = await start((response, { method }) => {
        if (method === 'POST') response.writeHead(202, { Location: '/later/1' }).end();
        else if (asked++ === 0) response.writeHead(202, { ...json, 'Retry-After': '2' }).end(body);
        else response.writeHead(200, xml).end(tellXml);
      });
      const first = waitingOf(await send(connector));
      expect(first).to.deep.include({ kind: 'waiting', askAfterMs: 10_000 });
      const second = waitingOf(await ask(connector, first.ticket));
      expect(second.askAfterMs).to.equal(2000);
      expect(second.statuses).to.deep.equal([{ code: 3, description: 'в работе' }]);
      expect(contentOf(await ask(connector, second.ticket))).to.equal(
        meaning(Buffer.from(tellXml)),
      );
      expect(agency.got.slice(1).map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
        'GET /later/1',
        'GET /later/1',
      ]);
      expect(agency.got[1]?.headers['x-mezhved-message-id']).to.equal(request.messageId);
    });

    it('gives the answer up when its time is over', async () => {
      now = 5_000_000;
      const { connector } = await start(
        (response, { method }) =>
          response.writeHead(method === 'POST' ? 202 : 503, { Location: '/later' }).end(),
        { answerWithinMs: 4000 },
      );
      const waiting = waitingOf(await send(connector));
      expect(waiting.askAfterMs).to.equal(4000);
      now += 3999;
      expect((await failureOf(ask(connector, waiting.ticket))).code).to.equal('UNAVAILABLE');
      now += 1;
      expect((await failureOf(ask(connector, waiting.ticket))).code).to.equal('NO_ANSWER');
    });

    it('gives up too where the agency goes on saying 202', async () => {
      const { connector } = await start(
        (response) => response.writeHead(202, { Location: '/later', 'Retry-After': '0' }).end(),
        { answerWithinMs: 4000 },
      );
      const waiting = waitingOf(await send(connector));
      expect(waiting.askAfterMs).to.equal(1000);
      now += 4000;
      expect((await failureOf(ask(connector, waiting.ticket))).code).to.equal('NO_ANSWER');
    });

    it('waits for the callback where there is no Location, and posts the same again after a while', async () => {
      const { agency, connector } = await start((response) => response.writeHead(202).end(), {
        answerWithinMs: 60_000,
        remindMs: 20_000,
      });
      const waiting = waitingOf(await send(connector));
      expect(waiting.askAfterMs).to.equal(20_000);
      now += 20_000;
      const reminded = await ask(connector, waiting.ticket);
      expect(waitingOf(reminded).ticket).to.equal(waiting.ticket);
      expect(agency.got.map(({ method }) => method)).to.deep.equal(['POST', 'POST']);
      const keys = agency.got.map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys).size).to.equal(1);
      now += 40_000;
      expect((await failureOf(ask(connector, waiting.ticket))).code).to.equal('NO_ANSWER');
      expect(agency.got).to.have.lengthOf(2);
    });

    const elsewhere = [
      'http://127.0.0.1:9/a',
      '//else.example/a',
      'https://localhost/a',
      'file:///etc/passwd',
      'http://',
      `/${'a'.repeat(3000)}`,
    ];
    for (const location of elsewhere) {
      it(`does not go to ${location.slice(0, 30)}`, async () => {
        const { agency, connector } = await start((response) =>
          response.writeHead(202, { Location: location }).end(),
        );
        expect((await failureOf(send(connector))).code).to.equal('ANSWER_BROKEN');
        expect(agency.got).to.have.lengthOf(1);
      });
    }

    it('does not follow a ticket of another address or another kind of route', async () => {
      const { agency, connector } = await start((response) => response.end());
      const ticket = JSON.stringify({ url: 'http://else.example/', until: now + 1000 });
      expect((await failureOf(ask(connector, ticket))).code).to.equal('ANSWER_BROKEN');
      for (const other of ['', 'abc', '{}', 'null']) {
        const failing = Promise.resolve().then(() => ask(connector, other));
        expect((await failureOf(failing)).code, other).to.equal('NOT_SENT');
      }
      expect(agency.got).to.deep.equal([]);
    });

    it('says REFUSED where the ticket is not known, whatever 404 means to the first call', async () => {
      const { connector } = await start(
        (response, { method }) =>
          response.writeHead(method === 'POST' ? 202 : 404, { Location: '/later' }).end(),
        { rejections: { '404': 'NO_DATA' } },
      );
      const waiting = waitingOf(await send(connector));
      expect((await failureOf(ask(connector, waiting.ticket))).code).to.equal('REFUSED');
    });

    it('reads what is posted to the callback as an answer', async () => {
      const { connector } = await start((response) => response.end());
      const read = (contentType: string, body: string) =>
        connector.readCallback?.(request, { contentType, body: Buffer.from(body) });
      const content = read('application/json', '{"Tell":{"State":"found"}}');
      if (content === undefined) throw new Error('it reads no callback');
      expect(contentOf(content)).to.equal(meaning(Buffer.from(tellXml)));
      expect(read('text/xml; charset=UTF-8', tellXml)?.kind).to.equal('content');
      expect(
        read(problem['Content-Type'], '{"code":"NO_DATA","description":"нет"}'),
      ).to.deep.include({
        kind: 'rejection',
        code: 'NO_DATA',
        description: 'нет',
      });
      expect(() => read('application/xml', ''))
        .to.throw()
        .with.property('code', 'ANSWER_BROKEN');
    });
  });

  describe('the probe', () => {
    it('takes any answer below 500 for a sign of life, and sends nothing of a message', async () => {
      const { agency, connector } = await start((response) => response.writeHead(404).end());
      await connector.probe(never);
      expect(agency.got[0]).to.deep.include({ method: 'HEAD', path: '/service', body: '' });
    });

    it('tells what is wrong, and asks where the route says', async () => {
      const up = await startAgency((response) => response.end());
      closing.push(() => up.close());
      const { agency, connector } = await start((response) => response.writeHead(503).end());
      expect((await failureOf(connector.probe(never))).code).to.equal('UNAVAILABLE');
      const authorizationFile = files.write('probe-token', 'Bearer x');
      const other = await start((response) => response.end(), {
        probeUrl: `${up.url}/health`,
        authorizationFile,
      });
      await other.connector.probe(never);
      expect(up.got[0]?.path).to.equal('/service/health');
      // The credentials are for the address of the route alone.
      expect(up.got[0]?.headers).not.to.have.property('authorization');
      await agency.close();
      expect((await failureOf(connector.probe(never))).code).to.equal('UNREACHABLE');
    });
  });
});
