import { workerData } from 'piscina';
import { systemClock } from '../clock.ts';
import { fileSignerFrom } from '../pki/file-signer.ts';
import { activeOf, keysFor, type Purpose } from '../pki/signing-key.ts';
import { loadSmevSchemas } from '../schema/files.ts';
import { buildContentRegistry } from '../schema/registry.ts';
import { profiles } from '../signature/profiles.ts';
import { signerFrom } from '../signature/signer.ts';
import { askToken, type TokenOrder } from '../token/mailbox.ts';
import { verifyFiles } from './claimed-files.ts';
import { compose } from './compose.ts';
import { judge, oldAlgorithms, plainFault } from './judge.ts';
import { extract, make } from './make.ts';
import type { Failed, Snapshot, Task } from './pool.ts';
import { fileHash, signFiles, signJournal } from './sign-files.ts';
import { versionFiles } from './version-files.ts';

// One worker, one revision: the snapshot is compiled once, here, and never changes.
const snapshot = workerData as Snapshot;
const rules = {
  smev: loadSmevSchemas(),
  content: buildContentRegistry(snapshot.messageTypes),
  profiles: snapshot.profiles.map((name) => profiles[name]),
};
const { mailbox } = snapshot;
const token = mailbox && ((order: TokenOrder) => askToken(mailbox, order));
const keys = snapshot.keys.map((key) => {
  const signer = signerFrom(key, token);
  const { certificate } = signer;
  const { purpose, window } = key;
  return { certificate, purpose, window, signer, fileSigner: fileSignerFrom(key, token) };
});

/** Keys take each other's place at their time, to the millisecond, with no word from outside. */
function signersAt(at: number, purpose: Purpose) {
  return keysFor(activeOf(keys, at), purpose).map(({ signer }) => signer);
}

/** Files go out with answers of any version: they are signed with the keys of all messages. */
function fileSignersAt(at: number, purpose: Purpose = 'messages') {
  return keysFor(activeOf(keys, at), purpose).map(({ fileSigner }) => fileSigner);
}

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
      return compose(task.order, signersAt(systemClock.now(), `smev-${task.order.version}`));
    case 'make':
      return make(task.making, rules);
    case 'extract':
      return extract(task.kept);
    case 'verify-files':
      return verifyFiles(task.files, oldAlgorithms(rules.profiles));
    case 'file-hash':
      return { hash: fileHash(task.profile, fileSignersAt(task.at)) };
    case 'sign-files':
      return signFiles(task.signing, fileSignersAt(task.signing.at));
    case 'version-files':
      return { files: versionFiles(snapshot.messageTypes, task.name) };
    case 'sign-journal':
      return signJournal(task, fileSignersAt(task.at, 'journal'));
    case 'warm':
      return undefined;
  }
}
