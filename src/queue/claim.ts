import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { BreakerRules } from './breaker.ts';
import { claimDelivery, type Waits } from './delivery.ts';
import { mayBegin } from './lanes.ts';
import type { Attempt } from './queue.ts';

export interface ClaimSettings extends Waits {
  readonly breaker: BreakerRules;
}

// An attempt is told to end before its claim is given up: what it learned can then still be recorded.
const lastMs = 2000;

/**
 * Makes one attempt at a delivery, unless its lane is cut off or another process was quicker: then
 * nothing happens, and the sweep brings it back.
 *
 * @param stopping tells the attempt to hand back what it holds
 */
export async function attemptOnce(
  { kysely }: Database,
  clock: Clock,
  settings: ClaimSettings,
  attempt: Attempt,
  job: { readonly exchangeId: string; readonly lane: string },
  stopping: AbortSignal,
): Promise<void> {
  if (!(await mayBegin(kysely, job.lane, clock.now(), settings.breaker))) return;
  const claimed = await claimDelivery(kysely, job.exchangeId, clock.now(), settings);
  if (claimed === undefined) return;
  const { attemptMaxMs } = settings;
  const overAfter = Math.max(attemptMaxMs - lastMs, Math.ceil(attemptMaxMs / 2));
  const over = new AbortController();
  const stop = () => over.abort(stopping.reason);
  const timer = setTimeout(
    () => over.abort(new DOMException('attempt', 'TimeoutError')),
    overAfter,
  );
  if (stopping.aborted) stop();
  stopping.addEventListener('abort', stop, { once: true });
  try {
    await attempt(claimed, over.signal);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', stop);
  }
}
