import { Queue, Worker } from 'bullmq';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { attemptOnce, type ClaimSettings } from './claim.ts';
import type { Due } from './delivery.ts';
import { endWithin } from './end-within.ts';
import type { Attempt, DeliveryQueue, LaneRules } from './queue.ts';
import { checkRedis, connectProducer, connectWorker, type RedisConnection } from './redis.ts';
import { Sweep, type SweepSettings } from './sweep.ts';

/** What a job holds: nothing that Redis must keep secret, and nothing that it must not lose. */
interface Job {
  readonly exchangeId: string;
}

export interface BullmqParts {
  readonly url: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: SweepSettings & ClaimSettings;
  /** The lanes of all routes, as of now. */
  readonly lanes: () => ReadonlyMap<string, LaneRules>;
  readonly rulesOf: (lane: string) => LaneRules;
  /** Told of errors that no attempt should throw; the sweep tries such work again. */
  readonly failed: (error: unknown, exchangeId?: string) => void;
  /** Told when Redis goes and when it comes back. */
  readonly told: (state: string) => void;
}

interface Line {
  readonly queue: Queue<Job>;
  worker?: { readonly rules: string; readonly worker: Worker<Job> };
}

const firstContactMs = 5000;
const bulkMax = 250;
// A worker that died with a job holds its place in the lane until Redis takes the job from it.
const lockMs = 15_000;
// The greatest priority that BullMQ knows.
const turnMax = 2 ** 21 - 1;

/**
 * The production engine: BullMQ on Redis, a queue for each lane and a worker for each in every process
 * that delivers, so that a slow or dead agency holds up no other.
 */
export class BullmqQueue implements DeliveryQueue {
  readonly #parts: BullmqParts;
  readonly #producer: RedisConnection;
  readonly #lines = new Map<string, Line>();
  readonly #sweep: Sweep;
  readonly #stopping = new AbortController();
  #toTell: Due[] = [];
  readonly #telling = new Set<Promise<unknown>>();
  #consumer: RedisConnection | undefined;
  #attempt: Attempt | undefined;
  #refreshing: NodeJS.Timeout | undefined;
  #begun = false;
  #fit = false;
  #up = false;

  private constructor(parts: BullmqParts) {
    this.#parts = parts;
    this.#producer = connectProducer(parts.url, (state) => this.#hear(state));
    const { database, clock, settings, failed } = parts;
    this.#sweep = new Sweep(database, clock, settings, true, failed);
  }

  /**
   * Connects. A Redis that does not answer yet is waited for in the background: messages are accepted
   * meanwhile, and delivered when it comes.
   *
   * @throws RedisUnfit where it answers and does not do
   */
  static async connect(parts: BullmqParts): Promise<BullmqQueue> {
    const queue = new BullmqQueue(parts);
    const until = performance.now() + firstContactMs;
    while (queue.#producer.status !== 'ready' && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    queue.#begun = true;
    if (queue.#producer.status !== 'ready') {
      parts.told('не отвечает, доставка ждёт / does not answer, delivery waits');
      return queue;
    }
    queue.#up = true;
    try {
      await queue.#check();
      return queue;
    } catch (error) {
      queue.#producer.disconnect();
      throw error;
    }
  }

  async #check(): Promise<void> {
    const { aof } = await checkRedis(this.#producer);
    this.#fit = true;
    if (!aof) {
      this.#parts.told(
        'без AOF: после сбоя очередь восстановится из базы / no AOF: after a crash the queue comes back from the database',
      );
    }
  }

