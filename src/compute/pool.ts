import { EventEmitter } from 'node:events';
import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { Piscina } from 'piscina';
import { threadScript } from '../checkout.ts';
import { Fault } from '../fault/fault.ts';
import type { ContentHash } from '../pki/signature-algorithms.ts';
import type { SigningKey } from '../pki/signing-key.ts';
import type { MessageTypeSchemas } from '../schema/registry.ts';
import type { ProfileName } from '../signature/profiles.ts';
import type { Mailbox } from '../token/mailbox.ts';
import type { DigestedFile, FileSigner } from './claimed-files.ts';
import type { Composed, Order } from './compose.ts';
import type { Judgement, PlainFault, Posted } from './judge.ts';
import type { Kept } from './kept.ts';
import type { Extracted, Made, Making } from './make.ts';
import type { FileSigning, SignedFiles } from './sign-files.ts';
import type { VersionFiles, VersionName } from './version-files.ts';

/** All that a worker needs, as plain data of one revision. */
export interface Snapshot {
  readonly messageTypes: readonly MessageTypeSchemas[];
  /** The default key first. */
  readonly keys: readonly SigningKey[];
  /** The signature profiles that count. */
  readonly profiles: readonly ProfileName[];
  /** Where a token is asked to sign; undefined where the node has none. */
  readonly mailbox?: Mailbox | undefined;
}

export type Task =
  | { readonly kind: 'judge'; readonly posted: Posted }
  | { readonly kind: 'compose'; readonly order: Order }
  | { readonly kind: 'make'; readonly making: Making }
  | { readonly kind: 'extract'; readonly kept: Kept }
  | { readonly kind: 'verify-files'; readonly files: readonly DigestedFile[] }
  | { readonly kind: 'file-hash'; readonly profile: ProfileName; readonly at: number }
  | { readonly kind: 'sign-files'; readonly signing: FileSigning }
  | { readonly kind: 'version-files'; readonly name: VersionName }
  | { readonly kind: 'sign-journal'; readonly statement: string; readonly at: number }
  | { readonly kind: 'warm' };

export interface PoolLimits {
  /** 0 takes one thread a core. */
  readonly threads: number;
  /** Tasks that may wait for a thread. */
  readonly waitingMax: number;
  /** A task that takes longer is ended with its thread. */
  readonly taskMs: number;
}

const watchEveryMs = 500;

/**
 * The worker threads. A change of configuration starts threads on the new snapshot, gives them the
 * work from then on, and lets the old ones finish theirs; so no task ever sees two revisions.
 */
export class ComputePool {
  readonly #limits: PoolLimits;
  #pool: Piscina;
  #snapshot: Snapshot;
  /** When each task that runs or waits must be over; piscina ends its thread at the event 'abort'. */
  readonly #running = new Map<EventEmitter, number>();
  readonly #watchdog: NodeJS.Timeout;

  constructor(limits: PoolLimits, snapshot: Snapshot) {
    this.#limits = limits;
    this.#pool = start(limits, snapshot);
    this.#snapshot = snapshot;
    this.#watchdog = setInterval(() => this.#endOverdue(), watchEveryMs);
    this.#watchdog.unref();
  }

