import { createReadStream } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import {
  type ContentDigest,
  type ContentHash,
  contentDigest,
} from '../pki/signature-algorithms.ts';

/** What the thread is told. Octets of one digest come in order. */
export type ToDigest =
  | { readonly id: number; readonly begin: readonly ContentHash[] }
  | { readonly id: number; readonly octets: Uint8Array<ArrayBuffer> }
  /** The octets of a file of the local disk, up to that many. */
  | { readonly id: number; readonly file: string; readonly octetsMax: number }
  | { readonly id: number; readonly end: 'digest' | 'drop' };

/**
 * What the thread says: that octets were taken, the digests, or what was wrong. It gives back the memory
 * that the octets came in: as garbage of this thread a gigabyte of it would wait long for its collection.
 */
export type FromDigest =
  | { readonly id: number; readonly taken: true; readonly spare?: ArrayBuffer }
  | { readonly id: number; readonly digests: readonly (readonly [ContentHash, Uint8Array])[] }
  | { readonly id: number; readonly failed: string };

const running = new Map<number, ReadonlyMap<ContentHash, ContentDigest>>();
const chunkBytes = 64 * 1024;

function update(id: number, octets: Uint8Array): void {
  for (const digest of running.get(id)?.values() ?? []) digest.update(octets);
}

async function updateFromFile(id: number, file: string, octetsMax: number): Promise<void> {
  if (octetsMax === 0) return;
  const octets = createReadStream(file, { end: octetsMax - 1, highWaterMark: chunkBytes });
  for await (const chunk of octets) update(id, chunk as Uint8Array);
}

async function perform(order: ToDigest): Promise<FromDigest | undefined> {
  const { id } = order;
  if ('begin' in order) {
    running.set(id, new Map(order.begin.map((hash) => [hash, contentDigest(hash)])));
    return undefined;
  }
  if ('octets' in order) {
    update(id, order.octets);
    return { id, taken: true, spare: order.octets.buffer };
  }
  if ('file' in order) await updateFromFile(id, order.file, order.octetsMax);
  else {
    const digests = [...(running.get(id) ?? [])];
    running.delete(id);
    if (order.end === 'drop') return undefined;
    return { id, digests: digests.map(([hash, digest]) => [hash, digest.digest()] as const) };
  }
  return { id, taken: true };
}

parentPort?.on('message', (order: ToDigest) => {
  perform(order).then(
    (said) => {
      if (said === undefined) return;
      const spare = 'taken' in said ? said.spare : undefined;
      parentPort?.postMessage(said, spare === undefined ? [] : [spare]);
    },
    (error: unknown) => {
      running.delete(order.id);
      parentPort?.postMessage({ id: order.id, failed: String(error) } satisfies FromDigest);
    },
  );
});
