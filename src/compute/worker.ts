import { workerData } from 'piscina';
import { fileSignerFromPem } from '../pki/file-signer.ts';
import { loadSmevSchemas } from '../schema/files.ts';
import { buildContentRegistry } from '../schema/registry.ts';
import { profiles } from '../signature/profiles.ts';
import { signerFromPem } from '../signature/signer.ts';
import { verifyFiles } from './claimed-files.ts';
import { compose } from './compose.ts';
import { judge, oldAlgorithms, plainFault } from './judge.ts';
import { extract, make } from './make.ts';
import type { Failed, Snapshot, Task } from './pool.ts';
import { fileHash, signFiles } from './sign-files.ts';

// One worker, one revision: the snapshot is compiled once, here, and never changes.
const snapshot = workerData as Snapshot;
const rules = {
  smev: loadSmevSchemas(),
  content: buildContentRegistry(snapshot.messageTypes),
  profiles: snapshot.profiles.map((name) => profiles[name]),
};
const signers = snapshot.keys.map(({ key, certificate }) => signerFromPem(key, certificate));
const fileSigners = snapshot.keys.map(({ key, certificate }) =>
  fileSignerFromPem(key, certificate),
);

/** Entry point of the pool's threads. */
export default function work(task: Task): unknown {
  try {
    return perform(task);
  } catch (thrown) {
    return { failed: plainFault(thrown) } satisfies Failed;
  }
}

function perform(task: Task): unknown {
  switch (task.kind) {
    case 'judge':
      return judge(task.posted, rules);
    case 'compose':
      return compose(task.order, signers);
    case 'make':
      return make(task.making, rules);
    case 'extract':
      return extract(task.kept);
    case 'verify-files':
      return verifyFiles(task.files, oldAlgorithms(rules.profiles));
    case 'file-hash':
      return { hash: fileHash(task.profile, fileSigners) };
    case 'sign-files':
      return signFiles(task.signing, fileSigners);
    case 'warm':
      return undefined;
  }
}
