import type { Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused } from './apply.ts';
import { listVersions, type StoredVersion } from './schema-versions.ts';
import { isOpen, rootsOf } from './type-versions.ts';

// What every change of versions does: finds them, keeps roots apart, enters it into the journal.

/** What a change of versions works with. */
export type Changing = Pick<ApplyContext, 'journal' | 'who' | 'now' | 'random'>;

/** A message is known by its root: of two types that have it one may count. @throws ApplyRefused */
export async function refuseTakenRoots(
  tx: Transaction<Tables>,
  chosen: readonly StoredVersion[],
  now: number,
): Promise<void> {
  const [first] = chosen;
  const roots = chosen.flatMap(rootsOf);
  const other = (await listVersions(tx)).find(
    (each) =>
      each.messageType !== first?.messageType &&
      isOpen(each.window, now) &&
      rootsOf(each).some((root) => roots.includes(root)),
  );
  if (other === undefined) return;
  throw new ApplyRefused(
    `корень ${rootsOf(other)[0]} принадлежит виду сведений ${other.messageType} (${other.version}) / the root belongs to that message type`,
  );
}

/** All versions of a type. @throws ApplyRefused where there is no such type */
export async function versionsOf(tx: Transaction<Tables>, type: string): Promise<StoredVersion[]> {
  const all = (await listVersions(tx)).filter(({ messageType }) => messageType === type);
  if (all.length > 0) return all;
  throw new ApplyRefused(`нет вида сведений ${type} / there is no such message type`);
}

/** @throws ApplyRefused where there is none of that name */
export function pickVersion(
  all: readonly StoredVersion[],
  type: string,
  version: string,
): StoredVersion {
  const found = all.find((each) => each.version === version);
  if (found !== undefined) return found;
  const known = all.map((each) => each.version).join(', ');
  throw new ApplyRefused(
    `${type}: нет версии ${version}; есть / there is no such version; there are: ${known}`,
  );
}

/** Says in the journal what became of a version. */
export function enterVersionChange(
  { who, now, random }: Changing,
  scope: CommitScope,
  told: object,
): void {
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    detail: { who, what: 'schemaVersion', change: 'changed', ...told },
  });
}
