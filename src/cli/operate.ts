import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import { JournalWriter } from '../journal/writer.ts';
import { type ApplyContext, ApplyRefused } from '../participants/apply.ts';
import { seedSandbox } from '../participants/seed.ts';
import { openForChange } from './open.ts';

/** What a command that changes something works with. */
export type Operating = ApplyContext & { readonly config: Config };

type Work<T> = (context: Operating & { readonly journal: JournalWriter }) => Promise<T>;

/**
 * Runs a command that changes what operators declare, as the user of the operating system: in a
 * sandbox that is new, over what a sandbox begins with.
 *
 * @param options plan: make nothing
 * @throws UsageError, UnreachableError as openForChange
 */
export async function operate<T>(options: { readonly plan: boolean }, work: Work<T>): Promise<T> {
  const { database, config } = await openForChange(options);
  try {
    const context = {
      config,
      database,
      journal: new JournalWriter(database, config.node.id),
      who: userInfo().username,
      now: systemClock.now,
      random: randomBytes,
    };
    if (config.profile === 'sandbox') await seedSandbox(context);
    return await work(context);
  } finally {
    await database.close();
  }
}

/**
 * The same for a command that changes one thing: what contradicts is told in a sentence.
 *
 * @throws Error with that sentence; UsageError, UnreachableError as operate
 */
export async function operateOrRefuse<T>(
  work: Work<T>,
  options: { readonly plan: boolean } = { plan: false },
): Promise<T> {
  try {
    return await operate(options, work);
  } catch (error) {
    if (error instanceof ApplyRefused) throw new Error(`отказ / refused: ${error.message}`);
    throw error;
  }
}
