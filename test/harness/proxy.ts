import { connect, createServer, type Server, type Socket } from 'node:net';
import { lastingPort } from './guarded.ts';

/** A TCP proxy on a port of 127.0.0.1 whose line can be cut. */
export interface Line {
  readonly port: number;
  /** Connections that are open through it. */
  readonly connections: number;
  /** Breaks every connection, and refuses new ones. */
  cut(): Promise<void>;
  /** Keeps what is open and accepts what comes, and forwards nothing either way. */
  hang(): void;
  /** Forwards again. What came while it hung is sent on; what was cut stays broken. */
  mend(): Promise<void>;
  stop(): Promise<void>;
}

/** @param host where the target listens */
export async function startProxy(targetPort: number, host = '127.0.0.1'): Promise<Line> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let hanging = false;
  const server = createServer((near) => {
    const far = connect(targetPort, host);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!hanging) from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (hanging) stall(pair);
  });
  const port = await lastingPort();
  await listen(server, port);
  const cut = async () => {
    const closed = server.listening
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined;
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    await closed;
  };
  return {
    port,
    get connections() {
      return pairs.size;
    },
    cut,
    hang: () => {
      hanging = true;
      for (const pair of pairs) stall(pair);
    },
    mend: async () => {
      hanging = false;
      for (const [near, far] of pairs) {
        near.resume();
        far.resume();
      }
      if (!server.listening) await listen(server, port);
    },
    stop: cut,
  };
}

function stall([near, far]: readonly [Socket, Socket]): void {
  near.pause();
  far.pause();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
