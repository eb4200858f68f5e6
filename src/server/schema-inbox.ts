import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/table.ts';
import { ApplyRefused } from '../participants/apply.ts';
import { versionName } from '../participants/declarations.ts';
import { findingLines, type OfferOutcome, takePackage } from '../participants/schema-packages.ts';
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
      const version = name.endsWith('.zip') ? name.slice(0, -'.zip'.length) : '';
      if (!versionName.safeParse(version).success) continue;
      const file = join(inbox, type, name);
      if (await isSettled(file, context.clock.now(), settledMs)) {
        await take(context, { type, version, file });
      }
    }
  }
}

/** None where there is no such folder. */
async function names(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Whoever writes it has been gone for a while; a link leads who knows where. */
async function isSettled(file: string, now: number, settledMs: number): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
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
  const { outcome, lines } = await offer(context, { type, version, file: taken }, `${file}.p7s`);
  await writeFile(`${file}.txt`, `${lines.join('\n')}\n`);
  await rename(taken, `${file}.${outcome}`);
  const words = { type, version, outcome, report: `${file}.txt` };
  if (outcome === 'refused') context.log.warn(words, 'schema package refused');
  else context.log.info(words, 'schema package admitted');
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
    const { size } = await stat(file);
    if (size > packageLimits.packed) throw new ApplyRefused(`> ${packageLimits.packed}`);
    const signature = await readFile(signatureFile).catch(() => undefined);
    const outcome = await takePackage(operating, registry(), {
      ...{ type, version, signature },
      package: { zip: new Uint8Array(await readFile(file)) },
    });
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
