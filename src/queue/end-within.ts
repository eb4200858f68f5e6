// After the signal, attempts need a moment to hand back what they hold.
const handBackMs = 3000;

/** Waits for work so long; then tells it to hand back what it holds, and waits a little more. */
export async function endWithin(
  work: Promise<unknown>,
  withinMs: number,
  stopping: AbortController,
): Promise<void> {
  if (await endedWithin(work, withinMs)) return;
  stopping.abort(new DOMException('the process stops', 'AbortError'));
  await endedWithin(work, handBackMs);
}

async function endedWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}
