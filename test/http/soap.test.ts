import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { LocalFiles } from '../../src/attachments/local-files.ts';
import type { Call, Reply } from '../../src/exchange/call.ts';
import { asFault, Fault } from '../../src/fault/fault.ts';
import { BodyMeter } from '../../src/http/body.ts';
import { createHttpServer, listen, stop } from '../../src/http/server.ts';
import { soapApp } from '../../src/http/soap.ts';
import type { TypePages } from '../../src/http/type-pages.ts';
import { checkout, temporaryFolder } from '../harness/node.ts';

/** What a peer sends piece by piece, a pause in ms between, and how it ends. */
interface Talk {
  readonly pieces: readonly (string | Buffer | number)[];
  /** Closes its side without waiting for an answer. */
  readonly hangUp?: boolean;
}

const version = {
  ...{ version: '1.0', namespace: 'urn:t', requestRoot: 'Ask', responseRoot: 'Tell' },
  ...{ state: 'active' as const, from: null, until: '2027-01-01T00:00:00.000Z' },
} as const;
const types: TypePages = {
  list: () => [{ id: 'a b', name: 'Вид', versions: [version] }],
  find: (type) => types.list().find(({ id }) => id === type),
  files: async (type, name) => {
    if (name === 'busy') throw new Fault('BUSY');
    if (type !== 'a b' || name !== '1.0') return undefined;
    const schemas = [{ name: 'a.xsd', bytes: Buffer.from('<xs:schema/>') }];
    return { schemas, archive: Buffer.from('PK'), request: '<Ask/>', response: undefined };
  },
};

