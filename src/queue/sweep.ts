import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { findDue } from './delivery.ts';
import type { DeliveryQueue } from './queue.ts';

export interface SweepSettings {
  readonly sweepEveryMs: number;
  /** Jobs that an engine is told of at once, in each lane. */
  readonly laneWaitingMax: number;
}

/**
 * Tells an engine again and again of the work that is due in the database: after a restart, of
 * another process that died, and of jobs that the engine lost. The first look is at once.
 */
export class Sweep {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: SweepSettings;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(
    database: Database,
    clock: Clock,
    settings: SweepSettings,
    failed: (error: unknown) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    this.#failed = failed;
  }

  start(queue: Pick<DeliveryQueue, 'enqueue'>): void {
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

  async #look(queue: Pick<DeliveryQueue, 'enqueue'>): Promise<void> {
    try {
      const { laneWaitingMax } = this.#settings;
      const due = await findDue(this.#database.kysely, this.#clock.now(), laneWaitingMax);
      for (const { exchange_id, lane, due_at } of due) {
        await queue.enqueue(exchange_id, lane, due_at);
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}
