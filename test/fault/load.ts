import { setTimeout as wait } from 'node:timers/promises';
import { sendRequestCall } from '../../src/smev/calls.ts';
import {
  type Answer,
  Client,
  freshMessageId,
  polledResponse,
  sandboxSigner,
} from '../harness/client.ts';
import { paymentRequest } from '../harness/content.ts';
import type { Chance } from './chance.ts';

const version = '1.3';
const signer = sandboxSigner('agency-a', 'ec');

/** A request as it was signed once: every attempt posts the same bytes. */
export interface SignedRequest {
  readonly messageId: string;
  readonly bytes: string;
}

/** @param at the sender's clock, ms UTC */
export function signedRequest(content = paymentRequest(), at = Date.now()): SignedRequest {
  const messageId = freshMessageId(at);
  const call = sendRequestCall(version, { messageId, content });
  return { messageId, bytes: new Client('', version, signer).sign(call) };
}

/** The information system of agency-a: it sends, and asks for answers, until it has what it wants. */
export class Load {
  readonly #urls: readonly string[];
  readonly #chance: Chance;
  /** Answers by the MessageID of their request: the MessageIDs of the answers that came. */
  readonly answers = new Map<string, Set<string>>();
  /** Faults that ended no patience, by code. */
  readonly setbacks = new Map<string, number>();
  /** As the last refusal had it. */
  retryAfter: string | undefined;
  /** How far this system's clock is ahead of the true one, ms. */
  clockAheadMs = 0;
  /** Codes after which it tries again; by the table of faults, and what a test adds. */
  readonly passing = new Set(['HTTP none', 'BUSY', 'INTERNAL', 'QUEUE_FULL']);
  #over = false;

  constructor(urls: readonly string[], chance: Chance) {
    this.#urls = urls;
    this.#chance = chance;
  }

  /** Sends so many requests, so many at once; resolves when each has its acknowledgement. */
  async send(count: number, atOnce = 16): Promise<string[]> {
    const ids: string[] = [];
    let left = count;
    const sender = async () => {
      while (left > 0) {
        left -= 1;
        const request = signedRequest();
        await this.post(request);
        ids.push(request.messageId);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    return ids;
  }

  /**
   * Sends until it has had enough; the requests that were acknowledged, and those that were under way:
   * each is posted until it is acknowledged or nobody wants it any more.
   */
  async sendUntil(enough: () => boolean, atOnce = 8): Promise<string[]> {
    const ids: string[] = [];
    const sender = async () => {
      while (!enough()) {
        const request = signedRequest();
        const answer = await this.#untilAnswered(
          (client) => client.post(request.bytes, 'SendRequest'),
          [],
          enough,
        );
        if (answer !== undefined) ids.push(request.messageId);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
    return ids;
  }

  /** Posts the same bytes, to one node and another, until one acknowledges them. */
  async post({ bytes }: SignedRequest): Promise<void> {
    await this.#untilAnswered((client) => client.post(bytes, 'SendRequest'));
  }

  /** Asks and acknowledges until every request has an answer, and a while longer. */
  async takeAnswers(ids: readonly string[], quietMs: number): Promise<void> {
    const wanted = new Set(ids);
    const reader = async () => {
      while (!this.#over) {
        const polled = await this.#untilAnswered((client) =>
          client.poll('GetResponse', { at: Date.now() + this.clockAheadMs }),
        );
        const response = polled && polledResponse(polled);
        if (response === undefined) {
          await wait(100);
          continue;
        }
        const known = this.answers.get(response.originalMessageId ?? '') ?? new Set();
        this.answers.set(response.originalMessageId ?? '', known.add(response.messageId));
        wanted.delete(response.originalMessageId ?? '');
        // Where the lease ran out meanwhile, it comes again.
        await this.#untilAnswered(
          (client) => client.ack(response.messageId),
          ['ACK_TARGET_UNKNOWN'],
        );
      }
    };
    const readers = Promise.all(Array.from({ length: 6 }, reader));
    while (wanted.size > 0) await Promise.race([wait(100), readers]);
    await wait(quietMs);
    this.#over = true;
    await readers;
  }

  /** So many of the requests have no answer yet. */
  missing(ids: readonly string[]): string[] {
    return ids.filter((id) => !this.answers.has(id));
  }

  /** Requests with more than one answer. */
  doubled(): string[] {
    return [...this.answers].filter(([, answers]) => answers.size > 1).map(([id]) => id);
  }

  async #untilAnswered(
    call: (client: Client) => Promise<Answer>,
    fine: readonly string[] = [],
    enough: () => boolean = () => false,
  ): Promise<Answer | undefined> {
    while (!enough()) {
      const url = this.#urls[this.#chance.between(0, this.#urls.length)] ?? '';
      const answer = await call(new Client(url, version, signer)).catch((error: unknown) => {
        // What fetch throws where the connection broke, before or in the answer.
        if (!(error instanceof TypeError)) throw error;
        return undefined;
      });
      if (answer?.code === undefined && answer?.status === 200) return answer;
      const code = answer?.code ?? `HTTP ${answer?.status ?? 'none'}`;
      if (fine.includes(code) && answer !== undefined) return answer;
      this.retryAfter = answer?.headers.get('retry-after') ?? this.retryAfter;
      this.setbacks.set(code, (this.setbacks.get(code) ?? 0) + 1);
      if (!this.passing.has(code)) throw new Error(`the node answers ${code}:\n${answer?.text}`);
      await wait(50);
    }
    return undefined;
  }
}
