import { workerData } from 'piscina';
import { loadSmevSchemas } from '../schema/files.ts';
import { buildContentRegistry } from '../schema/registry.ts';
import { signerFromPem } from '../signature/signer.ts';
import { compose } from './compose.ts';
import { judge } from './judge.ts';
import type { Snapshot, Task } from './pool.ts';

// One worker, one revision: the snapshot is compiled once, here, and never changes.
const snapshot = workerData as Snapshot;
const rules = {
  smev: loadSmevSchemas(),
  content: buildContentRegistry(snapshot.messageTypes),
};
const signers = snapshot.keys.map(({ key, certificate }) => signerFromPem(key, certificate));

/** Entry point of the pool's threads. */
export default function work(task: Task): unknown {
  if (task.kind === 'warm') return undefined;
  if (task.kind === 'judge') return judge(task.posted, rules);

  return compose(task.order, signers);
}
