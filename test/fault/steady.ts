import { setTimeout as wait } from 'node:timers/promises';
import type { Load, SignedRequest } from './load.ts';

/** Posts under way at once: more of them, each tried again and again, are a load of their own. */
const atOnceMax = 16;

/** Posts these requests at about even distances, each until it is acknowledged. */
export async function postSteadily(
  load: Load,
  requests: readonly SignedRequest[],
  everyMs: number,
): Promise<void> {
  const left = [...requests];
  const poster = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await load.post(next);
      await wait(everyMs * atOnceMax);
    }
  };
  const posters = Array.from({ length: atOnceMax }, async (_, n) => {
    await wait(everyMs * n);
    await poster();
  });
  await Promise.all(posters);
}

/** Rejects with what `why` says when the work has not ended in that time. */
export function within<T>(work: Promise<T>, ms: number, why: () => string): Promise<T> {
  const late = wait(ms, undefined, { ref: false }).then(() => {
    throw new Error(why());
  });
  return Promise.race([work, late]);
}
