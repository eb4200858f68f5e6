import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { type Line, LineSplitter } from './lines.ts';
import { type Reply, replyText } from './replies.ts';
import type { FtpLimits } from './settings.ts';
import { secured } from './tls.ts';

/** What came while a command was waited for. */
export type Heard =
  | Line
  | { readonly kind: 'idle' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'stopping'; readonly last: Reply };

/** How long a peer may take to close after the last reply. */
const lingerMs = 1000;

function isAbort(line: Line): boolean {
  return line.kind === 'text' && /^ABOR$/i.test(line.text);
}

/** Lines from the client, one after the other, and replies to it. */
export class ControlConnection {
  #socket: Socket;
  readonly #limits: FtpLimits;
  readonly #lines: LineSplitter;
  readonly #waiting: Line[] = [];
  readonly #gone = new AbortController();
  #last: Reply | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;
  /** ABOR came; it is heard in its turn as well. */
  onAbort: () => void = () => undefined;

  constructor(socket: Socket, limits: FtpLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#lines = new LineSplitter(limits.lineBytesMax);
    this.#listen();
  }

  /** Aborted when the client is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  /** The next line. A line that does not end is no sign of life. */
  async hear(): Promise<Heard> {
    const timer = setTimeout(() => this.#wakeUp(), this.#limits.idleMs);
    try {
      if (this.#nextOf() === undefined) await this.#woken();
      return this.#nextOf() ?? { kind: 'idle' };
    } finally {
      clearTimeout(timer);
      this.#waiting.shift();
      if (this.#waiting.length < this.#limits.commandsAheadMax) this.#socket.resume();
    }
  }

  /** Resolves when the system has it; a client that does not read is idle. */
  async say(reply: Reply): Promise<void> {
    if (this.#gone.signal.aborted || this.#isEnded) return;
    const timer = setTimeout(() => this.destroy(), this.#limits.idleMs);
    await this.#orGone((done) => this.#socket.write(replyText(reply), done));
    clearTimeout(timer);
  }

  /**
   * TLS from here on. What came before it is forgotten: it may be another's, who waits to have it
   * taken for what was said under TLS (CVE-2011-0411).
   */
  async secure(context: SecureContext): Promise<void> {
    const plain = this.#socket;
    this.#forget(plain);
    const socket = await secured(plain, context, this.#limits.loginMs);
    if (socket === undefined) return this.#lost();
    this.#socket = socket;
    this.#listen();
  }

  /** ABOR is among the lines that wait. */
  get hasAbort(): boolean {
    return this.#waiting.some(isAbort);
  }

  /** The lines that wait are dropped, and `hear` says with which reply to end. */
  stop(last: Reply): void {
    this.#last ??= last;
    this.#wakeUp();
  }

  /** The last reply, and the end; the client may read it for a moment. */
  async end(last?: Reply): Promise<void> {
    if (last !== undefined) await this.say(last);
    this.#isEnded = true;
    if (this.#gone.signal.aborted) return;
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.destroy(), lingerMs);
    await this.#orGone(() => undefined);
    clearTimeout(timer);
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#lost();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('error', () => undefined);
    socket.on('data', this.#took);
    socket.on('end', this.#lost);
    socket.on('close', this.#lost);
    if (socket.destroyed) this.#lost();
  }

  #forget(socket: Socket): void {
    socket.off('data', this.#took);
    socket.off('end', this.#lost);
    socket.pause();
    while (socket.read() !== null);
    this.#waiting.length = 0;
    this.#lines.discard();
  }

  readonly #took = (octets: Buffer): void => {
    if (this.#isEnded) return;
    const lines = this.#lines.push(octets);
    if (this.#last === undefined) this.#waiting.push(...lines);
    if (this.#waiting.length > this.#limits.commandsAheadMax) this.#socket.pause();
    if (lines.some(isAbort)) this.onAbort();
    if (lines.length > 0) this.#wakeUp();
  };

  #nextOf(): Heard | undefined {
    if (this.#gone.signal.aborted) return { kind: 'gone' };
    return this.#last === undefined ? this.#waiting[0] : { kind: 'stopping', last: this.#last };
  }

  readonly #lost = (): void => {
    this.#gone.abort();
    this.#wakeUp();
  };

  /** Until it is done, or the client is gone. */
  #orGone(begin: (done: () => void) => void): Promise<void> {
    const { signal } = this.#gone;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      begin(done);
    });
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  #wakeUp(): void {
    this.#wake?.();
  }
}
