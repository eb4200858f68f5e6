// Ten agencies, one of them dead: how long the exchanges of the nine others take, beside the same with
// all alive, in turn. Then how many exchanges a second are delivered when there is no end of them.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sendRequestCall } from '../src/smev/calls.ts';
import { Client, freshMessageId, sandboxSigner } from '../test/harness/client.ts';
import { checkout } from '../test/harness/node.ts';
import { type Installation, type Kind, machineTime, startInstallation } from './installation.ts';
import type { Mood, Say } from './ten-agencies.ts';
import { declareTypes, requestOf, typeIdOf } from './ten-types.ts';

const count = 10;
const dead = 3;
const version = '1.3';

export interface AgenciesOptions {
  /** Pairs of rounds with each way to be dead. */
  readonly pairs: number;
  /** Requests a second, over all ten. */
  readonly rate: number;
  /** Requests in a round. */
  readonly requests: number;
  /** Requests that wait when delivery is measured alone. */
  readonly waiting: number;
}

interface Agencies {
  readonly ports: readonly number[];
  become(index: number, mood: Mood): Promise<void>;
  stop(): void;
}

interface Round {
  /** ms from the arrival of a request to the recorded answer, of the nine that are never dead. */
  readonly times: number[];
  /** Share of the machine's cores that was at work, for whomever. */
  readonly busy: number;
  /** Cores that the processes of Mezhved were at work. */
  readonly cores: number;
}

/** Runs both kinds of installation and prints what was measured. */
export async function agencies(options: AgenciesOptions): Promise<void> {
  const { rate, requests, pairs } = options;
  process.stdout.write(
    `agencies: ${count} of them, each answers after 20–60 ms; ${rate} requests/s over all, ` +
      `${requests} a round; A: all alive, B: one dead; ${pairs} pairs of rounds with each way to be dead\n` +
      'ms from the arrival of a request to its recorded answer, of the other nine\n\n',
  );
  const speeds = new Map<Kind, number>();
  for (const kind of ['production', 'embedded'] as const) {
    const ten = await startAgencies();
    try {
      const installation = await startInstallation(kind, (at) => declareTypes(at, ten.ports));
      if (installation === undefined) continue;
      try {
        await compare(kind, installation, ten, options);
        speeds.set(kind, await saturate(installation, ten, options.waiting));
      } finally {
        await installation.stop();
      }
    } finally {
      ten.stop();
    }
  }
  const [production, embedded] = [speeds.get('production'), speeds.get('embedded')];
  if (production === undefined || embedded === undefined) return;
  process.stdout.write(
    `\ndelivery of ${options.waiting} waiting requests to agencies that answer at once, exchanges/s: ` +
      `embedded ${embedded.toFixed(0)}, two workers with BullMQ ${production.toFixed(0)}, ` +
      `ratio ${(production / embedded).toFixed(2)}\n`,
  );
}

async function compare(
  kind: Kind,
  installation: Installation,
  ten: Agencies,
  { pairs, rate, requests }: AgenciesOptions,
): Promise<void> {
  await round(installation, Math.min(requests, rate * 15), rate);
  const all = { a: [] as number[], b: [] as number[] };
  for (const way of ['hangs', 'refuses'] as const) {
    const of = { a: [] as number[], b: [] as number[] };
    for (let n = 0; n < pairs; n += 1) {
      const a = await round(installation, requests, rate);
      of.a.push(...a.times);
      await ten.become(dead, way);
      const b = await round(installation, requests, rate);
      of.b.push(...b.times);
      await revive(installation, ten);
      tell(`${kind} A`, a);
      tell(`${kind} B, ${way}`, b);
    }
    compareTimes(`${kind}, one ${way}`, of.a, of.b);
    all.a.push(...of.a);
    all.b.push(...of.b);
  }
  compareTimes(`${kind}, both`, all.a, all.b);
}

function tell(name: string, { times, busy, cores }: Round): void {
  process.stdout.write(
    `  ${name.padEnd(22)} p50 ${at(times, 0.5)}, p99 ${at(times, 0.99)}, n ${times.length}; ` +
      `machine ${Math.round(busy * 100)} % busy, Mezhved ${cores.toFixed(2)} cores\n`,
  );
}

function compareTimes(name: string, a: readonly number[], b: readonly number[]): void {
  const ratio = (share: number) => (at(b, share) / at(a, share)).toFixed(2);
  process.stdout.write(
    `${name}: p50 A ${at(a, 0.5)} B ${at(b, 0.5)} ratio ${ratio(0.5)}; ` +
      `p99 A ${at(a, 0.99)} B ${at(b, 0.99)} ratio ${ratio(0.99)}; n ${a.length} and ${b.length}\n`,
  );
}

/** The quantile by the nearest rank. */
function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
}

