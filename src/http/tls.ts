import type { Server as HttpServer } from 'node:http';
import { Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type TlsPair, tlsRules } from '../pki/tls-pair.ts';

/** What a port under TLS shows, and what it wants to see of its clients. */
export interface HttpTls {
  readonly pair: TlsPair;
  readonly clientAuth: 'none' | 'optional' | 'required';
}

/** After this a client does the whole handshake, and shows its certificate, again. */
const sessionSeconds = 300;

/** @param handshakeMs from the connection to the end of its handshake */
export function httpsOptions({ pair, clientAuth }: HttpTls, handshakeMs: number): ServerOptions {
  return {
    ...contextOptions(pair),
    ALPNProtocols: ['http/1.1'],
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'required',
    handshakeTimeout: handshakeMs,
  };
}

/**
 * Has new handshakes see another pair; connections that are open go on. The context is a new one with
 * ticket keys of its own: an old session is not resumed, and its client does a whole handshake.
 */
export function renewTls(server: HttpServer, pair: TlsPair): void {
  if (server instanceof Server) server.setSecureContext(contextOptions(pair));
}

function contextOptions({ key, certificate, clientCa }: TlsPair) {
  return {
    ...tlsRules,
    key,
    cert: certificate,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
    sessionTimeout: sessionSeconds,
  };
}

/** Who need not show a certificate must not show one that nobody vouches for. */
export function refuseUnknownClients(server: Server): void {
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) socket.destroy();
  });
}

/** Connections whose handshake is not done: the HTTP server does not know them yet. */
export class Handshakes {
  readonly #sockets = new Map<string, Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const name = nameOf(socket);
      this.#sockets.set(name, socket);
      socket.once('close', () => this.#forget(name, socket));
    });
    server.on('secureConnection', (socket: TLSSocket) => this.#sockets.delete(nameOf(socket)));
  }

  /** Ends them: none has asked for anything. */
  cut(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #forget(name: string, socket: Socket): void {
    if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
