import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import { listNodeKeys } from '../participants/node-keys.ts';
import { readRegistry } from '../participants/registry.ts';
import { readPemPair } from '../pki/keystore.ts';
import { ownEndings, portsInFiles } from '../server/own-endings.ts';
import { passed, type Told } from '../warnings/due.ts';
import { type Ending, type EndingKind, endingsOf, keyOf } from '../warnings/ending.ts';
import { testLetter } from '../warnings/letter.ts';
import { readTold } from '../warnings/told.ts';
import { NotTold, type Way } from '../warnings/way.ts';
import { waysOf } from '../warnings/ways.ts';
import { kindWords, printable } from '../warnings/words.ts';
import { columns } from './columns.ts';
import { type Opened, openForCli, readConfiguration } from './open.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

/** What `warnings --json` prints of each end. */
export interface ListedEnding {
  readonly what: EndingKind;
  readonly id: string;
  readonly owner: string;
  readonly subject: string;
  readonly endsAt: string;
  readonly daysLeft: number;
  /** Fingerprint of what is there by then: nobody is warned. */
  readonly replacedBy: string | null;
  /** The threshold that was passed, 0 where it has ended; null where the end is far. */
  readonly daysBefore: number | null;
  /** By which way which threshold was told, and when. */
  readonly told: readonly {
    readonly way: Way['name'];
    readonly daysBefore: number;
    readonly at: string;
  }[];
}

/** What `warnings --test --json` prints of each way. */
export interface TriedWay {
  readonly way: Way['name'];
  readonly place: string;
  readonly taken: boolean;
  /** What was answered, or why it was not taken. */
  readonly answer: string;
}

const dayMs = 86_400_000;
const wayNames = ['log', 'webhook', 'email'] as const;

/** `warnings`: what ends when, and what of it was told. */
export function register(program: Command): void {
  program
    .command('warnings')
    .description(
      'что когда истекает и о чём предупреждено / what ends when, and what was told of it',
    )
    .option('--test', 'send a test by every way of the configuration instead')
    .option('--json', 'print JSON')
    .action(({ test, json }: { readonly test?: true; readonly json?: true }) =>
      run(() => (test === true ? tryWays(json) : list(json))),
    );
}

async function list(json: true | undefined): Promise<ExitCode> {
  const opened = await openForCli();
  try {
    const { database, config } = opened;
    const now = systemClock.now();
    const endings = await allEndings(opened, now);
    const told = await Promise.all(
      wayNames.map(async (way) => [way, await readTold(database.kysely, way)] as const),
    );
    const listed = endings
      .toSorted((a, b) => a.endsAt - b.endsAt)
      .map((ending) => listedEnding(ending, told, config.warnings.days, now));
    print(json, listed, () => table(listed));
    return 0;
  } finally {
    await opened.database.close();
  }
}

async function allEndings(
  { database, trusting, config, keys }: Opened,
  now: number,
): Promise<Ending[]> {
  const registry = await readRegistry(database, trusting);
  const sources = {
    files: keys.map((pair) => readPemPair(pair).certificate),
    stored: await listNodeKeys(database.kysely),
    ports: await portsInFiles(config),
  };
  return [...endingsOf(registry, now), ...(await ownEndings(config, registry, sources, now))];
}

type ToldBy = readonly (readonly [way: Way['name'], told: readonly Told[]])[];

function listedEnding(
  ending: Ending,
  told: ToldBy,
  days: Config['warnings']['days'],
  now: number,
): ListedEnding {
  const { what, id, owner, subject, endsAt, replacedBy } = ending;
  const threshold = passed(ending, days, now);
  const rows = told.flatMap(([way, all]) =>
    all
      .filter((each) => keyOf(each) === keyOf(ending) && each.ends_at === endsAt)
      .map((each) => ({
        ...{ way, daysBefore: each.threshold / dayMs },
        at: new Date(each.told_at).toISOString(),
      })),
  );
  return {
    ...{ what, id, owner: printable(owner), subject: printable(subject) },
    endsAt: new Date(endsAt).toISOString(),
    daysLeft: Math.floor((endsAt - now) / dayMs),
    replacedBy: replacedBy ?? null,
    daysBefore: threshold === undefined ? null : threshold / dayMs,
    told: rows,
  };
}

function table(listed: readonly ListedEnding[]): string {
  const kinds = [...new Set(listed.map(({ what }) => what))];
  const rows = columns([
    [
      ...['до / ends', 'дней / days', 'что / what', 'чьё / owner', 'отпечаток / id'],
      'предупреждено / told',
    ],
    ...listed.map((each) => [
      ...[`${each.endsAt.slice(0, 16)}Z`, String(each.daysLeft), each.what, each.owner],
      ...[each.id.slice(0, 16), toldWords(each)],
    ]),
  ]);
  const legend = kinds.map((what) => [what, `${kindWords(what).ru} / ${kindWords(what).en}`]);
  return kinds.length === 0 ? rows : `${rows}\n\n${columns(legend)}`;
}

function toldWords({ replacedBy, told, daysBefore }: ListedEnding): string {
  if (replacedBy !== null) return `заменён / replaced: ${replacedBy.slice(0, 16)}`;
  if (told.length === 0) return daysBefore === null ? '' : 'ещё нет / not yet';
  return told
    .map(({ way, daysBefore: days, at }) => `${way} ${thresholdWords(days)} (${at.slice(0, 10)})`)
    .join(', ');
}

/** Of a list of revoked certificates it may be a part of a day. */
function thresholdWords(days: number): string {
  return days === 0 ? 'истёк / ended' : `≤${Number(days.toFixed(1))}`;
}

async function tryWays(json: true | undefined): Promise<ExitCode> {
  const config = readConfiguration();
  const ways = waysOf(config);
  if (ways.length === 0) {
    throw new UsageError(
      'в настройке нет ни warnings.webhook, ни warnings.email / the configuration names neither warnings.webhook nor warnings.email',
    );
  }
  const letter = testLetter(config.node.id, systemClock.now());
  const tried = await Promise.all(
    ways.map(async (way): Promise<TriedWay> => {
      const { name, place } = way;
      try {
        const answer = await way.tell(letter, new AbortController().signal);
        return { way: name, place, taken: true, answer };
      } catch (error) {
        if (!(error instanceof NotTold)) throw error;
        return { way: name, place, taken: false, answer: error.message };
      }
    }),
  );
  print(json, tried, () =>
    columns(
      tried.map(({ way, place, taken, answer }) => [
        way,
        place,
        taken ? 'принято / taken' : 'не принято / not taken',
        answer,
      ]),
    ),
  );
  return tried.every(({ taken }) => taken) ? 0 : 1;
}
