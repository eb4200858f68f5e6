import type { Command } from 'commander';
import { admitDeclarations, SchemasRefused } from '../participants/admit.ts';
import { apply } from '../participants/apply.ts';
import { DeclarationsInvalid, type Loaded, readDeclarations } from '../participants/documents.ts';
import type { Change } from '../participants/plan.ts';
import { carryOut, type PlanOptions, withPlan } from './carry-out.ts';
import { exitCodeOf, rehearsalText, type ShownRehearsal, shownRehearsal } from './rehearsal.ts';
import { type ExitCode, print, run, UsageError } from './run.ts';

interface Options extends PlanOptions {
  readonly json?: true;
}

/** What `apply --json` prints. */
export interface Applied {
  /** false with --plan, and when there was nothing to change. */
  readonly applied: boolean;
  readonly changes: readonly Change[];
  /** With --plan alone. */
  readonly rehearsal?: ShownRehearsal;
}

export function register(program: Command): void {
  const command = program
    .command('apply')
    .description(
      'принять описания участников, видов сведений и УЦ / take declarations of participants, message types and anchors',
    )
    .argument('<paths...>', 'YAML files, or folders of them');
  withPlan(command)
    .option('--json', 'print JSON')
    .action((paths: string[], options: Options) => run(() => perform(paths, options)));
}

async function perform(paths: readonly string[], options: Options): Promise<ExitCode> {
  const loaded = read(paths);
  await admit(loaded);
  const { outcome: changes, rehearsal } = await carryOut(options, (context) =>
    apply(context, loaded),
  );
  if (rehearsal === undefined) {
    const applied = changes.some(({ change }) => change !== 'unchanged');
    print(options.json, { applied, changes } satisfies Applied, () => report(changes, false));
    return 0;
  }
  const shown = shownRehearsal(rehearsal, 'apply');
  const planned = { applied: false, changes, rehearsal: shown } satisfies Applied;
  const text = () => [report(changes, true), ...rehearsalText(rehearsal, 'apply')].join('\n');
  print(options.json, planned, text);
  return exitCodeOf(rehearsal);
}

function read(paths: readonly string[]): Loaded[] {
  try {
    return readDeclarations(paths);
  } catch (error) {
    if (error instanceof DeclarationsInvalid) throw new UsageError(error.message);
    throw error;
  }
}

async function admit(loaded: readonly Loaded[]): Promise<void> {
  try {
    await admitDeclarations(loaded);
  } catch (error) {
    if (error instanceof SchemasRefused) throw new UsageError(error.message);
    throw error;
  }
}

const kinds = {
  participant: 'участник / participant',
  messageType: 'вид сведений / message type',
  trustAnchor: 'доверенный УЦ / trust anchor',
  intermediate: 'промежуточный УЦ / intermediate authority',
} as const;

const changeWords = {
  added: ['+', 'добавлено / added'],
  changed: ['~', 'изменено / changed'],
  unchanged: ['=', 'без изменений / unchanged'],
} as const;

function report(changes: readonly Change[], plan: boolean): string {
  const lines = changes.flatMap(({ kind, id, change, differences }) => {
    const [sign, words] = changeWords[change];
    return [
      `${sign} ${kinds[kind]} ${id}: ${words}`,
      ...differences.map((difference) => `    ${tell(difference)}`),
    ];
  });
  return [...lines, conclusion(changes, plan)].join('\n');
}

function tell({ field, before, after }: Change['differences'][number]): string {
  if (before === undefined) return `+ ${field}: ${after}`;
  if (after === undefined) return `- ${field}: ${before}`;
  return `~ ${field}: ${before} → ${after}`;
}

function conclusion(changes: readonly Change[], plan: boolean): string {
  if (changes.every(({ change }) => change === 'unchanged')) {
    return 'Ничего не меняется / nothing changes.';
  }
  return plan
    ? 'Это план: ничего не изменено / this is a plan: nothing was changed.'
    : 'Применено; узлы узнают не позже чем через 2 с / applied; every node has it within 2 s.';
}
