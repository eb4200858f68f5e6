import type { Fault } from '../fault/fault.ts';
import type { RecordedMessage } from './recorded.ts';

/** Messages that fare alike: of one system, certificate and type, by one code, from one moment on. */
export interface Group {
  /** The first of the moments at which it is so, ms UTC. */
  readonly moment: number;
  readonly code: Fault['code'];
  readonly system: string;
  readonly certificate: string;
  readonly messageType: string;
  readonly count: number;
  readonly first: Mark;
  readonly last: Mark;
  /** Of the last message. */
  readonly fault: Fault;
}

/** A message and when it was taken, ms UTC. */
export interface Mark {
  readonly messageId: string;
  readonly acceptedAt: number;
}

/** Gathers messages, the latest first, into groups; only groups are held. */
export class Tally {
  readonly #groups = new Map<string, Group>();

  add({ fault, moment }: { fault: Fault; moment: number }, message: RecordedMessage): void {
    const { system, certificate, messageType, messageId, acceptedAt } = message;
    const { code } = fault;
    const mark = { messageId, acceptedAt };
    const key = JSON.stringify([moment, code, system, certificate, messageType]);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      this.#groups.set(key, { ...group, count: group.count + 1, first: mark });
      return;
    }
    const about = { moment, code, system, certificate, messageType, fault };
    this.#groups.set(key, { ...about, count: 1, first: mark, last: mark });
  }

  /** By moment, then the largest first. */
  get groups(): readonly Group[] {
    return [...this.#groups.values()].sort((a, b) => a.moment - b.moment || b.count - a.count);
  }
}
