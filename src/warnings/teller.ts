import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { leaveDuty, takeDuty } from '../queue/duty.ts';
import type { Database } from '../store/database.ts';
import { dueOf, goneOf } from './due.ts';
import type { Ending } from './ending.ts';
import { forgetTold, readTold, recordTold } from './told.ts';
import { NotTold, type Way } from './way.ts';

/** How often a process looks at what ends, ms. */
export const lookEveryMs = 60_000;
const pauseMaxMs = 30 * 60_000;
/** Longer than any way may take; whoever dies with the duty loses it after this. */
const dutyMs = 5 * 60_000;
/** A letter has an end; what is left over is told at the next look. */
const warningsMax = 200;

/** What a teller needs of its process. */
export interface TellerContext {
  readonly database: Pick<Database, 'kysely'>;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Counts a letter that was not taken. */
  failed(way: Way['name']): void;
}

/**
 * Tells by one way what is due and was not told by any node of the database, all of a look in one letter:
 * one node at a time does. What could not be told is due again after a pause that grows to half an hour; a
 * process that dies between telling and noting it has it told again.
 */
export class Teller {
  readonly way: Way;
  readonly #context: TellerContext;
  readonly #days: readonly number[];
  #failures = 0;
  #notBefore = 0;
  #untold = 0;

  constructor(context: TellerContext, days: readonly number[], way: Way) {
    this.#context = context;
    this.#days = days;
    this.way = way;
  }

  /** What was due at the last look and could not be told. */
  get untold(): number {
    return this.#untold;
  }

  /** @param endings all that ends: what nodes share, and this node's own */
  async look(endings: readonly Ending[], signal: AbortSignal): Promise<void> {
    const { clock, database } = this.#context;
    const { kysely } = database;
    const began = clock.now();
    // A pause further ahead than one is made was made before the clock was set back.
    if (began < this.#notBefore && this.#notBefore <= began + pauseMaxMs) return;
    const duty = `warnings by ${this.way.name}`;
    if (!(await takeDuty(kysely, duty, began, dutyMs))) return;
    try {
      await this.#tellDue(endings, signal);
      this.#failures = 0;
    } catch (error) {
      this.#pauseAfter(error, signal);
    } finally {
      // Another node may reach what this one does not.
      await leaveDuty(kysely, duty, clock.now());
    }
  }

  async #tellDue(endings: readonly Ending[], signal: AbortSignal): Promise<void> {
    const { clock, database, nodeId: node, log } = this.#context;
    const { kysely } = database;
    const at = clock.now();
    const told = await readTold(kysely, this.way.name);
    const due = dueOf(endings, told, this.#days, at);
    this.#untold = due.length;
    const warnings = due.slice(0, warningsMax);
    if (warnings.length > 0) {
      const answer = await this.way.tell({ node, at, test: false, warnings }, signal);
      await recordTold(kysely, this.way.name, warnings, at);
      this.#untold -= warnings.length;
      log.info({ way: this.way.name, warnings: warnings.length, answer }, 'warnings told');
    }
    await forgetTold(kysely, this.way.name, goneOf(told, endings, at));
  }

  #pauseAfter(error: unknown, signal: AbortSignal): void {
    const { clock, log, failed } = this.#context;
    if (signal.aborted) return;
    failed(this.way.name);
    this.#failures += 1;
    const pause = Math.min(pauseMaxMs, lookEveryMs * 2 ** (this.#failures - 1));
    this.#notBefore = clock.now() + pause;
    const facts = { way: this.way.name, waiting: this.#untold, againInMs: pause };
    const why = error instanceof NotTold ? error.message : String(error);
    log.warn({ ...facts, why }, 'warnings could not be told');
  }
}
