import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { minute, systemClock } from '../clock.ts';
import { problemKinds } from '../journal/chain.ts';
import { checkpointLine, readCheckpointLine } from '../journal/checkpoint.ts';
import { readCheckpoints } from '../journal/checkpoints.ts';
import { type JournalVerdict, verifyJournal } from '../journal/reader.ts';
import { SignedEnds } from '../journal/signed-ends.ts';
import { listNodeKeys } from '../participants/node-keys.ts';
import { readCertificate } from '../pki/certificate.ts';
import { readPemPair } from '../pki/keystore.ts';
import { readCertificateFile } from './certificate-file.ts';
import { columns } from './columns.ts';
import { type Opened, openForCli } from './open.ts';
import { print, run, UsageError } from './run.ts';

interface VerifyOptions {
  readonly checkpoints?: readonly string[];
  readonly certificate?: readonly string[];
  readonly json?: true;
}

export function register(program: Command): void {
  const journal = program
    .command('journal')
    .description('журнал узла / the chained journal of the node');
  journal
    .command('verify')
    .description(
      'найти всё изменённое, удалённое, переставленное / find every edit, removal or swap',
    )
    .option(
      '--checkpoints <file...>',
      'checkpoints that were kept elsewhere: what `journal checkpoints` printed, or logs of the node',
    )
    .option(
      '--certificate <file...>',
      'whose checkpoints to believe, and no others: certificates that you know from elsewhere',
    )
    .option('--json', 'print JSON')
    .action((options: VerifyOptions) =>
      run(async () => {
        const verdict = await verify(options);
        print(options.json, jsonOf(verdict), () => report(verdict));
        return verdict.ok ? 0 : 1;
      }),
    );
  journal
    .command('checkpoints')
    .description(
      'подписанные концы цепочек, по одному в строке: сохраните их вне узла / signed ends of the chains, one a line, to be kept elsewhere',
    )
    .action(() => run(printCheckpoints));
}

async function printCheckpoints(): Promise<0> {
  const { database } = await openForCli();
  try {
    for await (const checkpoint of readCheckpoints(database.kysely)) {
      process.stdout.write(`${checkpointLine(checkpoint)}\n`);
    }
    return 0;
  } finally {
    await database.close();
  }
}

async function verify({ checkpoints = [], certificate }: VerifyOptions): Promise<JournalVerdict> {
  const given = certificate?.map((file) => readCertificateFile(file)[0].fingerprint);
  const opened = await openForCli();
  const progress = startProgress();
  try {
    const known = new Set(given ?? (await ownFingerprints(opened)));
    const signed = new SignedEnds(known, given !== undefined);
    for (const file of checkpoints) takeUp(file, signed);
    return await verifyJournal(opened.database.kysely, { signed, progress: progress.tell });
  } finally {
    progress.end();
    await opened.database.close();
  }
}

async function ownFingerprints({ database, keys }: Opened): Promise<string[]> {
  const stored = await listNodeKeys(database.kysely);
  return [
    ...stored.flatMap(({ certificate }) => certificate?.fingerprint ?? []),
    ...keys.map((pair) => readCertificate(readPemPair(pair).certificate).fingerprint),
  ];
}

function takeUp(file: string, signed: SignedEnds): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const found = text.split('\n').flatMap((line) => readCheckpointLine(line) ?? []);
  if (found.length === 0) {
    throw new UsageError(`${file}: контрольных точек нет / there are no checkpoints`);
  }
  for (const each of found) signed.add(each);
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

/** What `journal verify --json` prints. */
function jsonOf({ signers, signedAt, ...verdict }: JournalVerdict) {
  return {
    ...verdict,
    signedAt: signedAt === undefined ? null : new Date(signedAt).toISOString(),
    signers: signers.map(({ certificate: { fingerprint, subject }, known, count }) => ({
      ...{ fingerprint, subject, known, checkpoints: count },
    })),
  };
}

function report(verdict: JournalVerdict): string {
  const { entries, ok, problems } = verdict;
  const signed = signedWords(verdict);
  if (ok)
    return [
      `Журнал верен, записей: ${entries} / the journal is good, entries: ${entries}`,
      ...signed,
    ].join('\n');
  return [
    `Журнал нарушен, проблем: ${problems.length} / the journal is broken, problems: ${problems.length}`,
    columns([
      ['Запись / Entry', 'Что / What', '', ''],
      ...problems.map(({ entry, kind }) => [entry, kind, ...problemKinds[kind]]),
    ]),
    ...signed,
  ].join('\n\n');
}

function signedWords({ checkpoints, signers, signedAt }: JournalVerdict): string[] {
  if (signedAt === undefined) {
    return [
      'Контрольных точек нет: конец цепочки никто не подписал / no checkpoints: nobody signed the end of a chain',
    ];
  }
  return [
    `Контрольных точек: ${checkpoints}, последняя ${minute(signedAt)} / checkpoints: ${checkpoints}, the last at that time`,
    ...signers.map(
      ({ certificate: { fingerprint, subject }, known, count }) =>
        `  ${count} × ${fingerprint.slice(0, 16)} ${subject}${known ? '' : unknownSigner}`,
    ),
  ];
}

const unknownSigner =
  ' — этого ключа узел сейчас не знает: сверьте отпечаток / a key that the node does not know now: compare the fingerprint';
