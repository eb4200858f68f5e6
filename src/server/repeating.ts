import type { Log } from '../log.ts';

/** Work that is done again and again. */
export interface Repeating {
  /** Begins nothing more, and waits for what runs. */
  stop(): Promise<void>;
}

/**
 * Does the work again and again with a pause between; what it throws is told and changes nothing.
 *
 * @param everyMs the pause; or how long after a work that took so many ms
 */
export function startRepeating(
  name: string,
  everyMs: number | ((tookMs: number) => number),
  work: () => Promise<unknown>,
  log: Log,
): Repeating {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const once = async () => {
    const began = performance.now();
    try {
      await work();
    } catch (error) {
      if (!stopped) log.error({ why: String(error) }, name);
    }
    const pause = typeof everyMs === 'number' ? everyMs : everyMs(performance.now() - began);
    if (!stopped) timer = setTimeout(next, pause);
  };
  const next = () => {
    running = once();
  };
  timer = setTimeout(next, typeof everyMs === 'number' ? everyMs : 0);
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
