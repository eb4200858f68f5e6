const rememberedMax = 1000;

/** So often the files of a message are asked for before it counts as one whose files cannot be had. */
export const triesMax = 5;

/** How often the files of each message could not be had, in this process. */
export class Tries {
  readonly #count = new Map<string, number>();

  /** @returns how often by now */
  note(messageId: string): number {
    const count = (this.#count.get(messageId) ?? 0) + 1;
    this.#count.set(messageId, count);
    const [eldest] = this.#count.keys();
    if (this.#count.size > rememberedMax && eldest !== undefined) this.#count.delete(eldest);
    return count;
  }
}
