import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { Refused, type Reply, replies } from './replies.ts';

/** How long a peer may take to close a connection whose octets have all left. */
const lingerMs = 2000;
const partBytes = 64 * 1024;
/** How much later than the data connection of a client that died its control connection may end. */
const deathMs = 20;

/**
 * A connection over which one transfer goes, in one direction. It holds what its socket holds and no more:
 * whoever reads or writes waits for the peer. Each wait ends after `stallMs`.
 */
export class DataConnection {
  readonly #socket: Socket;
  readonly #stallMs: number;
  /** When nothing of it is left. */
  readonly closed: Promise<void>;
  #isClosed = false;
  #isCut = false;
  #sawEnd = false;
  #why: Reply = replies.broken;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, stallMs: number) {
    this.#socket = socket;
    this.#stallMs = stallMs;
    const wake = () => this.#wake?.();
    this.closed = new Promise((resolve) => {
      const closed = () => {
        this.#isClosed = true;
        wake();
        resolve();
      };
      if (socket.destroyed) closed();
      else socket.once('close', closed);
    });
    socket.on('error', () => undefined);
    socket.once('end', () => {
      this.#sawEnd = true;
      wake();
    });
    socket.on('drain', wake);
    socket.once('finish', wake);
  }

  /**
   * What the peer sends, to its clean end.
   *
   * @throws Refused where the connection breaks, stalls or is cut
   */
  async *received(): AsyncGenerator<Buffer, void> {
    this.#socket.on('readable', () => this.#wake?.());
    for (;;) {
      const octets: Buffer | null = this.#socket.read();
      if (octets !== null) yield octets;
      else if (this.#sawEnd) return this.#receivedAll();
      else if (this.#isClosed) throw new Refused(this.#why);
      else await this.#event();
    }
  }

  /**
   * A clean end is the end of the file. The system of a client that died ends both of its connections as
   * cleanly, though: then the upload is not whole.
   */
  async #receivedAll(): Promise<void> {
    this.release();
    await pause(deathMs);
    // What came meanwhile is heard only now, where the process was held up.
    await nextTurn();
    if (this.#isCut) throw new Refused(this.#why);
  }

  /** Resolves when more may be sent. @throws Refused as `received` does */
  async send(octets: Buffer): Promise<void> {
    for (let from = 0; from < octets.byteLength; from += partBytes) {
      if (this.#isClosed) throw new Refused(this.#why);
      this.#socket.write(octets.subarray(from, from + partBytes));
      while (this.#socket.writableNeedDrain) {
        if (this.#isClosed) throw new Refused(this.#why);
        await this.#event();
      }
    }
  }

  /** Only then a peer that hangs up is noticed while octets are sent. */
  beginSending(): void {
    this.#socket.resume();
  }

  /** Ends what is sent; resolves when it has all left. @throws Refused as `received` does */
  async finish(): Promise<void> {
    this.#socket.end();
    while (!this.#socket.writableFinished) {
      if (this.#isClosed) throw new Refused(this.#why);
      await this.#event();
    }
    this.release();
  }

  /** Ends it at once. @param why the transfer ends with this reply */
  cut(why: Reply): void {
    if (!this.#isClosed) this.#why = why;
    this.#isCut = true;
    this.#socket.destroy();
  }

  /** Lets the peer close, for a time: what has left may still be on its way. */
  release(): void {
    if (this.#isClosed) return;
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** Until something happens at the socket. */
  async #event(): Promise<void> {
    const timer = setTimeout(() => this.cut(replies.stalled), this.#stallMs);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    clearTimeout(timer);
  }
}
