import type { Clock, Millis } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { attemptOnce, type ClaimSettings } from './claim.ts';
import type { Due } from './delivery.ts';
import { endWithin } from './end-within.ts';
import { Lane } from './lane.ts';
import type { Attempt, DeliveryQueue, LaneRules } from './queue.ts';
import { Sweep, type SweepSettings } from './sweep.ts';

export interface InProcessSettings extends SweepSettings, ClaimSettings {
  readonly breaker: SweepSettings['breaker'] & ClaimSettings['breaker'];
  /** Attempts at once in all lanes. */
  readonly concurrency: number;
}

/** The embedded engine: jobs in memory, bounded, over the deliveries in the database. */
export class InProcessQueue implements DeliveryQueue {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: InProcessSettings;
  readonly #rulesOf: (lane: string) => LaneRules;
  readonly #failed: (error: unknown, exchangeId?: string) => void;
  readonly #sweep: Sweep;
  /** In the order of their turn: a lane that began an attempt goes to the end. */
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #attempt: Attempt | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param failed told of errors that no attempt should throw; the sweep tries such work again */
  constructor(
    database: Database,
    clock: Clock,
    settings: InProcessSettings,
    rulesOf: (lane: string) => LaneRules,
    failed: (error: unknown, exchangeId?: string) => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
    this.#rulesOf = rulesOf;
    this.#failed = failed;
    this.#sweep = new Sweep(database, clock, settings, false, failed);
  }

  start(attempt: Attempt): void {
    this.#attempt = attempt;
    this.#sweep.start(this);
    this.#pump();
  }

  enqueue(due: Due): void {
    let line = this.#lanes.get(due.lane);
    if (line === undefined) {
      line = new Lane(this.#settings.laneWaitingMax);
      this.#lanes.set(due.lane, line);
    }
    line.add(due);
    this.#pump();
  }

  wants(lane: string): number {
    return this.#lanes.get(lane)?.room ?? this.#settings.laneWaitingMax;
  }

  isUp(): boolean {
    return true;
  }

  async stop(withinMs: number): Promise<void> {
    this.#attempt = undefined;
    clearTimeout(this.#timer);
    await this.#sweep.stop();
    const all = Promise.allSettled(this.#running.values());
    await endWithin(all, withinMs, this.#stopping);
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
      const { concurrency, rate } = this.#rulesOf(name);
      if (lane.running >= concurrency || lane.freeAt(now, rate) > now) continue;
      const job = lane.take(now, (id) => this.#running.has(id));
      if (job === undefined) continue;
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      lane.begin(now);
      this.#running.set(job.exchange_id, this.#run(job, lane, attempt));
      return true;
    }
    return false;
  }

  async #run({ exchange_id: exchangeId, lane: name }: Due, lane: Lane, attempt: Attempt) {
    try {
      const job = { exchangeId, lane: name };
      const stopping = this.#stopping.signal;
      await attemptOnce(this.#database, this.#clock, this.#settings, attempt, job, stopping);
    } catch (error) {
      this.#failed(error, exchangeId);
    } finally {
      lane.running -= 1;
      this.#running.delete(exchangeId);
      // What began of late counts towards the rate.
      if (lane.isIdle && this.#rulesOf(name).rate === undefined) this.#lanes.delete(name);
      this.#pump();
    }
  }

  /** The earliest time in the lanes that have room. */
  #nextTime(): Millis | undefined {
    const now = this.#clock.now();
    const times = [...this.#lanes].flatMap(([name, lane]) => {
      const { concurrency, rate } = this.#rulesOf(name);
      if (lane.running >= concurrency) return [];
      const time = lane.nextTime((id) => this.#running.has(id));
      return time === undefined ? [] : [Math.max(time, lane.freeAt(now, rate))];
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
