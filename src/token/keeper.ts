import { Worker } from 'node:worker_threads';
import { threadScript } from '../checkout.ts';
import type { Log } from '../log.ts';
import type { TokenSettings } from './cryptoki.ts';
import { TokenFailure } from './failures.ts';
import type { TokenState } from './line.ts';
import { newMailbox, type TokenOrder } from './mailbox.ts';
import type { FromThread, ThreadData, ToThread } from './thread.ts';

interface Asked {
  resolve(value: Buffer): void;
  reject(error: Error): void;
}

const againMs = 1000;

/** The token of a process, from its main thread: what it is doing, and where others ask it to sign. */
export class TokenKeeper {
  /** For the threads that sign. */
  readonly mailbox = newMailbox();
  /** What `proveKeys` need not try again. */
  readonly proven = new Set<string>();
  readonly #settings: TokenSettings;
  readonly #log: Log;
  readonly #asked = new Map<number, Asked>();
  /** undefined between the end of one and the start of the next. */
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #lastId = 0;
  #state: TokenState | undefined;
  #isClosing = false;
  #began: () => void = () => undefined;

  /**
   * Resolves once the library of the token answers.
   *
   * @throws TokenFailure where it does not; nothing runs then
   */
  static async open(settings: TokenSettings, log: Log): Promise<TokenKeeper> {
    const keeper = new TokenKeeper(settings, log);
    await new Promise<void>((resolve) => {
      keeper.#began = resolve;
    });
    const state = keeper.#state;
    if (state === undefined || state.state === 'up') return keeper;
    await keeper.close();
    throw new TokenFailure(state.state === 'refused' ? 'pin' : 'gone', state.why);
  }

  private constructor(settings: TokenSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#worker = this.#start();
  }

  get isUp(): boolean {
    return this.#state?.state === 'up';
  }

  /** @throws TokenFailure */
  async sign(order: TokenOrder): Promise<Buffer> {
    const worker = this.#worker;
    if (worker === undefined) throw new TokenFailure('gone', 'thread');
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      worker.postMessage({ id, order } satisfies ToThread);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#worker?.postMessage('close' satisfies ToThread);
    await this.#ended;
  }

  #start(): Worker {
    const worker = new Worker(threadScript('token/thread'), {
      workerData: { mailbox: this.mailbox, settings: this.#settings } satisfies ThreadData,
    });
    worker.on('message', (said: FromThread) => this.#hear(said));
    worker.on('error', (error) => this.#log.error({ why: String(error) }, 'token thread'));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#worker = undefined;
        this.#restart();
        resolve();
      });
    });
    return worker;
  }

  #restart(): void {
    for (const { reject } of this.#asked.values()) reject(new TokenFailure('gone', 'thread'));
    this.#asked.clear();
    if (this.#isClosing) return;
    this.#turn({ state: 'away', why: 'thread' });
    setTimeout(() => {
      if (!this.#isClosing) this.#worker = this.#start();
    }, againMs);
  }

  #hear(said: FromThread): void {
    if ('state' in said) {
      this.#turn(said.state);
      return;
    }
    const asked = this.#asked.get(said.id);
    this.#asked.delete(said.id);
    if ('value' in said) asked?.resolve(Buffer.from(said.value));
    else asked?.reject(new TokenFailure('gone', said.failed));
  }

  #turn(next: TokenState): void {
    const before = this.#state;
    this.#state = next;
    if (!this.#isClosing && before?.state !== next.state) this.#say(next);
    this.#began();
  }

  #say(next: TokenState): void {
    if (next.state === 'up') this.#log.info({}, 'token opened');
    else if (next.state === 'away') this.#log.warn({ why: next.why }, 'token away');
    else this.#log.error({ why: next.why }, 'token refused: nothing more is signed with it');
  }
}
