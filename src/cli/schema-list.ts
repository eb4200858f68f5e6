import type { Command } from 'commander';
import { minute, systemClock } from '../clock.ts';
import { listVersions, type StoredVersion } from '../participants/schema-versions.ts';
import { isOpen } from '../participants/type-versions.ts';
import { isWithin } from '../pki/window.ts';
import { columns } from './columns.ts';
import { openForCli } from './open.ts';
import { type ExitCode, print, run } from './run.ts';

/** What `schema list --json` prints of each version. */
export interface ListedVersion {
  readonly type: string;
  readonly version: string;
  readonly namespace: string;
  readonly requestRoot: string;
  readonly responseRoot: string;
  /** 'admitted' until it is told when to count. */
  readonly state: 'admitted' | 'next' | 'active' | 'ended';
  readonly from: string | null;
  readonly until: string | null;
  /** 'declared' by `apply`, or 'admitted' by `schema admit`, when and by whose certificate. */
  readonly source: StoredVersion['source'];
  readonly admittedAt: string | null;
  readonly signer: string | null;
  /** What it said of messages since it began, where it may be rolled back by itself. */
  readonly verdicts: { readonly taken: number; readonly refused: number } | null;
  /** Systems that it is pinned for. */
  readonly pinned: readonly string[];
}

interface ListOptions {
  readonly type?: string;
  readonly json?: true;
}

/** `schema list`: versions of message types, and what becomes of each. */
export function registerList(schema: Command): void {
  schema
    .command('list')
    .description('версии видов сведений / versions of message types')
    .option('--type <id>', 'of this message type alone')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => run(() => list(options)));
}

async function list({ type, json }: ListOptions): Promise<ExitCode> {
  const { database } = await openForCli();
  try {
    const now = systemClock.now();
    const pins = await database.kysely.selectFrom('schema_pin').selectAll().execute();
    const listed = (await listVersions(database.kysely))
      .filter(({ messageType }) => type === undefined || messageType === type)
      .map((each) => {
        const pinned = pins.filter(
          (pin) => pin.message_type === each.messageType && pin.version === each.version,
        );
        return listedVersion(
          each,
          pinned.map(({ system }) => system),
          now,
        );
      });
    print(json, listed, () => table(listed));
    return 0;
  } finally {
    await database.close();
  }
}

function listedVersion(each: StoredVersion, pinned: readonly string[], now: number): ListedVersion {
  const { messageType: type, version, namespace, requestRoot, responseRoot, window } = each;
  const { source, admittedAt, signer, turn, rollback } = each;
  return {
    ...{ type, version, namespace, requestRoot, responseRoot, state: stateOf(each, now) },
    ...{ from: isoOf(window?.from), until: isoOf(window?.until) },
    ...{ source, admittedAt: isoOf(admittedAt), signer: signer ?? null, pinned },
    verdicts:
      turn === undefined || rollback === undefined
        ? null
        : { taken: turn.taken, refused: turn.refused },
  };
}

function stateOf({ window }: StoredVersion, now: number): ListedVersion['state'] {
  if (window === undefined) return 'admitted';
  if (isWithin(window, now)) return 'active';
  return isOpen(window, now) ? 'next' : 'ended';
}

function isoOf(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString();
}

const states = {
  admitted: 'ждёт / admitted',
  next: 'следующая / next',
  active: 'действует / active',
  ended: 'снята / ended',
} as const;

function table(listed: readonly ListedVersion[]): string {
  return columns([
    [
      ...['вид / type', 'версия / version', 'состояние / state', 'с / from', 'до / until'],
      ...['отказов / refused', 'закреплена / pinned', 'пространство имён / namespace'],
    ],
    ...listed.map((each) => [
      ...[each.type, each.version, states[each.state]],
      ...[each.from, each.until].map((iso) => (iso === null ? '' : minute(Date.parse(iso)))),
      verdictWords(each),
      each.pinned.join(', '),
      each.namespace,
    ]),
  ]);
}

function verdictWords({ verdicts }: ListedVersion): string {
  return verdicts === null ? '' : `${verdicts.refused} / ${verdicts.refused + verdicts.taken}`;
}