  /** What comes while it connects is for `connect` to judge. */
  #hear(state: string): void {
    if (!this.#begun) return;
    const up = state === 'ready';
    if (up && !this.#fit) void this.#check().catch((error) => this.#parts.failed(error));
    if (this.#up === up) return;
    this.#up = up;
    this.#parts.told(up ? 'отвечает / answers' : `не отвечает / does not answer: ${state}`);
  }

  enqueue(due: Due): void {
    if (this.#toTell.push(due) === 1) setImmediate(() => this.#tell());
  }

  /** Tells Redis of all that came in this turn of the event loop. */
  #tell(): void {
    const all = this.#toTell;
    this.#toTell = [];
    if (this.#producer.status !== 'ready') return;
    const now = this.#parts.clock.now();
    for (const lane of new Set(all.map((due) => due.lane))) {
      const jobs = all.filter((due) => due.lane === lane).map((due) => jobOf(due, now));
      for (let at = 0; at < jobs.length; at += bulkMax) {
        const telling = this.#lineOf(lane)
          .queue.addBulk(jobs.slice(at, at + bulkMax))
          // The sweep tells again.
          .catch(() => undefined)
          .finally(() => this.#telling.delete(telling));
        this.#telling.add(telling);
      }
    }
  }

  async wants(lane: string): Promise<number> {
    if (this.#producer.status !== 'ready') return 0;
    const { queue } = this.#lineOf(lane);
    const counts = await queue.getJobCounts('wait', 'prioritized', 'active');
    const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
    // What it has enough of to be busy until the next sweep, it is not told again.
    const { laneWaitingMax } = this.#parts.settings;
    return known >= laneWaitingMax / 2 ? 0 : laneWaitingMax;
  }

  async isUp(): Promise<boolean> {
    if (!this.#fit || this.#producer.status !== 'ready') return false;
    return this.#producer.ping().then(
      () => true,
      () => false,
    );
  }

  async start(attempt: Attempt): Promise<void> {
    this.#attempt = attempt;
    this.#consumer = connectWorker(this.#parts.url, () => undefined);
    await this.#refresh();
    this.#sweep.start(this);
  }

  /** Follows the routes: lanes come, and their rules change, while the node runs. */
  async #refresh(): Promise<void> {
    try {
      const names = new Set([...this.#parts.lanes().keys(), ...this.#lines.keys()]);
      if (this.#fit) for (const name of names) await this.#employ(name);
    } catch (error) {
      this.#parts.failed(error);
    }
    if (this.#attempt === undefined) return;
    const { sweepEveryMs } = this.#parts.settings;
    this.#refreshing = setTimeout(() => void this.#refresh(), sweepEveryMs);
  }

  async #employ(lane: string): Promise<void> {
    const line = this.#lineOf(lane);
    const { concurrency, rate } = this.#parts.rulesOf(lane);
    // Where Redis lost everything it has forgotten this too.
    if (this.#producer.status === 'ready') await line.queue.setGlobalConcurrency(concurrency);
    const rules = JSON.stringify({ concurrency, rate });
    if (line.worker?.rules === rules || this.#consumer === undefined) return;
    const previous = line.worker?.worker;
    const worker = new Worker<Job>(lane, (job) => this.#work(job.data.exchangeId, lane), {
      connection: this.#consumer,
      prefix: prefixOf(lane),
      concurrency,
      ...(rate === undefined ? {} : { limiter: { max: rate.max, duration: rate.perMs } }),
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      // A place that another process frees is seen after so many seconds at the latest.
      drainDelay: 1,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', () => undefined);
    line.worker = { rules, worker };
    await previous?.close();
  }

  async #work(exchangeId: string, lane: string): Promise<void> {
    const { database, clock, settings, failed } = this.#parts;
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    try {
      const job = { exchangeId, lane };
      await attemptOnce(database, clock, settings, attempt, job, this.#stopping.signal);
    } catch (error) {
      failed(error, exchangeId);
      throw error;
    }
  }

  async stop(withinMs: number): Promise<void> {
    clearTimeout(this.#refreshing);
    await this.#sweep.stop();
    const workers = [...this.#lines.values()].flatMap(({ worker }) => worker?.worker ?? []);
    await endWithin(
      Promise.allSettled(workers.map((each) => each.close())),
      withinMs,
      this.#stopping,
    );
    this.#attempt = undefined;
    // What was handed back a moment ago goes to the others now, and not with the next sweep.
    this.#tell();
    await Promise.allSettled(this.#telling);
    await Promise.allSettled([...this.#lines.values()].map(({ queue }) => queue.close()));
    this.#producer.disconnect();
    this.#consumer?.disconnect();
  }

  #lineOf(lane: string): Line {
    const known = this.#lines.get(lane);
    if (known !== undefined) return known;
    const queue = new Queue<Job>(lane, {
      connection: this.#producer,
      prefix: prefixOf(lane),
      skipWaitingForReady: true,
      streams: { events: { maxLen: 100 } },
      defaultJobOptions: {
        removeOnComplete: true,
        removeOnFail: true,
        // For errors of the node's own, such as a database that is away; the agency's are in the database.
        attempts: 5,
        backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
      },
    });
    queue.on('error', () => undefined);
    const line = { queue };
    this.#lines.set(lane, line);
    return line;
  }
}

/** The braces put all keys of a lane into one slot of a cluster, and different lanes into different ones. */
function prefixOf(lane: string): string {
  return `{mezhved.${lane}}`;
}

function jobOf(due: Due, now: number) {
  return {
    name: 'deliver',
    data: { exchangeId: due.exchange_id },
    opts: {
      // Another attempt is another job; the same attempt told twice is one, but where the first waits
      // for a time of before the clock was set back.
      jobId: `${due.exchange_id}.${due.attempts}${due.anew === true ? '.anew' : ''}`,
      delay: Math.max(due.due_at - now, 0),
      priority: Math.min(Math.max(due.turn, 1), turnMax),
    },
  };
}
