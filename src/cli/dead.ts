import type { Command } from 'commander';
import { make } from '../compute/make.ts';
import { rejectCodes } from '../connectors/connector.ts';
import { type FailureCode, failures } from '../connectors/failure.ts';
import {
  type DeadLetter,
  type DecisionContext,
  listDead,
  rejectDead,
  requeueDead,
} from '../exchange/dead.ts';
import { readTimeline, type Step } from '../journal/timeline.ts';
import { buildContentRegistry } from '../schema/registry.ts';
import { columns } from './columns.ts';
import { findExchange } from './find-exchange.ts';
import { openForCli } from './open.ts';
import { operate } from './operate.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

interface Json {
  readonly json?: true;
}

interface RejectOptions extends Json {
  readonly code?: string;
  readonly reason?: string;
}

/** What `dead list --json` prints of each. */
export interface ListedDead {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly lane: string;
  readonly sender: string;
  readonly recipient: string;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  readonly diedAt: string;
  readonly code: string;
  readonly why: string;
}

/** What `dead show --json` prints. */
export interface ShownDead extends ListedDead {
  readonly eol: string | null;
  readonly timeline: readonly {
    readonly at: string;
    readonly attempt: number;
    readonly ms: number;
    readonly outcome: string;
  }[];
}

export function register(program: Command): void {
  const dead = program
    .command('dead')
    .description(
      'недоставленное, что ждёт решения оператора / dead letters: what waits for an operator',
    );
  dead
    .command('list')
    .description(
      'что не доставлено и почему, старое сверху / what was not delivered and why, the eldest first',
    )
    .option('--limit <n>', 'how many at most', '50')
    .option('--json', 'print JSON')
    .action((options: Json & { readonly limit: string }) => run(() => list(options)));
  dead
    .command('show')
    .description(
      'одно из них с попытками и их временем / one of them, with its attempts and their times',
    )
    .argument('<id>', 'id of the exchange, or the MessageID of its request')
    .option('--json', 'print JSON')
    .action((id: string, { json }: Json) => run(() => show(id, json)));
  dead
    .command('requeue')
    .description('доставить снова, с тем же MessageID / deliver again, with the same MessageID')
    .argument('<id...>', 'ids of exchanges or MessageIDs; or the word all')
    .option('--json', 'print JSON')
    .action((ids: string[], { json }: Json) => run(() => requeue(ids, json)));
  dead
    .command('reject')
    .description('ответить отправителю отказом / answer the sender with a rejection')
    .argument('<id...>', 'ids of exchanges or MessageIDs')
    .option('--code <code>', `RequestRejected with this code: ${rejectCodes.join(', ')}`)
    .option('--reason <text>', 'what the sender reads in RequestRejected')
    .option('--json', 'print JSON')
    .action((ids: string[], options: RejectOptions) => run(() => reject(ids, options)));
}

async function list({ json, limit }: Json & { readonly limit: string }): Promise<ExitCode> {
  if (!/^[1-9]\d{0,4}$/.test(limit)) throw new UsageError('--limit: 1 … 99999');
  const { database } = await openForCli();
  try {
    const letters = (await listDead(database.kysely, { limit: Number(limit) })).map(listedDead);
    print(json, letters, () => listText(letters));
    return 0;
  } finally {
    await database.close();
  }
}

async function show(id: string, json: true | undefined): Promise<ExitCode> {
  const { database } = await openForCli();
  try {
    const letter = await find({ database }, id);
    const steps = await readTimeline(database.kysely, letter.exchange.id);
    const attempts = steps.filter(({ attempt }) => attempt !== undefined);
    const { eol } = letter.exchange;
    const shown: ShownDead = {
      ...listedDead(letter),
      eol: eol === null ? null : iso(eol),
      timeline: attempts.map(({ at, attempt = 0, took = 0, outcome = '' }) => ({
        at: iso(at),
        attempt,
        ms: took,
        outcome,
      })),
    };
    print(json, shown, () => showText(shown, attempts));
    return 0;
  } finally {
    await database.close();
  }
}

async function requeue(ids: readonly string[], json: true | undefined): Promise<ExitCode> {
  return decide(ids, json, 'возвращено в доставку / queued again', (context, letter, who) =>
    requeueDead(context, letter.exchange, who),
  );
}

