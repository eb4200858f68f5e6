import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../clock.ts';
import { pinVersion } from '../participants/schema-pins.ts';
import { activateVersion, rollBackVersion } from '../participants/schema-turns.ts';
import type { StoredVersion } from '../participants/schema-versions.ts';
import { carryOut, type PlanOptions, withPlan } from './carry-out.ts';
import { endWords } from './end-words.ts';
import { momentOf, spanOf } from './moment.ts';
import { operateOrRefuse } from './operate.ts';
import { printCarriedOut } from './rehearsal.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

interface ActivateOptions extends PlanOptions {
  readonly at: string;
  readonly overlap: string;
  readonly keep?: true;
  readonly rollbackShare?: number;
  readonly rollbackLeast: string;
  readonly json?: true;
}

interface RollbackOptions extends PlanOptions {
  readonly json?: true;
}

/** `schema activate` and `schema rollback`: versions of a message type begin, and are taken back. */
export function registerTurns(schema: Command): void {
  const activating = schema
    .command('activate')
    .description(
      'версия вида сведений действует с момента, прежние до конца перекрытия / a version of a message type counts from a time; those before it to the end of the overlap',
    )
    .argument('<type>', 'id of the message type')
    .argument('<version>', 'a version that was admitted, or one that counted before')
    .option('--at <time>', 'from when it counts: 2026-12-01T03:00+03:00, +10m', 'now')
    .option('--overlap <span>', 'how long after that the others count too: 30d, 12h, 0', '30d')
    .option('--keep', 'the others go on counting beside it')
    .option(
      '--rollback-share <share>',
      'take it back by itself once this share of its messages is refused: 5%, 0.05',
      shareOf,
    )
    .option('--rollback-least <n>', 'but not before it has judged so many messages', '20');
  withPlan(activating)
    .option('--json', 'print JSON')
    .action((type: string, version: string, options: ActivateOptions) =>
      run(() => activate(type, version, options)),
    );
  const rolling = schema
    .command('rollback')
    .description(
      'вернуть как было: версия больше не действует, прежние действуют снова / as it was: the version counts no more, those before it count again',
    )
    .argument('<type>', 'id of the message type')
    .argument('[version]', 'the version to take back; the one that began last where absent');
  withPlan(rolling)
    .option('--json', 'print JSON')
    .action((type: string, version: string | undefined, options: RollbackOptions) =>
      run(() => rollBack(type, version, options)),
    );
}

/** A share such as 5% or 0.05, above 0 and at most 1. */
function shareOf(text: string): number {
  const [, number = '', percent] = /^(\d{1,3}(?:\.\d{1,6})?)(%)?$/.exec(text) ?? [];
  const share = Number(number) / (percent === undefined ? 1 : 100);
  if (number !== '' && share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('5%, 0.05');
}

async function activate(
  type: string,
  version: string,
  options: ActivateOptions,
): Promise<ExitCode> {
  const at = momentOf('--at', options.at, systemClock.now());
  const overlapMs = options.keep === true ? undefined : spanOf('--overlap', options.overlap);
  const rollback = rollbackOf(options);
  const { outcome, rehearsal } = await carryOut(options, (context) =>
    activateVersion(context, { type, version, at, overlapMs, rollback }),
  );
  const from = new Date(at).toISOString();
  const { ended } = outcome;
  const told = {
    ...{ type, version, namespace: outcome.version.namespace, from, rollback: rollback ?? null },
    ended: ended.map((each) => ({
      version: each.version,
      until: new Date(each.window.until ?? 0).toISOString(),
    })),
  };
  return printCarriedOut(options.json, rehearsal, 'activate', told, () => [
    `${type} ${version}: действует с / counts from ${from}`,
    `  ${outcome.version.namespace}`,
    ...(ended.length === 0 ? ['прежние действуют дальше / the others go on'] : []),
    ...ended.map((each) => `${each.version}: ${endWords(each.window)}`),
    ...(rollback === undefined ? [] : [rollbackWords(rollback)]),
    `вернуться / the way back: mezhved schema rollback ${type} ${version}`,
  ]);
}

function rollbackOf({ rollbackShare, rollbackLeast }: ActivateOptions): StoredVersion['rollback'] {
  if (!/^[1-9]\d{0,6}$/.test(rollbackLeast)) throw new UsageError('--rollback-least: 1 …');
  if (rollbackShare === undefined) return undefined;
  return { share: rollbackShare, least: Number(rollbackLeast) };
}

function rollbackWords({ share, least }: NonNullable<StoredVersion['rollback']>): string {
  const percent = `${Number((share * 100).toFixed(4))}%`;
  return `вернётся сам, если отказов ${percent} и сообщений не меньше ${least} / rolls back by itself at ${percent} of refusals, of ${least} messages at least`;
}

async function rollBack(
  type: string,
  version: string | undefined,
  options: RollbackOptions,
): Promise<ExitCode> {
  const { outcome, rehearsal } = await carryOut(options, (context) =>
    rollBackVersion(context, { type, ...(version === undefined ? {} : { version }) }),
  );
  const { restored } = outcome;
  const told = {
    ...{ type, version: outcome.version.version },
    restored: restored.map((each) => ({ version: each.version, until: isoOf(each.window.until) })),
  };
  return printCarriedOut(options.json, rehearsal, 'rollback', told, () => [
    `${type} ${outcome.version.version}: больше не действует / counts no more`,
    ...restored.map(({ version: name, window }) => {
      const until = isoOf(window.until);
      return `${name}: снова действует / counts again${until === null ? '' : ` … ${until}`}`;
    }),
  ]);
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

interface PinOptions {
  readonly system: string;
  readonly json?: true;
}

/** `schema pin` and `schema unpin`: one version for a system that cannot move yet. */
export function registerPins(schema: Command): void {
  schema
    .command('pin')
    .description(
      'закрепить версию за системой: она шлёт только по ней, и после её конца / pin a version for a system: it sends by that one alone, after its end too',
    )
    .argument('<type>', 'id of the message type')
    .argument('<version>', 'the version')
    .requiredOption('--system <id>', 'the information system')
    .option('--json', 'print JSON')
    .action((type: string, version: string, options: PinOptions) =>
      run(() => pin(type, version, options)),
    );
  schema
    .command('unpin')
    .description('снять закрепление / take the pin off')
    .argument('<type>', 'id of the message type')
    .requiredOption('--system <id>', 'the information system')
    .option('--json', 'print JSON')
    .action((type: string, options: PinOptions) => run(() => pin(type, null, options)));
}

async function pin(
  type: string,
  version: string | null,
  { system, json }: PinOptions,
): Promise<ExitCode> {
  await operateOrRefuse((context) => pinVersion(context, { type, system, version }));
  print(json, { type, system, version }, () =>
    version === null
      ? `${system}: закрепление снято / the pin is off: ${type}`
      : `${system}: шлёт по версии / sends by version ${version}: ${type}`,
  );
  return 0;
}
