import { connect, createServer, type Socket } from 'node:net';

/** A line to a node that keeps what went over it. */
export interface Recorder {
  readonly url: string;
  /** The requests of each connection, as they were sent. */
  requests(): readonly Buffer[];
  /** The last answer. */
  lastAnswer(): Response;
  close(): Promise<void>;
}

/** @param nodeUrl such as http://127.0.0.1:8080 */
export async function startRecorder(nodeUrl: string): Promise<Recorder> {
  const { hostname, port } = new URL(nodeUrl);
  const lines: { readonly sent: Buffer[]; readonly came: Buffer[] }[] = [];
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const line = { sent: [] as Buffer[], came: [] as Buffer[] };
    lines.push(line);
    for (const [from, to, kept] of [
      [near, far, line.sent],
      [far, near, line.came],
    ] as const) {
      open.add(from);
      from.on('data', (chunk: Buffer) => {
        kept.push(chunk);
        to.write(chunk);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => lines.map(({ sent }) => Buffer.concat(sent)),
    lastAnswer: () => {
      const came = lines.map((line) => Buffer.concat(line.came)).filter(({ length }) => length > 0);
      return answerOf(came.at(-1) ?? Buffer.alloc(0));
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The last of the answers of one connection; each has its Content-Length. */
function answerOf(came: Buffer): Response {
  const start = came.lastIndexOf('HTTP/1.1 200');
  const end = came.indexOf('\r\n\r\n', start);
  if (start < 0 || end < 0) throw new Error('nothing was answered with 200');
  const [, ...lines] = came.toString('latin1', start, end).split('\r\n');
  const headers = lines.map((line) => line.split(/: */, 2) as [string, string]);
  return new Response(new Uint8Array(came.subarray(end + 4)), { headers });
}
