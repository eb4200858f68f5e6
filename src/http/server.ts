import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Express } from 'express';

export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headersTimeoutMs: number;
  /** Head and body of a request together. */
  readonly requestTimeoutMs: number;
}

/**
 * An HTTP server whose requests and responses are born with the prototypes that Express would
 * otherwise set on each of them: setting a prototype per request is most of Express's cost
 * (expressjs/express#5998).
 */
export function createHttpServer(app: Express, limits: ServerLimits): Server {
  const server = createServer(
    {
      IncomingMessage: bornAs(IncomingMessage, app.request),
      ServerResponse: bornAs(ServerResponse, app.response),
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 16 * 1024,
    },
    app,
  );
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = 100;
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

/** Stops taking connections and resolves when the open requests are answered, or after the time. */
export function stop(server: Server, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), withinMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
