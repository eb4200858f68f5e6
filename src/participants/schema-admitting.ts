import type { Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import type { LoadedVersion } from './documents.ts';
import { filesOf } from './plan.ts';
import { listVersions, type StoredVersion } from './schema-versions.ts';

/** A package that was checked, as a version of a message type. */
export interface Admission extends LoadedVersion {
  readonly type: string;
  readonly version: string;
  /** Fingerprint of the certificate that signed the package. */
  readonly signer: string | undefined;
}

type Changing = Pick<ApplyContext, 'journal' | 'who' | 'now' | 'random'>;

/**
 * Keeps a version of a message type. It counts for nothing until activateVersion says so, and never changes.
 *
 * @returns 'present' where the very same is there
 * @throws ApplyRefused where another is there under the name, or a root of it is of the other side in
 *   another version
 */
export function admitVersion(
  { journal, who, now, random }: Changing,
  admission: Admission,
): Promise<'admitted' | 'present'> {
  return journal.commit(async ({ tx, content, journal: enter }) => {
    await lockRevision(tx);
    const { type, version, namespace, requestRoot, responseRoot, schemas, signer } = admission;
    const all = await listVersions(tx);
    await refuseUnknownType(tx, type);
    const there = all.find((each) => each.messageType === type && each.version === version);
    if (there !== undefined) return presentOr(there, admission);
    refuseTakenRoots(all, admission);
    for (const { bytes } of schemas) content(bytes);
    const files = filesOf(admission);
    await tx
      .insertInto('schema_version')
      .values({
        ...{ message_type: type, version, namespace, signer: signer ?? null },
        ...{ request_root: requestRoot, response_root: responseRoot },
        ...{ schemas: JSON.stringify(files), admitted_at: now() },
      })
      .execute();
    enter({
      ...{ id: newEntryId(now(), random(10)), at: now(), kind: 'configuration', verdict: 'good' },
      ...(signer !== undefined && { certificate: signer }),
      detail: {
        ...{ who, what: 'schemaVersion', id: type, version, change: 'added', namespace },
        schemas: files,
      },
    });
    await raiseRevision(tx);
    return 'admitted';
  });
}

async function refuseUnknownType(tx: Transaction<Tables>, type: string): Promise<void> {
  const found = await tx
    .selectFrom('message_type')
    .select('id')
    .where('id', '=', type)
    .executeTakeFirst();
  if (found !== undefined) return;
  throw new ApplyRefused(`нет вида сведений ${type} / there is no such message type`);
}

function presentOr(there: StoredVersion, admission: Admission): 'present' {
  const { version, namespace, requestRoot, responseRoot } = there;
  const same =
    namespace === admission.namespace &&
    requestRoot === admission.requestRoot &&
    responseRoot === admission.responseRoot &&
    likeness(there.files) === likeness(filesOf(admission));
  if (same) return 'present';
  throw new ApplyRefused(
    `версия ${version} уже есть, и байты её другие: дайте новой другое имя / ` +
      'the version is there with other bytes: give the new one another name',
  );
}

/** The main file, and all of them whatever their order. */
function likeness(files: StoredVersion['files']): string {
  return JSON.stringify([files[0]?.name, files.map(({ name, hash }) => `${name} ${hash}`).sort()]);
}

/** A root is of one side of its type, in all versions. */
function refuseTakenRoots(all: readonly StoredVersion[], admission: Admission): void {
  const { type, namespace, requestRoot, responseRoot } = admission;
  const roots = [requestRoot, responseRoot];
  for (const each of all.filter((other) => other.namespace === namespace)) {
    const isTaken = roots.includes(each.requestRoot) || roots.includes(each.responseRoot);
    // Another type may have it as well, as long as not both count: activateVersion sees to that.
    if (!isTaken || each.messageType !== type) continue;
    if (each.requestRoot !== requestRoot || each.responseRoot !== responseRoot) {
      throw new ApplyRefused(
        `в ${namespace} корни версии ${each.version}: ${each.requestRoot}, ${each.responseRoot}; в одном пространстве имён они те же / ` +
          'versions of one namespace have the same roots',
      );
    }
  }
}
