import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Express } from 'express';
import { Handshakes, type HttpTls, httpsOptions, refuseUnknownClients } from './tls.ts';

export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headersTimeoutMs: number;
  /** Head and body of a request together. */
  readonly requestTimeoutMs: number;
}

/** Answers that are not sent whole. */
const openAnswers = new WeakMap<Server, Set<ServerResponse>>();
const openHandshakes = new WeakMap<Server, Handshakes>();

/**
 * An HTTP server whose requests and responses are born with the prototypes that Express would
 * otherwise set on each of them: setting a prototype per request is most of Express's cost
 * (expressjs/express#5998).
 *
 * @param tls HTTPS alone where it is given
 * @throws where the pair cannot be used
 */
export function createHttpServer(app: Express, limits: ServerLimits, tls?: HttpTls): Server {
  const options = {
    IncomingMessage: bornAs(IncomingMessage, app.request),
    ServerResponse: bornAs(ServerResponse, app.response),
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 16 * 1024,
  };
  const server =
    tls === undefined
      ? createServer(options)
      : createTlsServer({ ...options, ...httpsOptions(tls, limits.headersTimeoutMs) });
  if (server instanceof TlsServer) {
    openHandshakes.set(server, new Handshakes(server));
    if (tls?.clientAuth === 'optional') refuseUnknownClients(server);
  }
  const open = new Set<ServerResponse>();
  server.on('request', (_, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    if (!server.listening) response.shouldKeepAlive = false;
  });
  openAnswers.set(server, open);
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = 100;
  server.on('request', app);
  return server;
}

function bornAs<T extends typeof IncomingMessage | typeof ServerResponse>(
  base: T,
  prototype: object,
): T {
  function born(...args: unknown[]) {
    return Reflect.construct(base, args, new.target);
  }
  born.prototype = prototype;
  return Object.setPrototypeOf(born, base);
}

/** Listens on host and port (0: any free one) and resolves with the port. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

const idleLookMs = 200;

/**
 * Stops taking connections and resolves when the open requests are answered, or after the time. A
 * caller that keeps its connection is told with its answer that it is closed: it neither keeps the
 * process from ending nor is cut off in its next call.
 */
export function stop(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), withinMs);
    // Those whose answer had begun already become idle later.
    const look = setInterval(() => server.closeIdleConnections(), idleLookMs);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(look);
      resolve();
    });
    for (const answer of openAnswers.get(server) ?? []) answer.shouldKeepAlive = false;
    openHandshakes.get(server)?.cut();
    server.closeIdleConnections();
  });
}
