import type { Millis } from '../clock.ts';
import type { Due } from './delivery.ts';

/** The jobs of one lane: those whose time has come in their turn; at most so many in all. */
export class Lane {
  /** Attempts under way. */
  running = 0;
  /** When the attempts of late began, for the rate. */
  #began: Millis[] = [];
  readonly #max: number;
  readonly #known = new Map<string, Due>();
  /** Ordered by time. */
  #later: Due[] = [];
  /** Ordered by turn. */
  #ready: Due[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isIdle(): boolean {
    return this.running === 0 && this.#known.size === 0;
  }

  /** How many more it takes. */
  get room(): number {
    return this.#max - this.#known.size;
  }

  /** A job that is known already keeps its earlier time. Beyond the room it is left to the sweep. */
  add(job: Due): void {
    const known = this.#known.get(job.exchange_id);
    if (known !== undefined) {
      if (known.due_at <= job.due_at) return;
      this.#forget(known);
    }
    if (this.room <= 0) return;
    this.#known.set(job.exchange_id, job);
    insert(this.#later, job, (each) => each.due_at);
  }

  /** Takes out the job whose turn is first of those whose time has come. */
  take(now: Millis, isRunning: (exchangeId: string) => boolean): Due | undefined {
    while ((this.#later[0]?.due_at ?? Number.POSITIVE_INFINITY) <= now) {
      const due = this.#later.shift();
      if (due !== undefined) insert(this.#ready, due, ({ turn }) => turn);
    }
    const job = this.#ready.find(({ exchange_id }) => !isRunning(exchange_id));
    if (job === undefined) return undefined;
    this.#forget(job);
    return job;
  }

  /** When the next job is due that does not wait for its own earlier attempt. */
  nextTime(isRunning: (exchangeId: string) => boolean): Millis | undefined {
    const waits = ({ exchange_id }: Due) => !isRunning(exchange_id);
    return (this.#ready.find(waits) ?? this.#later.find(waits))?.due_at;
  }

  /** An attempt begins. */
  begin(now: Millis): void {
    this.running += 1;
    this.#began.push(now);
  }

  /** From when on another attempt may begin under the rate. */
  freeAt(now: Millis, rate: { readonly max: number; readonly perMs: number } | undefined): Millis {
    if (rate === undefined) {
      this.#began = [];
      return now;
    }
    this.#began = this.#began.filter((at) => at > now - rate.perMs && at <= now);
    const first = this.#began.at(-rate.max);
    return this.#began.length < rate.max || first === undefined ? now : first + rate.perMs;
  }

  #forget(job: Due): void {
    this.#known.delete(job.exchange_id);
    const others = (each: Due) => each.exchange_id !== job.exchange_id;
    this.#later = this.#later.filter(others);
    this.#ready = this.#ready.filter(others);
  }
}

/** Puts in after all of the same or a lower place. */
function insert(jobs: Due[], job: Due, placeOf: (job: Due) => number): void {
  const place = placeOf(job);
  let low = 0;
  let high = jobs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = jobs[middle];
    if (there !== undefined && placeOf(there) <= place) low = middle + 1;
    else high = middle;
  }
  jobs.splice(low, 0, job);
}