async function reject(ids: readonly string[], options: RejectOptions): Promise<ExitCode> {
  const { code, reason, json } = options;
  if (code !== undefined && !rejectCodes.some((known) => known === code)) {
    throw new UsageError(`--code: ${rejectCodes.join(', ')}`);
  }
  if ((code === undefined) !== (reason === undefined)) {
    throw new UsageError('--code и --reason задаются вместе / go together');
  }
  if (ids.includes('all')) throw new UsageError('назовите обмены / name the exchanges');
  const rejection = code && reason ? { code, description: reason } : undefined;
  return decide(
    ids,
    json,
    'отправителю отвечено / the sender was answered',
    (context, letter, who) => rejectDead(context, letter.exchange, who, rejection),
  );
}

type Decision = (context: DecisionContext, letter: DeadLetter, who: string) => Promise<boolean>;

const allMax = 100_000;

async function decide(
  ids: readonly string[],
  json: true | undefined,
  done: string,
  decision: Decision,
): Promise<ExitCode> {
  return operate({ plan: false }, async (operating) => {
    const { database, journal, config, who, now, random } = operating;
    const context: DecisionContext = {
      database,
      journal,
      limits: config.limits,
      self: { mnemonic: config.node.mnemonic, name: config.node.name },
      clock: { now },
      random: (bytes) => Buffer.from(random(bytes)),
      // The node's own words need no schema of a message type.
      compute: {
        make: async (making) => make(making, { content: buildContentRegistry([]) }),
      },
    };
    const letters = ids.includes('all')
      ? await listDead(database.kysely, { limit: allMax })
      : await Promise.all(ids.map((id) => find({ database }, id)));
    const results: { id: string; messageId: string; done: boolean }[] = [];
    for (const letter of letters) {
      const { id, message_id: messageId } = letter.exchange;
      results.push({ id, messageId, done: await decision(context, letter, who) });
    }
    print(json, results, () =>
      results.length === 0
        ? nothing
        : results
            .map((each) => `${each.id}  ${each.done ? done : 'уже не ждёт / waits no more'}`)
            .join('\n'),
    );
    return results.every((each) => each.done) ? 0 : 1;
  });
}

async function find(
  { database }: Pick<DecisionContext, 'database'>,
  id: string,
): Promise<DeadLetter> {
  const { kysely } = database;
  const exchange = await findExchange(kysely, id);
  const [letter] =
    exchange === undefined ? [] : await listDead(kysely, { limit: 1, exchangeId: exchange.id });
  if (letter === undefined) {
    throw new Error(`среди недоставленного нет / no dead letter: ${id}`);
  }
  return letter;
}

function listedDead({ exchange, lane, attempts, diedAt, cause }: DeadLetter): ListedDead {
  return {
    id: exchange.id,
    messageId: exchange.message_id,
    type: exchange.message_type,
    lane,
    sender: exchange.sender,
    recipient: exchange.recipient,
    attempts,
    receivedAt: iso(exchange.received_at),
    diedAt: iso(diedAt),
    code: cause.code,
    why: cause.why ?? '',
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

const nothing = 'Недоставленного нет / no dead letters';

function listText(letters: readonly ListedDead[]): string {
  if (letters.length === 0) return nothing;
  return columns([
    [
      'Обмен / Exchange',
      'MessageID',
      'Вид сведений / Type',
      'Попыток / Attempts',
      'Остановлено / Died',
      'Причина / Cause',
    ],
    ...letters.map((each) => [
      each.id,
      each.messageId,
      each.type,
      String(each.attempts),
      each.diedAt,
      each.code,
    ]),
  ]);
}

function showText(letter: ShownDead, attempts: readonly Step[]): string {
  const known = Object.hasOwn(failures, letter.code)
    ? failures[letter.code as FailureCode]
    : undefined;
  return [
    columns([
      ['Обмен / Exchange', letter.id],
      ['MessageID', letter.messageId],
      ['Вид сведений / Type', letter.type],
      ['Отправитель / Sender', letter.sender],
      ['Получатель / Recipient', letter.recipient],
      ['Получено / Received', letter.receivedAt],
      ['Остановлено / Died', letter.diedAt],
      ['Срок / EOL', letter.eol ?? '—'],
      ['Причина / Cause', letter.code],
      ...(known === undefined ? [] : [['', `${known.ru} / ${known.en}`]]),
      ['Подробно / Detail', letter.why],
    ]),
    columns([
      ['Время / Time', 'Попытка / Attempt', 'мс / ms', 'Итог / Outcome'],
      ...attempts.map(({ at, attempt, took, outcome }) => [
        iso(at),
        String(attempt),
        String(took ?? ''),
        outcome ?? '',
      ]),
    ]),
    `mezhved dead requeue ${letter.id}   — доставить снова / deliver again\n` +
      `mezhved dead reject ${letter.id}    — ответить отправителю / answer the sender`,
  ].join('\n\n');
}
