import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { paymentNamespace } from './content.ts';

/**
 * How the agency answers a POST:
 * - answer: 200 with the answer;
 * - hang: it does what is asked, and never answers;
 * - callback, late: 202, and the answer by callback after 50 ms, or after `lateMs`;
 * - twice: 202, and the answer by callback two times at once;
 * - garbage: 200 with bytes that are no answer: no XML, another root, nothing, XML cut off;
 * - refuse: 503 and nothing is done; or it is done and the connection breaks before the answer;
 * - mixed: one of these, but for garbage, by key and how often it was posted: whoever tries again
 *   comes through.
 */
export type Behaviour = (typeof behaviours)[number] | 'mixed';
const behaviours = ['answer', 'hang', 'callback', 'late', 'twice', 'refuse', 'garbage'] as const;
const mixable = behaviours.filter((each) => each !== 'garbage');

export interface Effect {
  /** How often it was done; an agency that knows its keys does it once. */
  readonly count: number;
  /** ms UTC */
  readonly first: number;
}

/** A REST agency of the type payment-status; it runs in the process of the test, outside every node. */
export interface Agency {
  /** Where to post the business content, with Idempotency-Key. */
  readonly url: string;
  readonly port: number;
  /** What it did, by Idempotency-Key. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** POSTs in all, also those that it refused. */
  readonly requests: number;
  /** POSTs of a key whose effect was done before: the stored answer is given again. */
  readonly repeats: number;
  /** POSTs of a known key with another body: 422. */
  readonly conflicts: number;
  /** POSTs without a key: 400. */
  readonly keyless: number;
  /** HTTP statuses that callbacks were answered with, how often each; 0 for no answer. */
  readonly callbacks: ReadonlyMap<number, number>;
  /** From now on; of the keys, `share` behave so and the rest `answer`, chosen by the seed. */
  behave(behaviour: Behaviour, share?: number, seed?: string): void;
  /** Delay of the callback of `late`, ms; 500 at first. */
  lateMs: number;
  stop(): Promise<void>;
}

const callbackHeader = 'x-mezhved-callback';
const bodyBytesMax = 1024 * 1024;

interface Stored {
  readonly body: string;
  readonly answer: string;
}

