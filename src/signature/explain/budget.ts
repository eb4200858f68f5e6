/** How much may be tried: variants, and octets over all of them. */
export interface Limits {
  readonly variants: number;
  readonly octets: number;
}

/** For a person who waits at the command line: seconds. */
export const patientLimits: Limits = { variants: 5000, octets: 300_000_000 };

/** For a refusal: a hostile message must not cost much more than an honest one. */
export const refusalLimits: Limits = { variants: 20, octets: 1_000_000 };

/** What is left to try; no clock is asked, so that the same message gets the same answer. */
export class Budget {
  #variants: number;
  #octets: number;

  constructor({ variants, octets }: Limits) {
    this.#variants = variants;
    this.#octets = octets;
  }

  /** Takes one variant of this many octets; false where that is more than is left. */
  spend(octets: number): boolean {
    if (this.#variants < 1 || this.#octets < octets) return false;
    this.#variants -= 1;
    this.#octets -= octets;
    return true;
  }
}
