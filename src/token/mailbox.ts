/// <reference lib="es2024.sharedmemory" />
import { Fault } from '../fault/fault.ts';
import type { Mechanism } from './cryptoki.ts';

/** A signature that is asked of a token. */
export interface TokenOrder {
  /** A PKCS#11 URI. */
  readonly uri: string;
  readonly mechanism: Mechanism;
  /** A DigestInfo for RSA, a digest for ECDSA. */
  readonly data: Uint8Array;
}

/**
 * Memory that threads share: whoever asks is in the middle of a synchronous work and cannot wait for
 * messages. It writes its order into a free slot, rings the bell, and sleeps until the slot changes.
 */
export type Mailbox = SharedArrayBuffer;

// More than the threads of two pools (compute.threads is 256 at most).
const slotCount = 600;
const slotBytes = 4096;
const state = { free: 0, writing: 1, asked: 2, signed: 3, failed: 4, left: 5 } as const;
const withinMs = 12_000;

/** At the front stand the bell and, for each slot, its state and the length of its text. */
const headerBytes = 8 + slotCount * 8;

export function newMailbox(): Mailbox {
  return new SharedArrayBuffer(headerBytes + slotCount * slotBytes);
}

const stateAt = (slot: number) => 2 + slot * 2;

class Slots {
  readonly header: Int32Array;
  readonly #octets: Uint8Array;

  constructor(mailbox: Mailbox) {
    this.header = new Int32Array(mailbox, 0, headerBytes / 4);
    this.#octets = new Uint8Array(mailbox, headerBytes);
  }

  write(slot: number, octets: Uint8Array): void {
    this.#octets.set(octets.subarray(0, slotBytes), slot * slotBytes);
    this.header[stateAt(slot) + 1] = Math.min(octets.byteLength, slotBytes);
  }

  read(slot: number): Buffer {
    const length = this.header[stateAt(slot) + 1] ?? 0;
    return Buffer.from(this.#octets.slice(slot * slotBytes, slot * slotBytes + length));
  }
}

/**
 * The side of those who ask. Blocks the thread until the token has signed, or has not in time.
 *
 * @throws Fault SIGNING_UNAVAILABLE
 */
export function askToken(mailbox: Mailbox, order: TokenOrder): Buffer {
  const slots = new Slots(mailbox);
  const { header } = slots;
  const slot = freeSlot(header);
  const at = stateAt(slot);
  slots.write(slot, Buffer.from(textOf(order)));
  Atomics.store(header, at, state.asked);
  Atomics.add(header, 0, 1);
  Atomics.notify(header, 0);
  Atomics.wait(header, at, state.asked, withinMs);
  const found = Atomics.compareExchange(header, at, state.asked, state.left);
  if (found === state.asked) throw unavailable('токен молчит / the token is silent');
  const octets = slots.read(slot);
  Atomics.store(header, at, state.free);
  if (found === state.failed) throw unavailable(octets.toString());
  return octets;
}

function freeSlot(header: Int32Array): number {
  for (let slot = 0; slot < slotCount; slot += 1) {
    const found = Atomics.compareExchange(header, stateAt(slot), state.free, state.writing);
    if (found === state.free) return slot;
  }
  throw unavailable('слишком много подписей сразу / too many signatures at once');
}

function unavailable(why: string): Fault {
  return new Fault('SIGNING_UNAVAILABLE', { private: `token: ${why}` });
}

function textOf({ uri, mechanism, data }: TokenOrder): string {
  return JSON.stringify({ uri, mechanism, data: Buffer.from(data).toString('base64') });
}

function orderOf(text: string): TokenOrder {
  const { uri, mechanism, data } = JSON.parse(text) as TokenOrder & { readonly data: string };
  return { uri, mechanism, data: Buffer.from(data, 'base64') };
}

/** An order that was taken out; one of the two is called once. */
export interface TakenOrder extends TokenOrder {
  signed(value: Uint8Array): void;
  failed(why: string): void;
}

/** The side of the one thread that answers: gives every order to `take` as it comes. Never ends. */
export async function emptyMailbox(
  mailbox: Mailbox,
  take: (order: TakenOrder) => void,
): Promise<never> {
  const slots = new Slots(mailbox);
  const taken = new Set<number>();
  for (;;) {
    const rung = Atomics.load(slots.header, 0);
    for (let slot = 0; slot < slotCount; slot += 1) {
      if (!taken.has(slot)) visit(slots, slot, taken, take);
    }
    const bell = Atomics.waitAsync(slots.header, 0, rung);
    if (bell.async) await bell.value;
  }
}

function visit(
  slots: Slots,
  slot: number,
  taken: Set<number>,
  take: (order: TakenOrder) => void,
): void {
  const { header } = slots;
  const at = stateAt(slot);
  // Left by one who waited no longer, before it was taken.
  Atomics.compareExchange(header, at, state.left, state.free);
  if (Atomics.load(header, at) !== state.asked) return;
  taken.add(slot);
  const end = (octets: Uint8Array, to: number) => {
    taken.delete(slot);
    slots.write(slot, octets);
    const found = Atomics.compareExchange(header, at, state.asked, to);
    if (found === state.left) Atomics.store(header, at, state.free);
    Atomics.notify(header, at);
  };
  take({
    ...orderOf(slots.read(slot).toString()),
    signed: (value) => end(value, state.signed),
    failed: (why) => end(Buffer.from(why), state.failed),
  });
}