class RestAgency implements Agency {
  readonly effects = new Map<string, Effect>();
  readonly callbacks = new Map<number, number>();
  requests = 0;
  repeats = 0;
  conflicts = 0;
  keyless = 0;
  lateMs = 500;
  readonly #stored = new Map<string, Stored>();
  /** How often each key was posted, also while it was refused. */
  readonly #posts = new Map<string, number>();
  /** Keys whose answers are on their way by callback. */
  readonly #calling = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #server = createServer((request, response) => {
    // A peer that was killed is nothing to the agency.
    this.#serve(request, response).catch(() => response.destroy());
  });
  #behaviour: Behaviour = 'answer';
  #share = 1;
  #seed = 'agency';

  async listen(): Promise<void> {
    // Each callback that is under way listens.
    setMaxListeners(0, this.#stopping.signal);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/payments`;
  }

  behave(behaviour: Behaviour, share = 1, seed = 'agency'): void {
    this.#behaviour = behaviour;
    this.#share = share;
    this.#seed = seed;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') return reply(response, 200, 'text/plain', 'ready');
    this.requests += 1;
    const body = await bodyOf(request);
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || key === '') {
      this.keyless += 1;
      return reply(response, 400, 'text/plain', 'Idempotency-Key?');
    }
    const posts = (this.#posts.get(key) ?? 0) + 1;
    this.#posts.set(key, posts);
    const behaviour = this.#choose(key, posts);
    if (behaviour === 'refuse' && this.#luck(key, 'before', posts) < 0.5) {
      response.setHeader('Retry-After', '0');
      return reply(response, 503, 'text/plain', 'not now');
    }
    const stored = this.#act(key, body);
    if (stored === undefined) return reply(response, 422, 'text/plain', 'another body');
    const callback = request.headers[callbackHeader];
    await this.#answer(response, behaviour, key, stored, String(callback ?? ''));
  }

  /** The effect, done once a key; undefined where the key is known with another body. */
  #act(key: string, body: string): Stored | undefined {
    const known = this.#stored.get(key);
    if (known === undefined) {
      const stored = { body, answer: answerTo(key, body) };
      this.#stored.set(key, stored);
      this.effects.set(key, { count: 1, first: Date.now() });
      return stored;
    }
    if (known.body !== body) {
      this.conflicts += 1;
      return undefined;
    }
    this.repeats += 1;
    return known;
  }

  async #answer(
    response: ServerResponse,
    behaviour: Behaviour,
    key: string,
    { answer }: Stored,
    callback: string,
  ): Promise<void> {
    switch (behaviour) {
      case 'hang':
        return;
      case 'refuse':
        response.destroy();
        return;
      case 'garbage':
        return reply(response, 200, 'application/xml', this.#garbage(key, answer));
      case 'callback':
      case 'late':
      case 'twice': {
        // Whoever gave no address gets the answer at once.
        if (callback === '') break;
        reply(response, 202, 'text/plain', '');
        const delay = behaviour === 'late' ? this.lateMs : 50;
        const times = behaviour === 'twice' ? 2 : 1;
        // It minds its answer already: a reminder is no reason to call more often.
        if (this.#calling.has(key)) return;
        this.#calling.add(key);
        const calls = Array.from({ length: times }, () => this.#callBack(callback, answer, delay));
        await Promise.all(calls);
        this.#calling.delete(key);
        return;
      }
      default:
    }
    reply(response, 200, 'application/xml', answer);
  }

  /** Posts the answer until it is taken or refused for good, as an agency that minds does. */
  async #callBack(url: string, answer: string, delayMs: number): Promise<void> {
    const { signal } = this.#stopping;
    let pause = delayMs;
    for (let attempt = 0; attempt < 60 && !signal.aborted; attempt += 1) {
      await wait(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const status = await postXml(url, answer, signal);
      this.callbacks.set(status, (this.callbacks.get(status) ?? 0) + 1);
      if (status >= 200 && status < 500 && status !== 429) return;
      pause = Math.min(100 * 2 ** attempt, 1000);
    }
  }

  #choose(key: string, posts: number): Behaviour {
    if (this.#luck(key, 'share', 0) >= this.#share) return 'answer';
    if (this.#behaviour !== 'mixed') return this.#behaviour;
    return mixable[Math.floor(this.#luck(key, 'mixed', posts) * mixable.length)] ?? 'answer';
  }

  #garbage(key: string, answer: string): string {
    const kinds = [
      'Ошибка 42: no XML at all',
      '<html><body>Service page</body></html>',
      '',
      answer.slice(0, answer.length / 2),
      answer.replace(/<p:Status>[^<]*</, '<p:Status>nonsense<'),
    ];
    return kinds[Math.floor(this.#luck(key, 'garbage', 0) * kinds.length)] ?? '';
  }

  /** A number in [0, 1) that the seed and these words alone decide. */
  #luck(key: string, word: string, posts: number): number {
    const text = `${this.#seed}\n${key}\n${word}\n${posts}`;
    return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
  }
}

export async function startAgency(): Promise<Agency> {
  const agency = new RestAgency();
  await agency.listen();
  return agency;
}

function answerTo(key: string, body: string): string {
  const number = /<(?:[\w.-]+:)?PaymentNumber>([^<]*)</.exec(body)?.[1] ?? '';
  const all = ['paid', 'pending', 'returned'];
  const status = all[createHash('sha256').update(key).digest().readUInt8(0) % all.length];
  return (
    `<p:PaymentStatusResponse xmlns:p="${paymentNamespace}"><p:PaymentNumber>${number}` +
    `</p:PaymentNumber><p:Status>${status}</p:Status></p:PaymentStatusResponse>`
  );
}

async function postXml(url: string, body: string, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/xml' },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new Error('the body is larger than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type });
  response.end(body);
}
