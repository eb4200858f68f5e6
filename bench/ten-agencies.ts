// Ten agencies in a process of their own, each a REST service on a port of its own that answers every
// request after a while. The parent says how each behaves.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { namespaceOf } from './ten-types.ts';

/** alive answers after 20–60 ms, quick at once; dead ones hang or refuse the connection. */
export type Mood = 'alive' | 'quick' | 'hangs' | 'refuses';

/** What the parent says; answered by the index when it is so. */
export interface Say {
  readonly index: number;
  readonly mood: Mood;
}

class TestAgency {
  readonly #index: number;
  #mood: Mood = 'alive';
  #port = 0;
  #server: Server | undefined;

  constructor(index: number) {
    this.#index = index;
  }

  async become(mood: Mood): Promise<number> {
    const was = this.#mood;
    this.#mood = mood;
    // What hangs is cut off when the agency comes back, or is gone.
    if (was === 'hangs') this.#server?.closeAllConnections();
    if (mood === 'refuses') await this.#close();
    else if (this.#server === undefined) await this.#listen();
    return this.#port;
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => server?.close(resolve));
    server?.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    if (this.#mood === 'hangs') return;
    if (this.#mood === 'alive') await wait(latencyMs(String(request.headers['idempotency-key'])));
    response.writeHead(200, { 'Content-Type': 'application/xml' });
    response.end(
      `<p:PaymentStatusResponse xmlns:p="${namespaceOf(this.#index)}"><p:PaymentNumber>12345` +
        '</p:PaymentNumber><p:Status>paid</p:Status></p:PaymentStatusResponse>',
    );
  }
}

/** 20 to 60 ms, by the key alone. */
function latencyMs(key: string): number {
  const drawn = createHash('sha256').update(`agencies\n${key}`).digest().readUInt32BE(0);
  return 20 + (40 * drawn) / 2 ** 32;
}

const count = Number(process.argv[2]);
const agencies = Array.from({ length: count }, (_, index) => new TestAgency(index));
process.on('message', ({ index, mood }: Say) => {
  void agencies[index]?.become(mood).then(() => process.send?.(index));
});
process.on('disconnect', () => process.exit());
process.send?.(await Promise.all(agencies.map((each) => each.become('alive'))));