  /** Takes up a new snapshot; resolves once work runs on it. Threads that know all of it stay. */
  async replace(snapshot: Snapshot): Promise<void> {
    if (isDeepStrictEqual(snapshot, this.#snapshot)) return;
    const next = start(this.#limits, snapshot);
    await ready(next);
    const previous = this.#pool;
    this.#pool = next;
    this.#snapshot = snapshot;
    await previous.close();
  }

  /** @throws Fault BUSY when too many wait, INTERNAL when the thread died */
  judge(posted: Posted): Promise<Judgement> {
    return this.#run({ kind: 'judge', posted });
  }

  /** @throws Fault BUSY, INTERNAL, SIGNING_UNAVAILABLE */
  compose(order: Order): Promise<Composed> {
    return this.#run({ kind: 'compose', order });
  }

  /** @throws Fault AGENCY_ANSWER_INVALID, BUSY, INTERNAL */
  make(making: Making): Promise<Made> {
    return this.#run({ kind: 'make', making });
  }

  /** @throws Fault BUSY, INTERNAL */
  extract(kept: Kept): Promise<Extracted> {
    return this.#run({ kind: 'extract', kept });
  }

  /**
   * @returns each signer
   * @throws Fault ATTACHMENT_SIGNATURE_INVALID, BUSY, INTERNAL
   */
  verifyFiles(files: readonly DigestedFile[]): Promise<FileSigner[]> {
    return this.#run({ kind: 'verify-files', files });
  }

  /** @param at ms UTC, as in the signing that follows @throws Fault BUSY, INTERNAL */
  async fileHash(profile: ProfileName, at: number): Promise<ContentHash> {
    const { hash } = await this.#run<{ readonly hash: ContentHash }>({
      kind: 'file-hash',
      profile,
      at,
    });
    return hash;
  }

  /** @throws Fault BUSY, INTERNAL, SIGNING_UNAVAILABLE */
  signFiles(signing: FileSigning): Promise<SignedFiles> {
    return this.#run({ kind: 'sign-files', signing });
  }

  /**
   * A detached PKCS#7 over what is said of the journal, by the key for that or else the node's first.
   *
   * @param at ms UTC
   * @throws Fault BUSY, INTERNAL, SIGNING_UNAVAILABLE
   */
  async signJournal(statement: string, at: number): Promise<Uint8Array> {
    const signed = await this.#run<{ readonly signature: Uint8Array }>({
      kind: 'sign-journal',
      statement,
      at,
    });
    return signed.signature;
  }

  /** Undefined where there is no such version. @throws Fault BUSY, INTERNAL */
  async versionFiles(name: VersionName): Promise<VersionFiles | undefined> {
    const { files } = await this.#run<{ readonly files: VersionFiles | undefined }>({
      kind: 'version-files',
      name,
    });
    return files;
  }

  /** Keys that threads sign with, without their private halves. */
  get keys(): readonly Omit<SigningKey, 'key'>[] {
    return this.#snapshot.keys.map(({ certificate, purpose, window }) => ({
      certificate,
      purpose,
      window,
    }));
  }

  get waiting(): number {
    return this.#pool.queueSize;
  }

  /** Resolves once every thread has compiled its snapshot. */
  ready(): Promise<void> {
    return ready(this.#pool);
  }

  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.#pool.close({ force: true });
  }

  // One watchdog for all: a timer of its own for each task costs more than the rest of handing it over.
  #endOverdue(): void {
    const now = performance.now();
    for (const [signal, overdueAt] of this.#running) if (now > overdueAt) signal.emit('abort');
  }

  async #run<T>(task: Task): Promise<T> {
    if (this.#pool.queueSize >= this.#limits.waitingMax) throw new Fault('BUSY');
    const signal = new EventEmitter();
    const overdueAt = performance.now() + this.#limits.taskMs;
    this.#running.set(signal, overdueAt);
    const outcome = await this.#pool
      .run(task, { signal })
      .catch((cause: unknown) => {
        const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        throw new Fault('INTERNAL', { private: `compute: ${text}`, cause });
      })
      .finally(() => this.#running.delete(signal));
    if (isFailed(outcome)) throw new Fault(outcome.failed.code, outcome.failed.detail);
    return outcome;
  }
}

/** How a Fault crosses from a thread: an exception would lose its members on the way. */
export interface Failed {
  readonly failed: PlainFault;
}

export function isFailed(outcome: object | undefined): outcome is Failed {
  return outcome !== undefined && 'failed' in outcome;
}

function start({ threads, waitingMax }: PoolLimits, snapshot: Snapshot): Piscina {
  const count = threads === 0 ? availableParallelism() : threads;
  return new Piscina({
    filename: threadScript('compute/worker').href,
    workerData: snapshot,
    minThreads: count,
    maxThreads: count,
    // The limit on waiting tasks is kept above, where it becomes a fault of the protocol.
    maxQueue: waitingMax * 2,
    concurrentTasksPerWorker: 1,
  });
}

// A thread takes its first task once its module is loaded and the snapshot compiled.
async function ready(pool: Piscina): Promise<void> {
  const warm: Task = { kind: 'warm' };
  await Promise.all(pool.threads.map(() => pool.run(warm)));
}
