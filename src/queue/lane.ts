import type { Millis } from '../clock.ts';

export interface Job {
  readonly exchangeId: string;
  readonly notBefore: Millis;
}

/** The jobs of one route, by their time; at most so many, the latest are left to the sweep. */
export class Lane {
  /** Attempts under way. */
  running = 0;
  readonly #max: number;
  readonly #times = new Map<string, Millis>();
  /** Ordered by time. */
  #jobs: Job[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isIdle(): boolean {
    return this.running === 0 && this.#jobs.length === 0;
  }

  /** A job that is known already keeps its earlier time. */
  add(job: Job): void {
    const known = this.#times.get(job.exchangeId);
    if (known !== undefined) {
      if (known <= job.notBefore) return;
      this.#jobs = this.#jobs.filter(({ exchangeId }) => exchangeId !== job.exchangeId);
    }
    this.#jobs.splice(this.#placeOf(job.notBefore), 0, job);
    this.#times.set(job.exchangeId, job.notBefore);
    if (this.#jobs.length <= this.#max) return;
    const latest = this.#jobs.pop();
    if (latest !== undefined) this.#times.delete(latest.exchangeId);
  }

  /** Takes out the first job whose time has come. */
  take(now: Millis, isRunning: (exchangeId: string) => boolean): Job | undefined {
    const at = this.#jobs.findIndex(
      ({ exchangeId, notBefore }) => notBefore > now || !isRunning(exchangeId),
    );
    const job = this.#jobs[at];
    if (job === undefined || job.notBefore > now) return undefined;
    this.#jobs.splice(at, 1);
    this.#times.delete(job.exchangeId);
    return job;
  }

  /** When the next job is due that does not wait for its own earlier attempt. */
  nextTime(isRunning: (exchangeId: string) => boolean): Millis | undefined {
    return this.#jobs.find(({ exchangeId }) => !isRunning(exchangeId))?.notBefore;
  }

  /** After all jobs of the same or an earlier time. */
  #placeOf(time: Millis): number {
    let low = 0;
    let high = this.#jobs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#jobs[middle]?.notBefore ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
