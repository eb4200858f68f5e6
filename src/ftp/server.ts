import { createServer, type Server, type Socket } from 'node:net';
import { networkOf, plainAddress } from './addresses.ts';
import { Lockout } from './lockout.ts';
import { replies, replyText } from './replies.ts';
import { Session } from './session.ts';
import type { FtpParts, FtpSettings, FtpTls } from './settings.ts';
import type { FtpService } from './state.ts';
import { secureContextOf } from './tls.ts';

/** Connections beyond the limit that are being told so; more are dropped without a word. */
const surplusMax = 50;
const refusalMs = 1000;

/**
 * An FTP server: RFC 959 in passive mode, with explicit TLS (RFC 4217), extended passive mode (RFC 2428)
 * and the extensions of RFC 3659. What users may do and where octets go is behind its host.
 */
export interface FtpServer {
  readonly port: number;
  /**
   * Has new control connections see another certificate; those under TLS, and their data connections, keep
   * theirs. Where TLS is off nothing changes.
   *
   * @throws where key and certificate cannot be used
   */
  renewTls(pair: Pick<Extract<FtpTls, { key: string }>, 'key' | 'certificate'>): void;
  /**
   * Takes no connections any more, ends those that are idle with 421, lets the others end what they are
   * at, and after the time ends all. Uploads that are cut off are aborted before it resolves.
   */
  close(withinMs: number): Promise<void>;
}

/** @throws where the port is not free, or key and certificate cannot be used */
export async function startFtpServer(parts: FtpParts, settings: FtpSettings): Promise<FtpServer> {
  const service: FtpService = {
    parts,
    settings,
    lockout: new Lockout(settings.limits.lockout),
    context: secureContextOf(settings.tls),
  };
  const connections = new Connections(service);
  const server = createServer({ noDelay: true, keepAlive: true });
  server.maxConnections = settings.limits.connectionsMax + surplusMax;
  server.on('connection', (socket: Socket) => connections.came(socket));
  const port = await listen(server, settings);
  return {
    port,
    renewTls: (pair) => {
      const { mode } = settings.tls;
      if (mode !== 'off') service.context = secureContextOf({ mode, ...pair });
    },
    close: async (withinMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await connections.end(withinMs);
      await closed;
    },
  };
}

class Connections {
  readonly #service: FtpService;
  readonly #open = new Map<Session, Promise<void>>();
  readonly #surplus = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();

  constructor(service: FtpService) {
    this.#service = service;
  }

  came(socket: Socket): void {
    const { limits } = this.#service.settings;
    const address = networkOf(plainAddress(socket.remoteAddress));
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#open.size >= limits.connectionsMax || ofAddress >= limits.connectionsPerAddressMax) {
      this.#refuse(socket);
      return;
    }
    this.#perAddress.set(address, ofAddress + 1);
    const session = new Session(socket, this.#service);
    const ended = session
      .run()
      .catch((error) => this.#service.parts.log.error({ err: error }, 'ftp: a session failed'))
      .then(() => this.#left(session, address));
    this.#open.set(session, ended);
  }

  async end(withinMs: number): Promise<void> {
    for (const socket of this.#surplus) socket.destroy();
    for (const session of this.#open.keys()) session.stop();
    const timer = setTimeout(() => {
      for (const session of this.#open.keys()) session.cut();
    }, withinMs);
    await Promise.all(this.#open.values());
    clearTimeout(timer);
  }

  #left(session: Session, address: string): void {
    this.#open.delete(session);
    const others = (this.#perAddress.get(address) ?? 1) - 1;
    if (others > 0) this.#perAddress.set(address, others);
    else this.#perAddress.delete(address);
  }

  #refuse(socket: Socket): void {
    this.#surplus.add(socket);
    const timer = setTimeout(() => socket.destroy(), refusalMs);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#surplus.delete(socket);
    });
    socket.resume();
    socket.end(replyText(replies.tooMany));
  }
}

function listen(server: Server, { host, port }: FtpSettings): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}
