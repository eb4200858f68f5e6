import { Piscina } from 'piscina';
import { threadScript } from '../checkout.ts';
import { Fault } from '../fault/fault.ts';
import type { Log } from '../log.ts';
import type { Opinion, Question } from './judge-again.ts';
import { type Failed, isFailed } from './pool.ts';

export interface OpinionLimits {
  readonly threads: number;
  /** Questions that may wait for a thread. */
  readonly waitingMax: number;
  /** From the question to its answer, waiting included. */
  readonly withinMs: number;
}

const idleMs = 60_000;

/**
 * Threads of their own for second opinions, which take some twenty-five times as long as the first:
 * they hold up no other message. They start with the first question and end when there are none.
 */
export class OpinionPool {
  readonly #limits: OpinionLimits;
  readonly #pool: Piscina;

  constructor(limits: OpinionLimits, log: Pick<Log, 'error'>) {
    this.#limits = limits;
    this.#pool = new Piscina({
      filename: threadScript('compute/opinion-worker').href,
      minThreads: 0,
      maxThreads: limits.threads,
      idleTimeout: idleMs,
      // The limit on waiting questions is kept below, where it becomes a fault of the protocol.
      maxQueue: limits.waitingMax * 2,
      concurrentTasksPerWorker: 1,
    });
    // A thread that dies without a question has nobody else to tell.
    this.#pool.on('error', (error) => log.error({ why: String(error) }, 'second opinion'));
  }

  /**
   * @throws Fault BUSY when too many wait or the time is over, with which the thread ends; INTERNAL
   *   when the thread died
   */
  async ask(question: Question): Promise<Opinion> {
    if (this.#pool.queueSize >= this.#limits.waitingMax) throw new Fault('BUSY');
    const signal = AbortSignal.timeout(this.#limits.withinMs);
    const outcome: Opinion | Failed = await this.#pool
      .run(question, { signal })
      .catch((cause: unknown) => {
        if (signal.aborted)
          throw new Fault('BUSY', { private: 'no second opinion in time', cause });
        throw new Fault('INTERNAL', { private: `second opinion: ${String(cause)}`, cause });
      });
    if (isFailed(outcome)) throw new Fault(outcome.failed.code, outcome.failed.detail);
    return outcome;
  }

  get waiting(): number {
    return this.#pool.queueSize;
  }

  async close(): Promise<void> {
    await this.#pool.close({ force: true });
  }
}
