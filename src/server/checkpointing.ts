import type { Config } from '../config/table.ts';
import { checkpointLine, statementOf } from '../journal/checkpoint.ts';
import { keepCheckpoint, unsignedEnd } from '../journal/checkpoints.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';

type Parts = Pick<Composed, 'clock' | 'compute' | 'database' | 'log' | 'nodeId'>;

/**
 * Signs the end of the node's chain where it has grown, keeps that, and says it in the log: what leaves
 * the machine with the log no one can take back.
 *
 * @throws Fault SIGNING_UNAVAILABLE, BUSY, INTERNAL
 */
export async function signEnd({ clock, compute, database, log, nodeId }: Parts): Promise<void> {
  const end = await unsignedEnd(database.kysely, nodeId);
  if (end === undefined) return;
  const at = clock.now();
  const statement = statementOf({ ...end, at });
  const checkpoint = { statement, signature: await compute.signJournal(statement, at) };
  await keepCheckpoint(database.kysely, end, checkpoint);
  log.info(JSON.parse(checkpointLine(checkpoint)), 'checkpoint');
}

/** Signs the end of the chain at once, and again and again. */
export function startCheckpointing(context: Parts, { journal }: Config): Repeating {
  return startRepeating(
    'checkpoint',
    () => journal.checkpointMs,
    () => signEnd(context),
    context.log,
  );
}
