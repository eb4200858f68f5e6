import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Page = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A web server in the process of the test, whose pages may change while it runs. */
export class WebServer {
  readonly pages = new Map<string, Page>();
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = [];
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    this.asked.push(path);
    const page = this.pages.get(path);
    if (page === undefined) response.writeHead(404).end();
    else page(request, response);
  });

  static async start(): Promise<WebServer> {
    const web = new WebServer();
    await new Promise<void>((resolve) => web.#server.listen(0, '127.0.0.1', resolve));
    return web;
  }

  /** host:port */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The address of a path that gives these octets. */
  give(path: string, octets: Uint8Array): string {
    return this.page(path, (_, response) => response.end(octets));
  }

  page(path: string, page: Page): string {
    this.pages.set(path, page);
    return `http://${this.host}${path}`;
  }

  /** The address of a path that hands questions on to another server. */
  handOn(path: string, url: string): string {
    return this.page(path, async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const headers = { 'content-type': request.headers['content-type'] ?? '' };
      const answer = await fetch(url, { method: 'POST', headers, body: Buffer.concat(parts) });
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    });
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
