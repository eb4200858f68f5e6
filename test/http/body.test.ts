import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Fault } from '../../src/fault/fault.ts';
import { BodyMeter, readBody } from '../../src/http/body.ts';

const bytesMax = 1000;
const timeoutMs = 300;

type Outcome = number | string;

describe('the body of a request', () => {
  let server: Server;
  let port: number;
  let outcomes: Promise<Outcome>[];
  let sockets: Socket[];
  let meter: BodyMeter;

  beforeEach(async () => {
    meter = new BodyMeter(bytesMax);
    outcomes = [];
    sockets = [];
    server = createServer((request, response) => {
      // What readBody throws at once comes as what it rejects with.
      const read = (async () => readBody(request, response, { bytesMax, timeoutMs, meter }))();
      const outcome = read.then(
        (bytes) => bytes.byteLength,
        (error: unknown) => (error instanceof Fault ? error.code : String(error)),
      );
      outcomes.push(outcome);
      void outcome.then(() => response.end('read'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  /** Sends a head and what follows, and gives the outcome of the n-th request. */
  async function send(head: readonly string[], ...parts: readonly string[]): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head.map((line) => `${line}\r\n`).join('')}\r\n`);
    for (const part of parts) socket.write(part);
    return socket;
  }

  async function outcome(): Promise<Outcome> {
    while (outcomes.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return outcomes[0] as Promise<Outcome>;
  }

  it('is read whole, in however many parts, up to the limit itself', async () => {
    await send([`Content-Length: ${bytesMax}`], 'a'.repeat(400), 'b'.repeat(600));
    expect(await outcome()).to.equal(bytesMax);
  });

  it('may be empty', async () => {
    await send(['Content-Length: 0']);
    expect(await outcome()).to.equal(0);
  });

  it('is refused before it comes, when its length is announced to be over the limit', async () => {
    await send([`Content-Length: ${bytesMax + 1}`]);
    expect(await outcome()).to.equal('BODY_TOO_LARGE');
  });

  it('is refused as soon as it grows over the limit unannounced', async () => {
    const chunk = (size: number) => `${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`;
    await send(['Transfer-Encoding: chunked'], chunk(900), chunk(101));
    expect(await outcome()).to.equal('BODY_TOO_LARGE');
  });

  it('is refused when the peer goes away in the middle', async () => {
    const socket = await send(['Content-Length: 100'], 'a'.repeat(50));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect(await outcome()).to.equal('BODY_INCOMPLETE');
  });

  it('is refused when the peer dawdles: the time is for the whole body', async function () {
    this.timeout(5000);
    const socket = await send(['Content-Length: 1000'], 'a');
    const drip = setInterval(() => socket.write('a'), 50);
    const started = performance.now();
    try {
      expect(await outcome()).to.equal('BODY_INCOMPLETE');
    } finally {
      clearInterval(drip);
    }
    expect(performance.now() - started).to.be.lessThan(timeoutMs * 5);
  });

  it('is refused when others take the room, and taken when they have left', async () => {
    expect(meter.take(1)).to.equal(true);
    await send([`Content-Length: ${bytesMax}`], 'a'.repeat(bytesMax));
    expect(await outcome()).to.equal('BUSY');
    meter.give(1);
    for (let n = 0; n < 3; n += 1) {
      outcomes = [];
      const socket = await send([`Content-Length: ${bytesMax}`], 'a'.repeat(bytesMax));
      expect(await outcome(), 'what was answered takes no room').to.equal(bytesMax);
      await once(socket, 'data');
      await roomIs(bytesMax);
    }
  });

  it('gives its room back when the peer goes away in the middle', async () => {
    const socket = await send(['Content-Length: 900'], 'a'.repeat(500));
    await roomIs(bytesMax - 500);
    socket.destroy();
    expect(await outcome()).to.equal('BODY_INCOMPLETE');
    await roomIs(bytesMax);
  });

  /** Waits until so many bytes are free. */
  async function roomIs(bytes: number): Promise<void> {
    for (;;) {
      const more = meter.take(bytes + 1);
      if (more) meter.give(bytes + 1);
      const fits = meter.take(bytes);
      if (fits) meter.give(bytes);
      if (fits && !more) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  it('is refused compressed: what it would grow to is not known', async () => {
    await send(['Content-Encoding: gzip', 'Content-Length: 3'], 'abc');
    expect(await outcome()).to.equal('CONTENT_TYPE_UNSUPPORTED');
  });
});
