import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { password, user } from './folder-host.ts';

/** Speaks to a server by the byte. */
export class RawClient {
  #socket: Socket;
  #text = '';
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connected and greeted. */
  static async connect(
    port: number,
    { host = '127.0.0.1', from }: { readonly host?: string; readonly from?: string } = {},
  ): Promise<RawClient> {
    const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  static async loggedIn(port: number, at: { host?: string; from?: string } = {}) {
    const client = await RawClient.connect(port, at);
    await client.reply();
    await client.login();
    return client;
  }

  /** @returns the reply to PASS */
  async login(name = user, secret = password): Promise<string> {
    await this.ask(`USER ${name}`);
    return this.ask(`PASS ${secret}`);
  }

  send(octets: string | Buffer): void {
    this.#socket.write(octets);
  }

  async ask(line: string): Promise<string> {
    this.send(`${line}\r\n`);
    return this.reply();
  }

  /** The next reply, all its lines; '' where the server has closed. */
  async reply(): Promise<string> {
    for (;;) {
      const found = /^(\d{3})(?: .*|-[\s\S]*?\r\n\1 .*)\r\n/.exec(this.#text);
      if (found !== null) {
        this.#text = this.#text.slice(found[0].length);
        return found[0].trimEnd();
      }
      if (this.#closed) return '';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async code(line: string): Promise<number> {
    return Number((await this.ask(line)).slice(0, 3));
  }

  /** The port that EPSV gives. */
  async passive(): Promise<number> {
    return Number(/\|\|\|(\d+)\|/.exec(await this.ask('EPSV'))?.[1]);
  }

  /** A data connection to the port that EPSV gives. */
  async data(from?: string): Promise<Socket> {
    return opened(await this.passive(), from);
  }

  async secure(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connectTls({ ...options, socket: this.#socket });
    this.#socket.removeAllListeners('data');
    this.#socket = socket;
    this.#listen();
    await once(socket, 'secureConnect');
    return socket;
  }

  /** Resolves when the server has closed. */
  async closed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** Until writing fails; for one that does not read. */
  async gone(): Promise<void> {
    while (!this.#socket.destroyed) {
      this.#socket.write('NOOP\r\n');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('error', () => undefined);
    socket.on('data', (octets: Buffer) => {
      this.#text += octets.toString();
      this.#wake();
    });
    socket.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }
}

/** A connection to a port of the node, from an address of this machine. */
export async function opened(port: number, from?: string, host = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything to the clean end. */
export async function allOf(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on('data', (octets: Buffer) => parts.push(octets));
  await once(socket, 'end');
  return Buffer.concat(parts);
}
