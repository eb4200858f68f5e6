import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { problemKinds } from '../journal/chain.ts';
import { type JournalVerdict, verifyJournal } from '../journal/reader.ts';
import { columns } from './columns.ts';
import { openForCli } from './open.ts';
import { print, run } from './run.ts';

export function register(program: Command): void {
  const journal = program
    .command('journal')
    .description('журнал узла / the chained journal of the node');
  journal
    .command('verify')
    .description(
      'найти всё изменённое, удалённое, переставленное / find every edit, removal or swap',
    )
    .option('--json', 'print JSON')
    .action((options: { readonly json?: true }) =>
      run(async () => {
        const verdict = await verify();
        print(options.json, verdict, () => report(verdict));
        return verdict.ok ? 0 : 1;
      }),
    );
}

async function verify(): Promise<JournalVerdict> {
  const { database } = await openForCli();
  const progress = startProgress();
  try {
    return await verifyJournal(database.kysely, progress.tell);
  } finally {
    progress.end();
    await database.close();
  }
}

const quietMs = 2000;

/** On a terminal a line that counts; elsewhere a line now and then, once it takes long. */
function startProgress() {
  const { stderr } = process;
  let told = systemClock.now();
  return {
    tell: (entries: number) => {
      const text = `${entries} записей проверено / entries verified`;
      if (stderr.isTTY) stderr.write(`\r${text}`);
      else if (systemClock.now() - told > quietMs) {
        told = systemClock.now();
        stderr.write(`${text}\n`);
      }
    },
    end: () => {
      if (stderr.isTTY) stderr.write('\r\u001b[K');
    },
  };
}

function report({ entries, ok, problems }: JournalVerdict): string {
  if (ok) return `Журнал верен, записей: ${entries} / the journal is good, entries: ${entries}`;
  return [
    `Журнал нарушен, проблем: ${problems.length} / the journal is broken, problems: ${problems.length}`,
    columns([
      ['Запись / Entry', 'Что / What', '', ''],
      ...problems.map(({ entry, kind }) => [entry, kind, ...problemKinds[kind]]),
    ]),
  ].join('\n\n');
}
