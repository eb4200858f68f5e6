import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { findDue, type Waits } from './delivery.ts';
import { takeDuty } from './duty.ts';
import type { DeliveryQueue } from './queue.ts';

export interface SweepSettings extends Waits {
  readonly sweepEveryMs: number;
  /** Jobs that an engine is told of at once, in each lane. */
  readonly laneWaitingMax: number;
  readonly breaker: { readonly openMaxMs: number };
}

/**
 * Tells an engine again and again of the work that is due in the database: after a restart, of
 * another process that died, and of jobs that the engine lost. The first look is at once.
 */
export class Sweep {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: SweepSettings;
  readonly #shared: boolean;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  /** @param shared whether other processes tell the same engine */
  constructor(
    database: Database,
    clock: Clock,
    settings: SweepSettings,
    shared: boolean,
    failed: (error: unknown) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    this.#shared = shared;
    this.#failed = failed;
  }

  start(queue: Pick<DeliveryQueue, 'enqueue' | 'wants'>): void {
    this.#looking = this.#look(queue).then(() => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => this.start(queue), this.#settings.sweepEveryMs);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(queue: Pick<DeliveryQueue, 'enqueue' | 'wants'>): Promise<void> {
    try {
      const { kysely } = this.#database;
      const { laneWaitingMax, sweepEveryMs, breaker } = this.#settings;
      const now = this.#clock.now();
      // Of the processes that share an engine one looks; where it dies, another does at the next turn.
      const forMs = Math.floor(sweepEveryMs / 2);
      if (this.#shared && !(await takeDuty(kysely, 'sweep', now, forMs))) return;
      const due = await findDue(kysely, now, laneWaitingMax, {
        ...this.#settings,
        openMaxMs: breaker.openMaxMs,
      });
      for (const lane of new Set(due.map((each) => each.lane))) {
        const wanted = Math.max(await queue.wants(lane), 0);
        const ofLane = due.filter((each) => each.lane === lane);
        for (const each of ofLane.slice(0, wanted)) queue.enqueue(each);
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}