/** Sends at even distances, whatever the node takes for it, and waits for the answers of the nine. */
async function round(installation: Installation, requests: number, rate: number): Promise<Round> {
  const messages = presign(requests);
  const [before, cpu, began] = [machineTime(), installation.cpu(), performance.now()];
  const from = Date.now();
  const sent: Promise<void>[] = [];
  for (const [n, message] of messages.entries()) {
    await wait(Math.max(began + (n * 1000) / rate - performance.now(), 0));
    sent.push(post(installation.url, message));
  }
  await Promise.all(sent);
  const seconds = (performance.now() - began) / 1000;
  const [after, cores] = [machineTime(), (installation.cpu() - cpu) / seconds];
  const times = await timesSince(installation, from, (requests * (count - 1)) / count);
  return { times, cores, busy: (after.busy - before.busy) / (after.all - before.all) };
}

function presign(requests: number): string[] {
  const client = new Client('', version, sandboxSigner('agency-a', 'ec'));
  return Array.from({ length: requests }, (_, n) =>
    client.sign(
      sendRequestCall(version, { messageId: freshMessageId(), content: requestOf(n % count) }),
    ),
  );
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/smev/v${version}/ws`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '"urn:SendRequest"' },
  });
  const text = await response.text();
  if (!text.includes('SendRequestResponse')) throw new Error(`${response.status}: ${text}`);
}

async function timesSince(
  { database: { kysely } }: Installation,
  from: number,
  wanted: number,
): Promise<number[]> {
  const until = performance.now() + 60_000;
  for (;;) {
    const rows = await kysely
      .selectFrom('delivery')
      .innerJoin('exchange', 'exchange.id', 'delivery.exchange_id')
      .select(['delivery.due_at as done', 'exchange.received_at as received'])
      .where('exchange.received_at', '>=', from)
      .where('delivery.lane', '!=', typeIdOf(dead))
      .where('delivery.state', '=', 'done')
      .execute();
    if (rows.length >= wanted) return rows.map(({ done, received }) => done - received);
    if (performance.now() > until) throw new Error(`${rows.length} of ${wanted} were answered`);
    await wait(200);
  }
}

/** The agency comes back, and what waited for it is carried to it: nothing of a round is left for the next. */
async function revive(installation: Installation, ten: Agencies): Promise<void> {
  await ten.become(dead, 'alive');
  await openLanes(installation);
  await untilIdle(installation);
}

async function openLanes({ database }: Installation): Promise<void> {
  await database.kysely.updateTable('lane').set({ failures: 0, open_until: 0 }).execute();
}

async function untilIdle({ database: { kysely } }: Installation): Promise<void> {
  const until = performance.now() + 300_000;
  for (;;) {
    const { open } = await kysely
      .selectFrom('delivery')
      .select(({ fn }) => fn.countAll<number>().as('open'))
      .where('state', '!=', 'done')
      .executeTakeFirstOrThrow();
    if (Number(open) === 0) return;
    if (performance.now() > until) throw new Error(`${open} were not delivered`);
    await wait(500);
  }
}

/** Deliveries a second of the middle four fifths of so many that wait when the lanes are opened. */
async function saturate(
  installation: Installation,
  ten: Agencies,
  waiting: number,
): Promise<number> {
  const { kysely } = installation.database;
  for (let index = 0; index < count; index += 1) await ten.become(index, 'quick');
  const pause = async () => {
    const open_until = Date.now() + 50_000;
    for (let index = 0; index < count; index += 1) {
      await kysely
        .insertInto('lane')
        .values({ name: typeIdOf(index), failures: 0, open_until })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ open_until }))
        .execute();
    }
  };
  const from = Date.now();
  const messages = presign(waiting);
  for (let n = 0; n < waiting; n += 8) {
    if (n % 400 === 0) await pause();
    await Promise.all(messages.slice(n, n + 8).map((each) => post(installation.url, each)));
  }
  await openLanes(installation);
  await untilIdle(installation);
  const rows = await kysely
    .selectFrom('delivery')
    .innerJoin('exchange', 'exchange.id', 'delivery.exchange_id')
    .select('delivery.due_at as done')
    .where('exchange.received_at', '>=', from)
    .execute();
  const done = rows.map((row) => row.done);
  return (waiting * 0.8 * 1000) / (at(done, 0.9) - at(done, 0.1));
}

async function startAgencies(): Promise<Agencies> {
  const child = fork(join(checkout, 'bench', 'ten-agencies.ts'), [String(count)], {
    execArgv: ['--import', 'tsx'],
  });
  const told = async () => (await once(child, 'message'))[0] as unknown;
  const ports = (await told()) as number[];
  return {
    ports,
    become: async (index, mood) => {
      const answer = told();
      const say: Say = { index, mood };
      child.send(say);
      await answer;
    },
    stop: () => child.disconnect(),
  };
}
