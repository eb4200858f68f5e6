import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';

/** A file as a check sees it. */
export interface CheckedFile {
  /** contentId or uuid, as the sender wrote it. */
  readonly name: string;
  readonly mimeType: string;
  open(): Promise<Readable>;
}

/** What a check says of a file; `why` is for the sender. */
export type CheckVerdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly why: string };

/** Judges the octets of a file before its message is accepted. @throws CheckFailed */
export type FileCheck = (file: CheckedFile) => Promise<CheckVerdict>;

/** The check itself does not work: nothing is said of the file. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

export interface CheckLimits {
  /** For one file. */
  readonly withinMs: number;
  /** Files at once; others wait. */
  readonly concurrency: number;
}

const toldMax = 300;
const passed: CheckVerdict = { passed: true };

/**
 * A check by a command that reads the file from its standard input: exit code 0 lets the file through, 1
 * refuses it with what it printed, anything else is a failure of the check. The names of the file stand
 * in FILE_NAME and FILE_TYPE; no shell sees them.
 */
export function commandCheck(
  [program = '', ...args]: readonly string[],
  limits: CheckLimits,
): FileCheck {
  return limited(limits, async (file, signal) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal,
      env: {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        FILE_NAME: file.name,
        FILE_TYPE: file.mimeType,
      },
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (told.length < toldMax * 4) told += chunk.toString('utf8');
    });
    // A scanner that has seen enough closes its input.
    const fed = pipeline(await file.open(), child.stdin).catch(() => undefined);
    const code = await ended;
    await fed;
    if (code === 0) return passed;
    if (code === 1) return { passed: false, why: readable(told) };
    throw new CheckFailed(`${program} ended with ${code}`);
  });
}

const refusals = new Set([403, 406, 422]);

/**
 * A check by HTTP: the file is posted; 2xx lets it through, 403, 406 and 422 refuse it with the text of
 * the answer, anything else is a failure of the check.
 */
export function httpCheck(url: string, limits: CheckLimits): FileCheck {
  return limited(limits, async (file, signal) => {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      body: await file.open(),
      headers: {
        'content-type': file.mimeType,
        'x-file-name': encodeURIComponent(file.name.slice(0, 200)),
      },
      signal,
    });
    const told = await beginningOf(body);
    if (statusCode >= 200 && statusCode < 300) return passed;
    if (refusals.has(statusCode)) return { passed: false, why: readable(told) };
    throw new CheckFailed(`HTTP ${statusCode}`);
  });
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of body) if (text.length < toldMax * 4) text += chunk.toString('utf8');
  return text;
}

function limited(
  { withinMs, concurrency }: CheckLimits,
  check: (file: CheckedFile, signal: AbortSignal) => Promise<CheckVerdict>,
): FileCheck {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (file) => {
    if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await check(file, AbortSignal.timeout(withinMs));
    } catch (error) {
      if (error instanceof CheckFailed) throw error;
      throw new CheckFailed(error instanceof Error ? `${error.name}: ${error.message}` : 'failed');
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

/** One line without control characters: it goes into a fault and a journal. */
function readable(text: string): string {
  return text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, toldMax);
}
