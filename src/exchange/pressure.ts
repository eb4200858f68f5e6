import { Fault } from '../fault/fault.ts';

// Nothing is taken that could not be kept: so much waits for each receiver, so much in all, and the
// last of the room is for those who hold little of it.

export interface PressureLimits {
  /** Requests that wait for one receiver: a queue, or a lane of deliveries. */
  readonly queueItemsMax: number;
  /** Requests that wait in all. */
  readonly waitingMax: number;
  /** Bytes that must be free on the disk of the data folder. */
  readonly diskFreeMin: number;
}

/** How many requests of one system wait for one receiver. */
export interface Held {
  readonly receiver: string;
  readonly sender: string;
  readonly count: number;
}

/** What was seen of the store, a moment ago. */
export interface Sight {
  readonly held: readonly Held[];
  /** Free bytes on the disk of the data folder; undefined where the node keeps nothing there. */
  readonly diskFree: number | undefined;
}

/** The tenth of a queue that only those may fill who hold less of it than their share. */
const reserved = 0.1;

/**
 * What waits, as of the last sight, with what this node took since and what left it; what other
 * processes took and gave shows with the next sight. State without a clock: whoever looks calls `see`.
 */
export class Pressure {
  readonly #limits: PressureLimits;
  #receivers = new Map<string, Map<string, number>>();
  #total = 0;
  #diskFree: number | undefined;

  constructor(limits: PressureLimits) {
    this.#limits = limits;
  }

  see({ held, diskFree }: Sight): void {
    this.#receivers = new Map();
    this.#total = 0;
    this.#diskFree = diskFree;
    for (const { receiver, sender, count } of held) this.#add(receiver, sender, count);
  }

  /** Why the node takes nothing more; undefined where it does. */
  get full(): 'disk' | 'waiting' | undefined {
    if (this.#diskFree !== undefined && this.#diskFree < this.#limits.diskFreeMin) return 'disk';
    return this.#total >= this.#limits.waitingMax ? 'waiting' : undefined;
  }

  get waiting(): number {
    return this.#total;
  }

  /** @throws Fault BUSY when the node can keep nothing more */
  checkNode(): void {
    const { full } = this;
    if (full !== undefined) throw new Fault('BUSY', { private: `no room: ${full}` });
  }

  /**
   * Is there room for one more request of this system for this receiver?
   *
   * @throws Fault QUEUE_FULL
   */
  check(receiver: string, sender: string, values: Readonly<Record<string, string>>): void {
    const senders = this.#receivers.get(receiver);
    if (senders === undefined) return;
    const { queueItemsMax } = this.#limits;
    let total = 0;
    for (const count of senders.values()) total += count;
    const share = queueItemsMax / (senders.size + (senders.has(sender) ? 0 : 1));
    const scarce = total >= queueItemsMax - Math.floor(queueItemsMax * reserved);
    if (total >= queueItemsMax || (scarce && (senders.get(sender) ?? 0) >= share)) {
      throw new Fault('QUEUE_FULL', { values });
    }
  }

  /** One more was taken. */
  note(receiver: string, sender: string): void {
    this.#add(receiver, sender, 1);
  }

  /** One left, by an answer or an acknowledgement: the next one need not wait for the next sight. */
  noteLeft(receiver: string, sender: string): void {
    if ((this.#receivers.get(receiver)?.get(sender) ?? 0) > 0) this.#add(receiver, sender, -1);
  }

  #add(receiver: string, sender: string, count: number): void {
    const senders = this.#receivers.get(receiver) ?? new Map<string, number>();
    const held = (senders.get(sender) ?? 0) + count;
    // Who holds nothing has no share.
    if (held > 0) senders.set(sender, held);
    else senders.delete(sender);
    this.#receivers.set(receiver, senders);
    this.#total += count;
  }
}

/** The name of a queue of requests, or of a lane, as a receiver. */
export function receiverOf(
  route: { kind: 'queue'; system: string } | { kind: 'connector'; lane: string },
): string {
  return route.kind === 'queue' ? `queue ${route.system}` : `lane ${route.lane}`;
}
