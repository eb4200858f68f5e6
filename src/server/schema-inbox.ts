import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config } from '../config/table.ts';
import { ApplyRefused } from '../participants/apply.ts';
import { versionName } from '../participants/declarations.ts';
import { findingLines, type OfferOutcome, takePackage } from '../participants/schema-packages.ts';
import { besideMessages } from '../schema/admission/admission.ts';
import { packageLimits } from '../schema/package.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';

type Parts = Pick<Composed, 'clock' | 'journal' | 'log' | 'nodeId' | 'registry'>;

/** A package that waits: TYPE/VERSION.zip in the folder. */
interface Waiting {
  readonly type: string;
  readonly version: string;
  /** Path of the ZIP. */
  readonly file: string;
}

/**
 * Takes packages of schemas out of a folder, each once whoever looks: it is renamed first, and what came of
 * it is written beside it. Undefined where there is no such folder in the configuration.
 */
export function startSchemaInbox(context: Parts, { schemas }: Config): Repeating | undefined {
  const { inbox, lookMs } = schemas;
  if (inbox === undefined) return undefined;
  return startRepeating('schema inbox', lookMs, () => look(context, inbox, lookMs), context.log);
}

async function look(context: Parts, inbox: string, settledMs: number): Promise<void> {
  for (const type of await names(inbox)) {
    for (const name of await names(join(inbox, type))) {
      await restore(context, join(inbox, type, name));
      const version = name.endsWith('.zip') ? name.slice(0, -'.zip'.length) : '';
      if (!versionName.safeParse(version).success) continue;
      const file = join(inbox, type, name);
      if (await isSettled(file, context.clock.now(), settledMs)) {
        await take(context, { type, version, file });
      }
    }
  }
}

/** What this node had taken when it was killed waits again. */
async function restore({ nodeId }: Parts, taken: string): Promise<void> {
  const ending = `.${nodeId}`;
  if (taken.endsWith(`.zip${ending}`)) await rename(taken, taken.slice(0, -ending.length));
}

/** None where there is no such folder. */
async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Whoever writes it has been gone for a while; a link leads who knows where. */
async function isSettled(file: string, now: number, settledMs: number): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() === true && now - found.mtimeMs >= Math.min(settledMs, 2000);
}

async function take(context: Parts, { type, version, file }: Waiting): Promise<void> {
  const taken = `${file}.${context.nodeId}`;
  try {
    await rename(file, taken);
  } catch {
    // Another node was faster.
    return;
  }
  try {
    const { outcome, lines } = await offer(context, { type, version, file: taken }, `${file}.p7s`);
    await report(`${file}.txt`, lines);
    await rename(taken, `${file}.${outcome}`);
    const words = { type, version, outcome, report: `${file}.txt` };
    if (outcome === 'refused') context.log.warn(words, 'schema package refused');
    else context.log.info(words, 'schema package admitted');
  } catch (error) {
    // The database is away, say: it is tried again at the next look.
    await rename(taken, file);
    throw error;
  }
}

/** In a file that is new: a link of this name leads to something that is not the node's to write. */
async function report(file: string, lines: readonly string[]): Promise<void> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(fresh, `${lines.join('\n')}\n`, { flag: 'wx' });
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

interface Told {
  readonly outcome: OfferOutcome['outcome'];
  readonly lines: readonly string[];
}

async function offer(
  context: Parts,
  { type, version, file }: Waiting,
  signatureFile: string,
): Promise<Told> {
  const { journal, clock, registry } = context;
  const operating = { journal, who: 'mezhved', now: clock.now, random: randomBytes };
  try {
    const zip = await readBounded(file, packageLimits.packed);
    if (zip === undefined) throw new ApplyRefused('файла нет / there is no file');
    const signature = await readBounded(signatureFile, signatureOctetsMax);
    const outcome = await takePackage(
      operating,
      registry(),
      {
        ...{ type, version, signature },
        package: { zip },
      },
      besideMessages,
    );
    const { errors, warnings } = outcome;
    return {
      outcome: outcome.outcome,
      lines: [
        `${outcome.outcome}: ${type} ${version}`,
        ...findingLines(errors),
        ...findingLines(warnings),
      ],
    };
  } catch (error) {
    if (!(error instanceof ApplyRefused)) throw error;
    return { outcome: 'refused', lines: [`refused: ${type} ${version}`, error.message] };
  }
}

const signatureOctetsMax = 1 << 20;

/**
 * A whole file and nothing else: no link is followed, no pipe is waited for.
 *
 * @returns undefined where there is none
 * @throws ApplyRefused where it is something else, or too large
 */
async function readBounded(file: string, octetsMax: number): Promise<Uint8Array | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new ApplyRefused(`${basename(file)}: ${error.code ?? 'не читается / cannot be read'}`);
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ApplyRefused(`${basename(file)}: не файл / no file`);
    if (stats.size > octetsMax) throw new ApplyRefused(`${basename(file)}: > ${octetsMax}`);
    const octets = new Uint8Array(stats.size + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(octets, length, octets.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length > stats.size) break;
    }
    if (length > stats.size) throw new ApplyRefused(`${basename(file)}: растёт / it grows`);
    return octets.slice(0, length);
  } finally {
    await handle.close();
  }
}
