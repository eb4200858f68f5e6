import { setTimeout as wait } from 'node:timers/promises';
import type { Load, SignedRequest } from './load.ts';

/** Posts these requests one after another, a pause between, each until it is acknowledged. */
export async function postSteadily(
  load: Load,
  requests: readonly SignedRequest[],
  everyMs: number,
): Promise<void> {
  const posted: Promise<void>[] = [];
  for (const request of requests) {
    posted.push(load.post(request));
    await wait(everyMs);
  }
  await Promise.all(posted);
}

/** Rejects with what `why` says when the work has not ended in that time. */
export function within<T>(work: Promise<T>, ms: number, why: () => string): Promise<T> {
  const late = wait(ms, undefined, { ref: false }).then(() => {
    throw new Error(why());
  });
  return Promise.race([work, late]);
}
