import { Worker } from 'node:worker_threads';
import { threadScript } from '../checkout.ts';
import { Fault } from '../fault/fault.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { FromDigest, ToDigest } from './digest-worker.ts';

/** The digests of octets that are fed part by part; they are computed on another thread. */
export interface RunningDigest {
  /** Resolves when more may come. The octets are copied. */
  update(octets: Uint8Array): Promise<void>;
  /** Takes the beginning of a file of the local disk instead of octets. */
  updateFromFile(path: string, octetsMax: number): Promise<void>;
  /** Once, after everything was taken. */
  finish(): Promise<ReadonlyMap<ContentHash, Uint8Array>>;
  /** Forgets what was begun; harmless after `finish`. */
  drop(): void;
}

function failure(why: string): Fault {
  return new Fault('INTERNAL', { private: `digest: ${why}` });
}

const chunkBytes = 64 * 1024;

interface Waiting {
  resolve(said: FromDigest): void;
  reject(error: Error): void;
}

/**
 * A thread of its own for the digests of attachments: a gigabyte takes seconds, in which the main thread
 * serves other messages. It starts with the first digest. One part of each digest is under way.
 */
export class Digester {
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>();

  begin(hashes: readonly ContentHash[]): RunningDigest {
    this.#lastId += 1;
    const id = this.#lastId;
    let ended = false;
    let spare = new ArrayBuffer(chunkBytes);
    this.#tell({ id, begin: hashes });
    return {
      update: async (octets) => {
        if (spare.byteLength < octets.byteLength) spare = new ArrayBuffer(octets.byteLength);
        const own = new Uint8Array(spare, 0, octets.byteLength);
        own.set(octets);
        const said = await this.#ask({ id, octets: own }, [spare]);
        spare = ('taken' in said ? said.spare : undefined) ?? new ArrayBuffer(0);
      },
      updateFromFile: async (file, octetsMax) => {
        await this.#ask({ id, file, octetsMax });
      },
      finish: async () => {
        ended = true;
        const said = await this.#ask({ id, end: 'digest' });
        // The thread that had begun is gone where it gives none.
        if (!('digests' in said) || said.digests.length === 0) throw failure('lost');
        return new Map(said.digests);
      },
      drop: () => {
        if (!ended) this.#tell({ id, end: 'drop' });
        ended = true;
      },
    };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #ask(order: ToDigest, moved: ArrayBuffer[] = []): Promise<FromDigest> {
    const said = await new Promise<FromDigest>((resolve, reject) => {
      this.#waiting.set(order.id, { resolve, reject });
      this.#tell(order, moved);
    });
    if ('failed' in said) throw failure(said.failed);
    return said;
  }

  #tell(order: ToDigest, moved: ArrayBuffer[] = []): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(order, moved);
  }

  #start(): Worker {
    const worker = new Worker(threadScript('attachments/digest-worker'));
    worker.on('message', (said: FromDigest) => {
      const waiting = this.#waiting.get(said.id);
      this.#waiting.delete(said.id);
      waiting?.resolve(said);
    });
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, failure('the thread ended')));
    worker.unref();
    return worker;
  }

  /** Whoever waits is told; the next digest starts another thread. */
  #fail(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
