import type { Transaction } from 'kysely';
import { Fault } from '../fault/fault.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** What surrounds the works of one transaction: a scope for them to work in, and its end. */
export interface Surround<S> {
  open(tx: Transaction<Tables>): S;
  close(tx: Transaction<Tables>, scope: S): Promise<void>;
}

export interface GroupLimits {
  /** Works in one transaction at most. */
  readonly batchMax: number;
  /** Works that may wait; more are refused as BUSY. */
  readonly waitingMax: number;
  /** Where works have waited longer than this, ms, no more may join them. */
  readonly patienceMs: number;
}

interface Waiting<S> {
  readonly work: (scope: S) => Promise<unknown>;
  /** By the monotonic clock, ms. */
  readonly since: number;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers the works that arrive while a transaction is under way and runs them, one after another,
 * in one transaction of their own: many messages share one sync of the disk. A promise resolves
 * only after its COMMIT.
 */
export class GroupCommit<S> {
  readonly #database: Database;
  readonly #surround: Surround<S>;
  readonly #limits: GroupLimits;
  #waiting: Waiting<S>[] = [];
  #running: Promise<void> | undefined;

  constructor(database: Database, surround: Surround<S>, limits: GroupLimits) {
    this.#database = database;
    this.#surround = surround;
    this.#limits = limits;
  }

  /**
   * Runs the work in a transaction that it may share with others. When one of them throws, the whole
   * transaction is rolled back and each is run again alone: a work must bear being run twice, and
   * must change nothing but through its scope. It must not wait for another connection either:
   * SQLite has one, and this transaction holds it.
   *
   * @throws Fault BUSY, also where the disk is full, and whatever the work throws; when COMMIT itself fails, that error, and the
   * work may or may not be on disk
   */
  run<T>(work: (scope: S) => Promise<T>): Promise<T> {
    if (this.#isFull()) return Promise.reject(new Fault('BUSY'));
    return new Promise<T>((resolve, reject) => {
      const since = performance.now();
      this.#waiting.push({ work, since, resolve: resolve as (value: never) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  /** A store that is slow takes fewer works, so that no caller waits for long and asks again meanwhile. */
  #isFull(): boolean {
    const [first] = this.#waiting;
    const { batchMax, patienceMs, waitingMax } = this.#limits;
    if (first === undefined || this.#waiting.length < batchMax) return false;
    if (this.#waiting.length >= waitingMax) return true;
    return performance.now() - first.since > patienceMs;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when nothing is under way or waiting. */
  async drain(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    // One turn of the event loop lets what arrived together go together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.batchMax);
      await this.#commit(batch);
    }
    this.#running = undefined;
  }

  async #commit(batch: readonly Waiting<S>[]): Promise<void> {
    const progress = { worked: false };
    try {
      const results = await again(() => this.#transact(batch, progress));
      batch.forEach(({ resolve }, index) => {
        resolve(results[index] as never);
      });
    } catch (error) {
      // After a COMMIT that failed nobody knows what is on disk: running again might do it twice.
      const apart = batch.length > 1 && !progress.worked;
      if (apart) for (const each of batch) await this.#commit([each]);
      else for (const { reject } of batch) reject(inWords(error));
    }
  }

  #transact(batch: readonly Waiting<S>[], progress: { worked: boolean }): Promise<unknown[]> {
    return this.#database.kysely.transaction().execute(async (tx) => {
      const scope = this.#surround.open(tx);
      const results: unknown[] = [];
      for (const { work } of batch) results.push(await work(scope));
      await this.#surround.close(tx, scope);
      progress.worked = true;
      return results;
    });
  }
}

// SQLITE_FULL, and PostgreSQL's disk_full: nothing was written, and there will be room again.
const full = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', '53100', 'ENOSPC']);

function inWords(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !full.has(code)) return error;
  return new Fault('BUSY', { private: `no room in the store: ${code}`, cause: error });
}

// PostgreSQL ends one of two transactions that wait for each other; nothing of it stays, and the same
// works go through another time (SQLSTATE deadlock_detected, serialization_failure).
const passing = new Set(['40P01', '40001']);
const tries = 3;

async function again<T>(transact: () => Promise<T>): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await transact();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (left <= 1 || typeof code !== 'string' || !passing.has(code)) throw error;
    }
  }
}
