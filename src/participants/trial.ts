import type { CommitScope, JournalWriter } from '../journal/writer.ts';
import { type ApplyContext, lockRevision } from './apply.ts';
import { type Registry, readRegistry, type TrustSettings } from './registry.ts';

/** What a change would make. */
export interface Trial<T> {
  /** What it gives when it is made. */
  readonly outcome: T;
  readonly before: Registry;
  readonly after: Registry;
}

/**
 * Makes a change by the very code that makes it, reads what is declared before and after, and takes all of
 * it back: nothing is written, no entry is left, no node notices. On SQLite others wait with their writing
 * meanwhile, on PostgreSQL only those who change what is declared.
 *
 * @param change commits once by the journal that it is given
 * @throws whatever the change throws
 */
export async function tryOut<T>(
  journal: JournalWriter,
  settings: TrustSettings,
  change: (journal: ApplyContext['journal']) => Promise<T>,
): Promise<Trial<T>> {
  const read: Registry[] = [];
  const commit = <R>(work: (scope: CommitScope) => Promise<R>): Promise<R> => {
    const both = async (scope: CommitScope) => {
      await lockRevision(scope.tx);
      read.push(await readRegistry({ kysely: scope.tx }, settings));
      return work(scope);
    };
    return journal.rehearse(both, async (tx) => {
      read.push(await readRegistry({ kysely: tx }, settings));
    });
  };
  const outcome = await change({ commit });
  const [before, after] = read;
  if (before === undefined || after === undefined) throw new Error('the change committed nothing');
  return { outcome, before, after };
}
