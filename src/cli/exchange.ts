import type { Command } from 'commander';
import type { Kysely, Selectable } from 'kysely';
import { filesOfExchange } from '../exchange/files.ts';
import { statuses } from '../exchange/status.ts';
import { entryKinds } from '../journal/entry.ts';
import { findRefusals } from '../journal/refused.ts';
import { readTimeline, type Step } from '../journal/timeline.ts';
import type { ExchangeTable, Tables } from '../store/tables.ts';
import { columns } from './columns.ts';
import { findExchange } from './find-exchange.ts';
import { openForCli } from './open.ts';
import { refusalText, shownRefusal } from './refused.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';
import { filesText, type ShownFile, shownFile } from './shown-files.ts';

interface ListOptions {
  readonly json?: true;
  readonly limit: string;
  readonly status?: string;
}

/** What `exchange list --json` prints of each. */
export interface ListedExchange {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly sender: string;
  readonly recipient: string;
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
}

/** What `exchange show --json` prints. */
export interface ShownExchange extends ListedExchange {
  readonly timeline: readonly {
    readonly at: string;
    readonly stage: string;
    readonly outcome: string;
    /** Since the step before. */
    readonly ms: number;
    /** Of an attempt at a delivery: its number, how long it took in ms, how it ended. */
    readonly attempt?: number;
    readonly took?: number;
    readonly result?: string;
  }[];
  readonly files?: readonly ShownFile[];
}

export function register(program: Command): void {
  const exchange = program
    .command('exchange')
    .description(
      'обмены: запросы и всё, что за ними последовало / requests with all that followed',
    );
  exchange
    .command('list')
    .description('последние обмены, новые сверху / the last exchanges, the newest first')
    .option('--limit <n>', 'how many at most', '50')
    .option('--status <status>', 'only those in this status')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => run(() => list(options)));
  exchange
    .command('show')
    .description('обмен по шагам, или отказ / one exchange, step by step, or a refusal')
    .argument('<id>', 'id of the exchange, a MessageID in it, or the journal id of a refusal')
    .option('--json', 'print JSON')
    .action((id: string, options: { readonly json?: true }) => run(() => show(id, options.json)));
}

async function list({ json, limit, status }: ListOptions): Promise<ExitCode> {
  if (!/^[1-9]\d{0,4}$/.test(limit)) throw new UsageError('--limit: 1 … 99999');
  if (status !== undefined && !statuses.some((known) => known === status)) {
    throw new UsageError(`--status: ${statuses.join(', ')}`);
  }
  const found = await reading((db) =>
    db
      .selectFrom('exchange')
      .selectAll()
      .$if(status !== undefined, (query) => query.where('status', '=', status ?? ''))
      .orderBy('received_at', 'desc')
      .orderBy('id', 'desc')
      .limit(Number(limit))
      .execute(),
  );
  const listed = found.map(listedExchange);
  print(json, listed, () => listText(listed));
  return 0;
}

async function show(id: string, json: true | undefined): Promise<ExitCode> {
  const { found, refusals } = await reading(async (db) => {
    const exchange = await findExchange(db, id);
    return {
      found: exchange && {
        exchange,
        steps: await readTimeline(db, exchange.id),
        files: (await filesOfExchange(db, exchange.id)).map(shownFile),
      },
      refusals: (await findRefusals(db, id)).map(shownRefusal),
    };
  });
  if (found === undefined && refusals.length > 0) {
    print(json, { refusals }, () => refusals.map(refusalText).join('\n\n'));
    return 0;
  }
  if (found === undefined) {
    throw new Error(`нет ни обмена, ни отказа / no exchange and no refusal: ${id}`);
  }
  const exchange = listedExchange(found.exchange);
  const { files, steps } = found;
  const shown: ShownExchange = {
    ...exchange,
    timeline: steps.map(shownStep),
    ...(files.length === 0 ? {} : { files }),
  };
  const text = () => [showText(exchange, steps), ...(files.length === 0 ? [] : [filesText(files)])];
  print(json, shown, () => text().join('\n\n'));
  return 0;
}

async function reading<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  const { database } = await openForCli();
  try {
    return await work(database.kysely);
  } finally {
    await database.close();
  }
}

function listedExchange(exchange: Selectable<ExchangeTable>): ListedExchange {
  return {
    id: exchange.id,
    messageId: exchange.message_id,
    type: exchange.message_type,
    sender: exchange.sender,
    recipient: exchange.recipient,
    status: exchange.status,
    receivedAt: iso(exchange.received_at),
  };
}

function shownStep({ at, kind, verdict, ms, attempt, took, outcome }: Step) {
  return {
    at: iso(at),
    stage: kind,
    outcome: verdict,
    ms,
    ...(attempt === undefined ? {} : { attempt }),
    ...(took === undefined ? {} : { took }),
    ...(outcome === undefined ? {} : { result: outcome }),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

const words = {
  receivedAt: 'Получено / Received',
  id: 'Обмен / Exchange',
  messageId: 'MessageID',
  type: 'Вид сведений / Type',
  sender: 'Отправитель / Sender',
  recipient: 'Получатель / Recipient',
  status: 'Статус / Status',
} as const satisfies Record<keyof ListedExchange, string>;
const shownOrder = Object.keys(words) as (keyof ListedExchange)[];

function listText(listed: readonly ListedExchange[]): string {
  if (listed.length === 0) return 'Обменов нет / no exchanges';
  return columns([
    shownOrder.map((name) => words[name]),
    ...listed.map((exchange) => shownOrder.map((name) => exchange[name])),
  ]);
}

function showText(exchange: ListedExchange, steps: readonly Step[]): string {
  return [
    columns(shownOrder.map((name) => [words[name], exchange[name]])),
    columns([
      ['Время / Time', 'мс / ms', 'Шаг / Step', '', 'Операция / Operation', 'Итог / Outcome'],
      ...steps.map((step) => [
        iso(step.at),
        `+${step.ms}`,
        ...wordsOf(step.kind),
        step.operation ?? attemptOf(step),
        step.verdict,
      ]),
    ]),
  ].join('\n\n');
}

/** An attempt in a few words: its number, how it ended, how long it took. */
function attemptOf({ attempt, took, outcome }: Step): string {
  if (attempt === undefined) return outcome ?? '';
  return `№${attempt} ${outcome ?? ''}, ${took ?? 0} ms`;
}

function wordsOf(kind: string): readonly [string, string] {
  return kind in entryKinds ? entryKinds[kind as keyof typeof entryKinds] : [kind, ''];
}
