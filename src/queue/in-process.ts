import type { Clock, Millis } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { claimDelivery } from './delivery.ts';
import { type Job, Lane } from './lane.ts';
import type { Attempt, DeliveryQueue } from './queue.ts';
import { Sweep, type SweepSettings } from './sweep.ts';

export interface InProcessSettings extends SweepSettings {
  /** Attempts at once in all lanes. */
  readonly concurrency: number;
  /** Attempts at once in one lane: a slow agency holds up no other. */
  readonly laneConcurrency: number;
  /** An attempt that takes longer is given up and tried again. */
  readonly attemptMaxMs: number;
}

/** The embedded engine: jobs in memory, bounded, over the deliveries in the database. */
export class InProcessQueue implements DeliveryQueue {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: InProcessSettings;
  readonly #failed: (error: unknown, exchangeId?: string) => void;
  readonly #sweep: Sweep;
  /** In the order of their turn: a lane that began an attempt goes to the end. */
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Map<string, Promise<void>>();
  #attempt: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param failed told of errors that no attempt should throw; the sweep tries such work again */
  constructor(
    database: Database,
    clock: Clock,
    settings: InProcessSettings,
    failed: (error: unknown, exchangeId?: string) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    this.#failed = failed;
    this.#sweep = new Sweep(database, clock, settings, failed);
  }

  start(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#sweep.start(this);
    this.#pump();
  }

  enqueue(exchangeId: string, lane: string, notBefore: Millis): void {
    let line = this.#lanes.get(lane);
    if (line === undefined) {
      line = new Lane(this.#settings.laneWaitingMax);
      this.#lanes.set(lane, line);
    }
    line.add({ exchangeId, notBefore });
    this.#pump();
  }

  async stop(withinMs: number): Promise<void> {
    this.#attempt = undefined;
    clearTimeout(this.#timer);
    await this.#sweep.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([Promise.allSettled(this.#running.values()), late]);
    clearTimeout(timer);
  }

  /** Begins what may begin, and wakes at the time of what is due next. */
  #pump(): void {
    clearTimeout(this.#timer);
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    while (this.#running.size < this.#settings.concurrency && this.#beginOne(attempt)) {}
    if (this.#running.size >= this.#settings.concurrency) return;
    const next = this.#nextTime();
    if (next === undefined) return;
    const wait = Math.min(Math.max(next - this.#clock.now(), 1), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#pump(), wait);
  }

  #beginOne(attempt: Attempt): boolean {
    const now = this.#clock.now();
    for (const [name, lane] of this.#lanes) {
      if (lane.running >= this.#settings.laneConcurrency) continue;
      const job = lane.take(now, (id) => this.#running.has(id));
      if (job === undefined) continue;
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      lane.running += 1;
      this.#running.set(job.exchangeId, this.#run(job, name, lane, attempt));
      return true;
    }
    return false;
  }

  async #run({ exchangeId }: Job, name: string, lane: Lane, attempt: Attempt): Promise<void> {
    try {
      const claimed = await claimDelivery(this.#database.kysely, exchangeId, {
        now: this.#clock.now(),
        attemptMs: this.#settings.attemptMaxMs,
      });
      if (claimed !== undefined) await attempt(claimed);
    } catch (error) {
      this.#failed(error, exchangeId);
    } finally {
      lane.running -= 1;
      this.#running.delete(exchangeId);
      if (lane.isIdle) this.#lanes.delete(name);
      this.#pump();
    }
  }

  /** The earliest time in the lanes that have room. */
  #nextTime(): Millis | undefined {
    const times = [...this.#lanes.values()]
      .filter((lane) => lane.running < this.#settings.laneConcurrency)
      .flatMap((lane) => lane.nextTime((id) => this.#running.has(id)) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
