/** How much may be tried. */
export interface Limits {
  readonly variants: number;
  /** Octets that may be written and digested, over all variants. */
  readonly octets: number;
  /** The other hash functions are tried where at most this many things else were changed. */
  readonly changesWithOtherHash: number;
}

/** For a person who waits at the command line: seconds. */
export const patientLimits: Limits = {
  variants: 5000,
  octets: 60_000_000,
  changesWithOtherHash: 1,
};

/** For a refusal: a hostile message must not cost much more than an honest one. */
export const refusalLimits: Limits = { variants: 20, octets: 200_000, changesWithOtherHash: 0 };

/** What is left to try; no clock is asked, so that the same message gets the same answer. */
export class Budget {
  readonly changesWithOtherHash: number;
  #variants: number;
  #octets: number;

  constructor({ variants, octets, changesWithOtherHash }: Limits) {
    this.changesWithOtherHash = changesWithOtherHash;
    this.#variants = variants;
    this.#octets = octets;
  }

  /** Takes one variant of this many octets; false where that is more than is left. */
  spend(octets: number): boolean {
    if (this.#variants < 1 || !this.spendOctets(octets)) return false;
    this.#variants -= 1;
    return true;
  }

  /** Takes octets for more work on the same variant. */
  spendOctets(octets: number): boolean {
    if (this.#octets < octets) return false;
    this.#octets -= octets;
    return true;
  }
}
