import { randomBytes } from 'node:crypto';
import type { Verdicts } from '../exchange/version-tally.ts';
import { ApplyRefused } from '../participants/apply.ts';
import { countVerdicts, rollBackVersion } from '../participants/schema-turns.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';

const everyMs = 1000;

type Parts = Pick<Composed, 'clock' | 'database' | 'journal' | 'log' | 'registry' | 'versionTally'>;

/**
 * Adds up what versions said of messages on all nodes, and takes one back that refuses more than the share
 * that was set for it.
 */
export function startVersionWatching(context: Parts): Repeating {
  const look = async () => {
    for (const verdicts of context.versionTally.take()) await judge(context, verdicts);
  };
  return startRepeating('schema versions', everyMs, look, context.log);
}

async function judge(context: Parts, { type, version, ...verdicts }: Verdicts): Promise<void> {
  const { database, registry, log } = context;
  const counts = await countVerdicts(database.kysely, { type, version }, verdicts);
  const rollback = registry()
    .findMessageType(type)
    ?.versions.find((each) => each.version === version)?.rollback;
  if (counts === undefined || rollback === undefined) return;
  const { taken, refused } = counts;
  const all = taken + refused;
  const share = refused / all;
  if (all < rollback.least || share < rollback.share) return;
  try {
    const { restored } = await rollBackVersion(
      { journal: context.journal, who: 'mezhved', now: context.clock.now, random: randomBytes },
      { type, version },
      { taken, refused, share },
    );
    const counting = restored.map((each) => each.version);
    log.error({ type, version, taken, refused, counting }, 'schema version rolled back');
  } catch (error) {
    // Another node was faster, or an operator.
    if (!(error instanceof ApplyRefused)) throw error;
    log.warn({ type, version, why: error.message }, 'schema version not rolled back');
  }
}
