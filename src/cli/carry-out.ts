import type { Command } from 'commander';
import { recordedMessages } from '../exchange/recorded.ts';
import { type Rehearsal, rehearse } from '../exchange/rehearse.ts';
import { type Trial, tryOut } from '../participants/trial.ts';
import { trustingOf } from './open.ts';
import { type Operating, operateOrRefuse } from './operate.ts';
import { UsageError } from './run.ts';

/** What commands that change declarations take besides. */
export interface PlanOptions {
  readonly plan?: true;
  readonly last?: string;
}

const lastDefault = 1000;
const lastMax = 100_000;
const progressEveryMs = 2000;

/** Adds --plan and --last. */
export function withPlan(command: Command): Command {
  return command
    .option(
      '--plan',
      'change nothing: show what it would do, and which recorded messages it would refuse; ends with 1 where there are any',
    )
    .option(
      '--last <n>',
      `with --plan: how many recorded messages, the last ones (default ${lastDefault})`,
    );
}

/** A change that was made, or one that was planned. */
export interface CarriedOut<T> {
  readonly outcome: T;
  /** Undefined where it was made. */
  readonly rehearsal: Rehearsal | undefined;
}

/**
 * Makes a change; with --plan makes it, rehearses the last recorded messages on what came of it, and
 * leaves nothing of it.
 *
 * @throws Error with a sentence where the change is refused; UsageError, UnreachableError as operate
 */
export function carryOut<T>(
  { plan, last }: PlanOptions,
  change: (context: Operating) => Promise<T>,
): Promise<CarriedOut<T>> {
  const count = lastOf(last);
  if (plan === undefined && last !== undefined)
    throw new UsageError('--last: с --plan / with --plan');
  return operateOrRefuse(
    async (context) => {
      if (plan === undefined) return { outcome: await change(context), rehearsal: undefined };
      const trial = await tryOut(context.journal, trustingOf(context.config), (journal) =>
        change({ ...context, journal }),
      );
      return { outcome: trial.outcome, rehearsal: await rehearseLast(context, trial, count) };
    },
    { plan: plan === true },
  );
}

/** @throws UsageError */
export function lastOf(last = String(lastDefault)): number {
  if (/^[1-9]\d{0,5}$/.test(last) && Number(last) <= lastMax) return Number(last);
  throw new UsageError(`--last: 1 … ${lastMax}`);
}

function rehearseLast(
  { database, config, now }: Operating,
  { before, after }: Trial<unknown>,
  last: number,
): Promise<Rehearsal> {
  const messages = recordedMessages(database.kysely, last);
  const { partsMax } = config.attachments;
  let told = now();
  const progress = (done: number) => {
    if (now() - told < progressEveryMs) return;
    told = now();
    process.stderr.write(`репетиция / rehearsal: ${done} / ${last}\n`);
  };
  return rehearse(messages, before, after, { now: now(), partsMax, progress });
}
