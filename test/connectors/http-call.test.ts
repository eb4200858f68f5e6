import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { StoreAway } from '../../src/attachments/file-store.ts';
import { failures } from '../../src/connectors/failure.ts';
import {
  type CallSettings,
  type HttpCaller,
  httpCaller,
  placeOf,
} from '../../src/connectors/http-call.ts';
import { checkAlive, failureOfStatus, retryAfter } from '../../src/connectors/http-status.ts';
import { type Agency, type Behaviour, failureOf, never, startAgency } from './agencies.ts';

const defaults: CallSettings = { connectMs: 1000, timeoutMs: 5000, answerBytesMax: 4096 };
const clock = { now: () => Date.UTC(2026, 0, 1) };

describe('the call over HTTP', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function peer(behaviour: Behaviour): Promise<Agency> {
    const agency = await startAgency(behaviour);
    closing.push(() => agency.close());
    return agency;
  }

  function caller(settings: Partial<CallSettings> = {}): HttpCaller {
    const made = httpCaller({ ...defaults, ...settings });
    closing.push(() => made.close());
    return made;
  }

  /** A peer below HTTP. */
  async function raw(connected: (socket: Socket) => void): Promise<string> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      connected(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/a`;
  }

  const get = (url: string) => ({ method: 'GET', url, headers: {} }) as const;

  it('sends method, headers and body, and gives status, headers and body whatever they are', async () => {
    const agency = await peer((response) => response.writeHead(418, { 'X-A': 'b' }).end('тело'));
    const headers = { 'Content-Type': 'text/plain', 'X-C': 'd' };
    const body = Buffer.from('вопрос');
    const answer = await caller().call({ method: 'POST', url: agency.url, headers, body }, never);
    expect(answer.status).to.equal(418);
    expect(answer.headers['x-a']).to.equal('b');
    expect(answer.body.toString()).to.equal('тело');
    expect(agency.got[0]).to.deep.include({ method: 'POST', path: '/service', body: 'вопрос' });
    expect(agency.got[0]?.headers).to.deep.include({
      'x-c': 'd',
      'accept-encoding': 'identity',
      'content-length': '12',
    });
  });

  it('follows no redirect', async () => {
    const agency = await peer((response) => response.writeHead(307, { Location: '/else' }).end());
    expect((await caller().call(get(agency.url), never)).status).to.equal(307);
    expect(agency.got).to.have.lengthOf(1);
  });

  it('says NODE_ERROR where the file that it sends cannot be read: the agency has no part in it', async () => {
    const agency = await peer((response) => response.end());
    const open = async function* () {
      yield Buffer.alloc(10);
      throw new StoreAway('unreachable', 'S3 GET: ECONNRESET');
    };
    const body = { length: 1000, open };
    const call = caller().call({ method: 'POST', url: agency.url, headers: {}, body }, never);
    const failure = await failureOf(call);
    expect(failure.code).to.equal('NODE_ERROR');
    expect(failure.message).to.equal('S3 GET: ECONNRESET');
  });

  it('says UNREACHABLE of a port where nobody listens, and of a name that is not found', async () => {
    const agency = await startAgency((response) => response.end());
    await agency.close();
    const refused = await failureOf(caller().call(get(agency.url), never));
    expect(refused.code).to.equal('UNREACHABLE');
    expect(refused.message).to.match(/refused \(ECONNREFUSED\)$/);
    const unknown = await failureOf(caller().call(get('http://agency.invalid/'), never));
    expect(unknown.code).to.equal('UNREACHABLE');
  });

  it('says UNREACHABLE of a connection reset before an answer, and in the middle of one', async () => {
    const before = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await failureOf(caller().call(get(before), never))).code).to.equal('UNREACHABLE');
    const within = await raw((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () =>
          socket.resetAndDestroy(),
        );
      }),
    );
    expect((await failureOf(caller().call(get(within), never))).code).to.equal('UNREACHABLE');
  });

  it('says TIMEOUT of a peer that takes the connection and says nothing', async () => {
    const url = await raw(() => undefined);
    const failure = await failureOf(caller({ timeoutMs: 100 }).call(get(url), never));
    expect(failure.code).to.equal('TIMEOUT');
  });

  it('says TIMEOUT of a peer that does not get as far as TLS, long before the whole time is over', async () => {
    const url = (await raw(() => undefined)).replace('http:', 'https:');
    const slow = caller({ connectMs: 100, timeoutMs: 60_000 });
    const failure = await failureOf(slow.call(get(url), never));
    expect(failure.code).to.equal('TIMEOUT');
    expect(failure.message).to.include('UND_ERR_CONNECT_TIMEOUT');
  });

  it('says TIMEOUT of a peer that stops in the middle of the body', async () => {
    const agency = await peer((response) => response.writeHead(200).write('half'));
    const failure = await failureOf(caller({ timeoutMs: 150 }).call(get(agency.url), never));
    expect(failure.code).to.equal('TIMEOUT');
  });

  it('says TIMEOUT of a peer that gives a byte now and then: the limit is for the whole', async () => {
    const agency = await peer((response) => {
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip)).writeHead(200);
    });
    const failure = await failureOf(caller({ timeoutMs: 200 }).call(get(agency.url), never));
    expect(failure.code).to.equal('TIMEOUT');
  });

  it('says ANSWER_TOO_LARGE by the length told, and by the bytes counted', async () => {
    const told = await peer((response) =>
      response.writeHead(200, { 'Content-Length': '5000' }).write('x'),
    );
    const first = await failureOf(caller().call(get(told.url), never));
    expect(first.code).to.equal('ANSWER_TOO_LARGE');
    let written = 0;
    const endless = await peer((response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1024))) written += 1024;
        written += 1024;
      };
      response.on('drain', more);
      more();
    });
    const second = await failureOf(caller().call(get(endless.url), never));
    expect(second.code).to.equal('ANSWER_TOO_LARGE');
    expect(written).to.be.lessThan(64 * 1024 * 1024);
  });

  it('takes an answer of just the limit', async () => {
    const agency = await peer((response) => response.end('x'.repeat(4096)));
    expect((await caller().call(get(agency.url), never)).body).to.have.lengthOf(4096);
  });

  it('does not unpack: a compressed answer is ANSWER_BROKEN', async () => {
    const bomb = gzipSync(Buffer.alloc(1024 * 1024));
    const agency = await peer((response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb),
    );
    expect((await failureOf(caller().call(get(agency.url), never))).code).to.equal('ANSWER_BROKEN');
  });

  it('says ANSWER_BROKEN of what is not HTTP, ANSWER_TOO_LARGE of a header without end', async () => {
    const odd = await raw((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n\r\n')));
    expect((await failureOf(caller().call(get(odd), never))).code).to.equal('ANSWER_BROKEN');
    const long = await raw((socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(99_999)}\r\n\r\n`)),
    );
    expect((await failureOf(caller().call(get(long), never))).code).to.equal('ANSWER_TOO_LARGE');
  });

  it('says STOPPED when the node stops, TIMEOUT when the time of the attempt is over', async () => {
    const agency = await peer(() => undefined);
    const stop = new AbortController();
    const call = caller().call(get(agency.url), stop.signal);
    setTimeout(() => stop.abort(), 30);
    expect((await failureOf(call)).code).to.equal('STOPPED');
    expect((await failureOf(caller().call(get(agency.url), stop.signal))).code).to.equal('STOPPED');
    const late = caller().call(get(agency.url), AbortSignal.timeout(30));
    expect((await failureOf(late)).code).to.equal('TIMEOUT');
  });

  it('names an address without user, password and query', () => {
    expect(placeOf('https://user:word@agency.example/a/b?token=1#c')).to.equal(
      'https://agency.example/a/b',
    );
  });

  describe('statuses', () => {
    const of = (status: number, headers = {}) => failureOfStatus({ status, headers }, 'p', clock);

    it('each has its row', () => {
      const rows = { 301: 'REFUSED', 400: 'REFUSED', 401: 'REFUSED', 404: 'REFUSED', 429: 'BUSY' };
      const more = { 500: 'AGENCY_ERROR', 501: 'AGENCY_ERROR', 502: 'UNAVAILABLE' };
      const most = { 503: 'UNAVAILABLE', 504: 'UNAVAILABLE', 599: 'AGENCY_ERROR' };
      for (const [status, code] of Object.entries({ ...rows, ...more, ...most })) {
        expect(of(Number(status)).code, status).to.equal(code);
        expect(failures).to.have.property(code);
      }
    });

    it('reads Retry-After as seconds and as a date, up to an hour', () => {
      expect(of(503, { 'retry-after': '7' }).retryAfterMs).to.equal(7000);
      expect(of(429, { 'retry-after': '86400' }).retryAfterMs).to.equal(3_600_000);
      expect(of(429).retryAfterMs).to.equal(undefined);
      const at = 'Thu, 01 Jan 2026 00:00:30 GMT';
      expect(retryAfter({ 'retry-after': at }, clock)).to.equal(30_000);
      const told = { 'retry-after': at, date: 'Thu, 01 Jan 2026 00:00:20 GMT' };
      expect(retryAfter(told, clock)).to.equal(10_000);
      expect(retryAfter({ 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' }, clock)).to.equal(0);
      expect(retryAfter({ 'retry-after': 'soon' }, clock)).to.equal(undefined);
    });

    it('takes for alive whoever answers below 500, and who knows no HEAD', () => {
      const answer = (status: number) => ({ status, headers: {}, body: Buffer.alloc(0) });
      for (const status of [200, 302, 401, 404, 405, 501]) checkAlive(answer(status), 'p', clock);
      for (const status of [500, 502, 503, 504]) {
        expect(() => checkAlive(answer(status), 'p', clock), `${status}`).to.throw();
      }
    });
  });
});