describe('the SOAP port', function () {
  this.timeout(10_000);
  let port: number;
  let server: ReturnType<typeof createHttpServer>;
  let last: Promise<string>;

  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async () => {
    folder = await temporaryFolder();
    const app = soapApp({
      limits: {
        bytesMax: 1000,
        timeoutMs: 400,
        meter: new BodyMeter(10_000),
        partsMax: 3,
        headerBytesMax: 300,
        attachmentBytesMax: 2000,
      },
      files: new LocalFiles(folder.path, randomBytes),
      newBoundary: () => `b${randomBytes(8).toString('hex')}`,
      address: { publicUrl: undefined, trustedProxies: ['127.0.0.1'], fallback: 'fallback:1' },
      health: { check: async () => ({ database: true, compute: false }) },
      answer: (call) => {
        const answered = read(call);
        last = answered.then(({ bytes }) => Buffer.from(bytes).toString());
        return answered;
      },
      callback: async (replyTo, { contentType, body }) => ({
        status: replyTo === 'known' ? 200 : 404,
        text: `${replyTo} ${contentType} ${body.byteLength}`,
      }),
      types,
      publishWsdl: (version, url) => `wsdl ${version} ${url}`,
      publishXsd: (version, name, url) => (name === 'types.xsd' ? `${version} ${url}` : undefined),
    });
    const limits = { connectionsMax: 20, headersTimeoutMs: 500, requestTimeoutMs: 1000 };
    server = createHttpServer(app, limits);
    port = await listen(server, '127.0.0.1', 0);
  });
  after(async () => {
    await stop(server, 100);
    await folder.remove();
  });

  async function read(call: Call): Promise<Reply> {
    try {
      const { bytes } = await call.body();
      const { endpoint, method, soapAction = '' } = call;
      const text = `${endpoint} ${method} ${soapAction} ${bytes.byteLength}`;
      return { status: 200, bytes: Buffer.from(text) };
    } catch (thrown) {
      const fault = asFault(thrown);
      return { status: fault.row.http, bytes: Buffer.from(fault.code) };
    }
  }

  /** All that comes back until the connection ends. */
  async function talk({ pieces, hangUp = false }: Talk): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    for (const piece of pieces) {
      if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
      else socket.write(piece);
    }
    if (hangUp) socket.destroy();
    await closed;
    return answer;
  }

  function post(headers: string, path = '/smev/v1.2/ws'): string {
    return `POST ${path} HTTP/1.1\r\nHost: h:1\r\nContent-Type: text/xml\r\n${headers}\r\n\r\n`;
  }

  const close = 'Connection: close';

  it('hands over the version of the path, the method, the action and the bytes', async () => {
    const head = post(`SOAPAction: "urn:Ack"\r\n${close}\r\nContent-Length: 3`, '/smev/v1.3/ws');
    const answer = await talk({ pieces: [head, 'abc'] });
    expect(answer).to.match(/^HTTP\/1\.1 200 /);
    expect(answer).to.include('Content-Type: text/xml; charset=utf-8');
    expect(answer.endsWith('1.3 POST "urn:Ack" 3')).to.equal(true);
  });

  it('a body of exactly the limit is taken, one byte more is not', async () => {
    const taken = await talk({
      pieces: [post(`Content-Length: 1000\r\n${close}`), 'a'.repeat(1000)],
    });
    expect(taken.endsWith(' 1000')).to.equal(true);
    const refused = await talk({ pieces: [post('Content-Length: 1001'), 'a'.repeat(1001)] });
    expect(refused).to.match(
      /^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n[\s\S]*BODY_TOO_LARGE$/,
    );
  });

  it('a body that is announced too large is refused before a byte of it came', async () => {
    const answer = await talk({ pieces: [post('Content-Length: 99999999')] });
    expect(answer).to.match(/^HTTP\/1\.1 413 /);
  });

  it('a body in chunks is refused as soon as it is too large', async () => {
    const chunk = `190\r\n${'a'.repeat(400)}\r\n`;
    const answer = await talk({
      pieces: [post('Transfer-Encoding: chunked'), chunk, 50, chunk, 50, chunk],
    });
    expect(answer).to.match(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE$/);
  });

  it('a body shorter than announced is refused when its time is over', async () => {
    const before = Date.now();
    const answer = await talk({ pieces: [post('Content-Length: 900'), 'a'.repeat(10)] });
    expect(answer).to.match(/^HTTP\/1\.1 500 [\s\S]*BODY_INCOMPLETE$/);
    expect(Date.now() - before).to.be.within(350, 3000);
  });

  it('a body that trickles is refused when its time is over', async () => {
    const trickle = Array.from({ length: 8 }, () => ['a', 100]).flat();
    const answer = await talk({ pieces: [post('Content-Length: 900'), ...trickle] });
    expect(answer).to.match(/^HTTP\/1\.1 500 [\s\S]*BODY_INCOMPLETE$/);
  });

  it('a peer that hangs up in the middle ends the reading', async () => {
    await talk({ pieces: [post('Content-Length: 900'), 'a', 100], hangUp: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await last).to.equal('BODY_INCOMPLETE');
  });

  it('a body longer than announced is no second request', async () => {
    const answer = await talk({ pieces: [post('Content-Length: 3'), 'abc<more/>'] });
    expect(answer).to.match(/(^|3)HTTP\/1\.1 400 [^<]*$/);
  });

  it('two lengths, or a length and chunks, are refused before anything is read', async () => {
    for (const headers of [
      'Content-Length: 3\r\nContent-Length: 4',
      'Content-Length: 3\r\nTransfer-Encoding: chunked',
    ]) {
      expect(await talk({ pieces: [post(headers), 'abc'] })).to.match(/^HTTP\/1\.1 400 /);
    }
  });

  it('headers that do not end are cut off in time', async () => {
    const before = Date.now();
    await talk({ pieces: ['POST /smev/v1.2/ws HTTP/1.1\r\nHost: h\r\nX: '] });
    expect(Date.now() - before).to.be.within(400, 4000);
  });

  it('a compressed body is refused', async () => {
    const head = post(`Content-Encoding: gzip\r\n${close}\r\nContent-Length: 3`);
    expect(await talk({ pieces: [head, 'abc'] })).to.match(
      /^HTTP\/1\.1 415 [\s\S]*CONTENT_TYPE_UNSUPPORTED$/,
    );
  });

  it('keeps the connection after a whole body', async () => {
    const one = `${post('Content-Length: 3')}abc`;
    const answer = await talk({ pieces: [one, one, `${post(`Content-Length: 2\r\n${close}`)}ab`] });
    expect(answer.match(/HTTP\/1\.1 200 /g)).to.have.length(3);
  });

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };

  it('publishes WSDL and XSD, whatever the case of the question', async () => {
    const url = `http://127.0.0.1:${port}/smev/v1.1/ws`;
    for (const question of ['wsdl', 'WSDL', 'wsdl=']) {
      expect((await get(`/smev/v1.1/ws?${question}`)).text).to.equal(`wsdl 1.1 ${url}`);
    }
    expect((await get('/smev/v1.1/ws?xsd=types.xsd')).text).to.equal(`1.1 ${url}`);
    for (const wrong of ['xsd=../types.xsd', 'xsd=', '', 'x=1']) {
      const answer = await get(`/smev/v1.1/ws?${wrong}`);
      expect([answer.status, answer.text]).to.deep.equal([404, `WSDL: ${url}?wsdl\n`]);
    }
  });

  it('knows its address through a proxy that it trusts, and believes no nonsense', async () => {
    const seen = async (headers: Record<string, string>) =>
      (await get('/smev/v1.1/ws?wsdl', headers)).text.replace('wsdl 1.1 ', '');
    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'smev.example' };
    expect(await seen(forwarded)).to.equal('https://smev.example/smev/v1.1/ws');
    expect(await seen({ 'X-Forwarded-Host': 'a"><b' })).to.equal('http://fallback:1/smev/v1.1/ws');
  });

  it('takes what an agency posts to a callback address, within the limits of every body', async () => {
    const told = async (path: string, body: string) => {
      const headers = { 'Content-Type': 'application/xml' };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers,
        body,
      });
      return `${response.status} ${(await response.text()).trim()}`;
    };
    expect(await told('/agency/known', 'abc')).to.equal('200 known application/xml 3');
    expect(await told('/agency/other', 'abc')).to.equal('404 other application/xml 3');
    expect(await told('/agency/known', 'a'.repeat(1000))).to.match(/^200 /);
    expect(await told('/agency/known', 'a'.repeat(1001))).to.match(/^413 .+ \/ .+/);
    expect(await told('/agency/', 'abc')).to.match(/^404 Нет/);
    expect((await get('/agency/known')).status).to.equal(404);
  });

  it('tells its health, and what there is where there is nothing', async () => {
    expect(await get('/health/live')).to.include({ status: 200, text: '{"status":"live"}' });
    const ready = await get('/health/ready');
    expect(ready.status).to.equal(503);
    expect(JSON.parse(ready.text).checks).to.deep.equal({ database: true, compute: false });
    const nothing = await get('/nothing');
    expect(nothing.status).to.equal(404);
    expect(nothing.text).to.include('/smev/v1.2/ws');
    expect(nothing.headers.get('x-powered-by')).to.equal(null);
  });

  it('says what partners need of message types: dates, schemas, examples', async () => {
    const at = (path: string) => fetch(`http://127.0.0.1:${port}/types${path}`);
    const [page] = await (await at('')).json();
    expect(page).to.deep.include({
      id: 'a b',
      name: 'Вид',
      url: `http://127.0.0.1:${port}/types/a%20b`,
    });
    expect(page.wsdl).to.have.lengthOf(3);
    expect(page.versions[0]).to.deep.include({ version: '1.0', until: version.until });
    expect(await (await at('/a%20b')).json()).to.deep.equal(page);
    const one = await (await at('/a%20b/1.0')).json();
    const [schema] = one.schemas;
    const text = await fetch(schema);
    expect(await text.text()).to.equal('<xs:schema/>');
    expect(text.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(text.headers.get('content-security-policy')).to.include('sandbox');
    const archive = await fetch(one.archive);
    expect(archive.headers.get('content-type')).to.equal('application/zip');
    expect(await archive.text()).to.equal('PK');
    expect(await (await fetch(one.exampleRequest)).text()).to.equal('<Ask/>');
    for (const path of [
      '/c',
      '/c/1.0',
      '/a%20b/2.0',
      '/a%20b/1.0/b.xsd',
      '/a%20b/1.0/response.xml',
      '/a%20b/1.0/constructor',
      '/a%20b/1.0/__proto__',
    ]) {
      expect((await at(path)).status, path).to.equal(404);
    }
    expect((await at('/a%20b/busy/schemas.zip')).status).to.equal(503);
    const malformed = await at('/%E0');
    expect(malformed.status).to.equal(400);
    expect(await malformed.text()).not.to.match(/at .*\.[jt]s|node_modules/);
  });

  it('answers all under /types as docs/openapi.yaml says', async () => {
    const { paths } = parse(readFileSync(join(checkout, 'docs', 'openapi.yaml'), 'utf8'));
    const documented = Object.keys(paths).filter((path) => path.startsWith('/types'));
    expect(documented).to.have.lengthOf(4);
    for (const path of documented) {
      const filled = path
        .replace('{type}', 'a%20b')
        .replace('{version}', '1.0')
        .replace('{file}', 'a.xsd');
      const answer = await fetch(`http://127.0.0.1:${port}${filled}`);
      expect(answer.status, path).to.equal(200);
      const type = answer.headers.get('content-type')?.split(';')[0] ?? 'none';
      expect(Object.keys(paths[path].get.responses['200'].content), path).to.include(type);
      await answer.text();
    }
  });
});
