import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AgencyRequest } from '../../src/connectors/connector.ts';
import { ConnectorFailure } from '../../src/connectors/failure.ts';

/** What a peer got. */
export interface Got {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Agency {
  readonly url: string;
  readonly got: Got[];
  close(): Promise<void>;
}

export type Behaviour = (response: ServerResponse, got: Got, socket: Socket) => void;

/** A real HTTP service on a free port; with `tls`, an HTTPS one. */
export async function startAgency(behaviour: Behaviour, tls?: ServerOptions): Promise<Agency> {
  const got: Got[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { method = '', url: path = '', headers } = request;
    const each = { method, path, headers, body: Buffer.concat(parts).toString('utf8') };
    got.push(each);
    behaviour(response, each, request.socket);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const port = await listen(server);
  const url = `${tls === undefined ? 'http' : 'https'}://localhost:${port}/service`;
  return { url, got, close: () => closeServer(server) };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** The failure that the work ends in. */
export async function failureOf(work: Promise<unknown>): Promise<ConnectorFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ConnectorFailure) return error;
    throw error;
  }
  return expect.fail('it did not fail');
}

/** A folder of files that is gone after the tests of the block. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'connector-'));
  return {
    folder,
    write: (name: string, text: string | Buffer): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function agencyRequest(
  content: string,
  root: AgencyRequest['root'],
  change: Partial<AgencyRequest> = {},
): AgencyRequest {
  return {
    exchangeId: 'exchange-1',
    messageId: '6a7f3c52-0000-11f1-8000-000000000001',
    messageType: 'a-type',
    sender: 'IS-A',
    eol: undefined,
    test: false,
    attempt: 1,
    root,
    content: Buffer.from(content),
    files: [],
    replyTo: 'reply-token',
    ...change,
  };
}

export const never = new AbortController().signal;
