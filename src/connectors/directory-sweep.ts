import { lstat, opendir, rm, unlink } from 'node:fs/promises';
import { type ExchangeFolder, unless } from './exchange-folder.ts';

const day = 86_400_000;
/** How long after its answer was due a request may still be tried again. */
const graceMs = 31 * day;
const namesMax = 10_000;

/**
 * Removes what the node keeps for itself and needs no more: marks of requests that nobody tries again,
 * and what an attempt that was killed left unfinished.
 *
 * @param now ms UTC
 */
export async function sweepFolder(
  folder: ExchangeFolder,
  now: number,
  answerWithinMs: number,
): Promise<void> {
  const last = new Date(Math.max(0, now - answerWithinMs - graceMs)).toISOString().slice(0, 10);
  for await (const name of namesIn(folder.path('.sent'))) {
    if (/^\d{4}-\d\d-\d\d$/.test(name) && name < last) {
      await rm(folder.path('.sent', name), { recursive: true, force: true });
    }
  }
  for await (const name of namesIn(folder.path('out'))) {
    if (!/^\..*\.(?:part|files)$/.test(name)) continue;
    const path = folder.path('out', name);
    const found = await lstat(path).catch(unless('ENOENT'));
    if (found === undefined || found.mtimeMs >= now - day) continue;
    if (found.isFile()) await unlink(path).catch(unless('ENOENT'));
    else if (found.isDirectory()) await rm(path, { recursive: true, force: true });
  }
}

async function* namesIn(path: string): AsyncGenerator<string> {
  let count = 0;
  for await (const { name } of await opendir(path)) {
    if (++count > namesMax) return;
    yield name;
  }
}
