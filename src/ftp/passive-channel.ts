import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from './addresses.ts';
import { Refused, replies } from './replies.ts';
import type { FtpParts, FtpSettings } from './settings.ts';

export interface PassiveRules {
  readonly ports: FtpSettings['passivePorts'];
  readonly pick: FtpParts['pick'];
  /** From opening to the connection. */
  readonly openMs: number;
}

type Arrival = { readonly socket: Socket } | { readonly refused: Refused };

/**
 * A port that waits for one connection of one address. What comes from another address ends it, so that
 * nobody takes a place in the transfer of another.
 */
export class PassiveChannel {
  readonly port: number;
  readonly #server: Server;
  readonly #peer: string;
  readonly #timer: NodeJS.Timeout;
  #arrival: Arrival | undefined;
  #waiting: ((arrival: Arrival) => void) | undefined;
  #taken = false;

  /**
   * @param local where to listen: the address at which the client reached the node
   * @param peer the only address that may connect
   * @throws Refused where no port is free
   */
  static async open(local: string, peer: string, rules: PassiveRules): Promise<PassiveChannel> {
    // A client that ends its own side at once still gets its download.
    const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true });
    const port = await listenInRange(server, local, rules);
    return new PassiveChannel(server, port, peer, rules.openMs);
  }

  private constructor(server: Server, port: number, peer: string, openMs: number) {
    this.#server = server;
    this.port = port;
    this.#peer = peer;
    server.on('connection', (socket: Socket) => this.#came(socket));
    server.on('error', () => this.#settle({ refused: new Refused(replies.noConnection) }));
    this.#timer = setTimeout(
      () => this.#settle({ refused: new Refused(replies.noConnection) }),
      openMs,
    );
  }

  /** The connection, paused. Once; whoever takes it closes it. @throws Refused */
  async take(signal: AbortSignal): Promise<Socket> {
    this.#taken = true;
    const aborted = () => this.#settle({ refused: new Refused(replies.aborted) });
    signal.addEventListener('abort', aborted, { once: true });
    try {
      if (signal.aborted) aborted();
      const arrival = this.#arrival ?? (await this.#next());
      if ('refused' in arrival) throw arrival.refused;
      if (arrival.socket.destroyed) throw new Refused(replies.noConnection);
      return arrival.socket;
    } finally {
      signal.removeEventListener('abort', aborted);
    }
  }

  /** Closes the port, and the connection where nobody took it. */
  close(): void {
    this.#settle({ refused: new Refused(replies.noConnection) });
    if (!this.#taken && this.#arrival !== undefined && 'socket' in this.#arrival) {
      this.#arrival.socket.destroy();
    }
  }

  #next(): Promise<Arrival> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #came(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#arrival !== undefined) {
      socket.destroy();
    } else if (plainAddress(socket.remoteAddress) !== this.#peer) {
      socket.destroy();
      this.#settle({ refused: new Refused(replies.wrongPeer) });
    } else {
      this.#settle({ socket });
    }
  }

  #settle(arrival: Arrival): void {
    if (this.#arrival !== undefined) return;
    this.#arrival = arrival;
    clearTimeout(this.#timer);
    this.#server.close();
    this.#waiting?.(arrival);
  }
}

async function listenInRange(server: Server, host: string, rules: PassiveRules): Promise<number> {
  const { from, to } = rules.ports;
  const span = to - from + 1;
  const start = from === 0 ? 0 : rules.pick(span);
  for (let tried = 0; tried < span; tried += 1) {
    const port = from + ((start + tried) % span);
    const failed = await listen(server, host, port);
    if (failed === undefined) {
      const address = server.address();
      return address !== null && typeof address === 'object' ? address.port : port;
    }
    if (failed !== 'EADDRINUSE') break;
  }
  throw new Refused(replies.noPort);
}

/** @returns the code of the failure */
function listen(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? '');
    server.once('error', failed);
    server.listen({ host, port, backlog: 1, exclusive: true }, () => {
      server.off('error', failed);
      resolve(undefined);
    });
  });
}
