import type { Millis } from '../clock.ts';

/** When guessing is stopped. Times are in ms. */
export interface LockoutRules {
  /** So many failures of a user, or of an address, lock both. */
  readonly failures: number;
  /** Failures count together that lie no further apart than this. */
  readonly withinMs: number;
  readonly lockedMs: number;
}

interface Guesses {
  /** Times of failures, oldest first; no more than the rules count. */
  failures: readonly Millis[];
  lockedUntil: Millis;
  /** After this nothing of it matters. */
  forgetAt: Millis;
}

const keysMax = 20_000;

/**
 * Who may not log in for a time. Whether a user exists is not asked: unknown ones are locked as well.
 * Memory is bounded: beyond it the records that have been quiet for longest are forgotten.
 */
export class Lockout {
  readonly #rules: LockoutRules;
  readonly #keysMax: number;
  readonly #records = new Map<string, Guesses>();

  constructor(rules: LockoutRules, most: number = keysMax) {
    this.#rules = rules;
    this.#keysMax = most;
  }

  locked(user: string, address: string, now: Millis): boolean {
    return keysOf(user, address).some((key) => (this.#records.get(key)?.lockedUntil ?? 0) > now);
  }

  /** @returns whether this failure locked them */
  failed(user: string, address: string, now: Millis): boolean {
    const { failures: most, lockedMs } = this.#rules;
    const records = keysOf(user, address).map((key) => this.#count(key, now));
    const locks = records.some(({ failures }) => failures.length >= most);
    for (const record of locks ? records : []) {
      record.failures = [];
      record.lockedUntil = now + lockedMs;
      record.forgetAt = record.lockedUntil;
    }
    return locks;
  }

  #count(key: string, now: Millis): Guesses {
    const { withinMs } = this.#rules;
    const before = this.#records.get(key);
    const failures = [...(before?.failures ?? []).filter((at) => at > now - withinMs), now];
    const lockedUntil = before?.lockedUntil ?? 0;
    const record = { failures, lockedUntil, forgetAt: Math.max(lockedUntil, now + withinMs) };
    // Set anew, so that the order of the map is that of the last failures.
    this.#records.delete(key);
    this.#makeRoom(now);
    this.#records.set(key, record);
    return record;
  }

  #makeRoom(now: Millis): void {
    for (const [key, { forgetAt }] of this.#records) {
      if (forgetAt > now && this.#records.size < this.#keysMax) return;
      this.#records.delete(key);
    }
  }
}

function keysOf(user: string, address: string): string[] {
  return [`user ${user}`, `address ${address}`];
}
