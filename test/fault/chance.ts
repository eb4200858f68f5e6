/** A seeded row of numbers in [0, 1): the same seed, the same row (mulberry32). */
export class Chance {
  #state: number;
  readonly seed: number;

  /** @param seed the number that MEZHVED_SEED gives, else a new one; printed by whoever draws */
  constructor(seed = Number(process.env['MEZHVED_SEED'] ?? Math.floor(Math.random() * 2 ** 31))) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return Math.floor(low + this.next() * (high - low));
  }
}
