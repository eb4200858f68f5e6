// SendRequest to signed durable acknowledgement over HTTP: Mezhved beside a naive stack, in turn.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { sendRequestCall } from '../src/smev/calls.ts';
import { Client, freshMessageId, sandboxSigner } from '../test/harness/client.ts';
import { birthRequest } from '../test/harness/content.ts';
import { checkout, startNode, temporaryFolder } from '../test/harness/node.ts';
import { freshPostgres } from '../test/harness/postgres.ts';
import { cpuOf } from './installation.ts';
import { load } from './load.ts';

type Kind = 'rsa' | 'ec';

/** One server under test: where it listens and how much CPU it has used so far, in seconds. */
interface Server {
  readonly name: string;
  readonly url: string;
  readonly messages: number;
  cpu(): number;
  stop(): Promise<void>;
}

export interface AcceptOptions {
  readonly rounds: number;
  readonly messages: number;
  readonly naiveMessages: number;
  readonly inFlight: number;
}

/** Runs every combination and prints a table; returns the median ratio to the naive stack by row. */
export async function accept(options: AcceptOptions): Promise<Map<string, number>> {
  const ratios = new Map<string, number>();
  process.stdout.write(
    `accept: SendRequest → signed, durable acknowledgement; ${sizeOf()} bytes a message, ` +
      `${options.inFlight} in flight, ${options.rounds} rounds in turn\n\n` +
      'keys   store       Mezhved/s   naive/s    ratio   Mezhved CPU ms   naive CPU ms\n',
  );
  for (const kind of ['rsa', 'ec'] as const) {
    for (const store of ['sqlite', 'postgres'] as const) {
      const row = await measure(kind, store, options);
      if (row === undefined) continue;
      ratios.set(`${kind} ${store}`, row.ratio);
      const cells = [row.ours, row.naive, row.ratio].map((n) => n.toFixed(1).padStart(9));
      const cpu = [row.oursCpu, row.naiveCpu].map((n) => n.toFixed(2).padStart(13));
      process.stdout.write(
        `${kind.padEnd(6)} ${store.padEnd(9)} ${cells.join(' ')} ${cpu.join(' ')}\n`,
      );
    }
  }
  return ratios;
}

/** Business content of the sandbox, filled up to a message of about 3 KB. */
function content(): string {
  return birthRequest('Запись для замера '.repeat(10).slice(0, 160));
}

function sizeOf(): number {
  return Buffer.byteLength(presign('rsa', 1)[0] ?? '');
}

/** Signed beforehand: the client's signing must not be measured. */
function presign(kind: Kind, count: number): string[] {
  const client = new Client('', '1.2', sandboxSigner('agency-a', kind));
  return Array.from({ length: count }, () =>
    client.sign(sendRequestCall('1.2', { messageId: freshMessageId(), content: content() })),
  );
}

async function measure(kind: Kind, store: 'sqlite' | 'postgres', options: AcceptOptions) {
  const database = store === 'postgres' ? await freshPostgres() : undefined;
  if (store === 'postgres' && database === undefined) {
    process.stdout.write(
      `${kind.padEnd(6)} postgres  SKIPPED: no PostgreSQL server binaries (Debian: postgresql)\n`,
    );
    return undefined;
  }
  const folder = await temporaryFolder();
  const ours = await startOurs(folder.path, database?.url, options.messages);
  const naive = await startNaive(kind, folder.path, options.naiveMessages);
  const rows = {
    ours: [] as number[],
    naive: [] as number[],
    oursCpu: [] as number[],
    naiveCpu: [] as number[],
  };
  try {
    await round(naive, kind, 8, options.inFlight);
    await round(ours, kind, 200, options.inFlight);
    for (let n = 0; n < options.rounds; n += 1) {
      const a = await round(ours, kind, ours.messages, options.inFlight);
      const b = await round(naive, kind, naive.messages, 4);
      rows.ours.push(a.rate);
      rows.oursCpu.push(a.cpuMs);
      rows.naive.push(b.rate);
      rows.naiveCpu.push(b.cpuMs);
    }
  } finally {
    await ours.stop();
    await naive.stop();
    await folder.remove();
    await database?.drop();
  }
  const ratio = median(rows.ours.map((rate, n) => rate / (rows.naive[n] ?? Number.NaN)));
  return {
    ours: median(rows.ours),
    naive: median(rows.naive),
    oursCpu: median(rows.oursCpu),
    naiveCpu: median(rows.naiveCpu),
    ratio,
  };
}

async function round(server: Server, kind: Kind, count: number, inFlight: number) {
  const messages = presign(kind, count);
  const before = server.cpu();
  const { sent, failed, seconds } = await load(server.url, messages, inFlight);
  if (failed > 0) throw new Error(`${server.name}: ${failed} of ${sent} messages were refused`);
  return { rate: sent / seconds, cpuMs: ((server.cpu() - before) / sent) * 1000 };
}

async function startOurs(
  folder: string,
  database: string | undefined,
  messages: number,
): Promise<Server> {
  const node = await startNode(folder, {
    MEZHVED_CONFIG: join(checkout, 'bench', 'accept.config.yaml'),
    ...(database === undefined ? {} : { MEZHVED_DATABASE_URL: database }),
  });
  return {
    name: 'Mezhved',
    url: `${node.url}/smev/v1.2/ws`,
    messages,
    cpu: () => cpuOf(node.pid),
    stop: async () => {
      await node.stop();
    },
  };
}

async function startNaive(kind: Kind, folder: string, messages: number): Promise<Server> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', join('bench', 'naive-server.ts'), kind, folder],
    { cwd: checkout, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /SOAP (\S+)/.exec(chunk.toString())?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error('the naive server ended')));
  });
  return { name: 'naive', url, messages, cpu: () => cpuOf(child.pid), stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
