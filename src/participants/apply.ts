import type { Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope, JournalWriter } from '../journal/writer.ts';
import { readCertificate } from '../pki/certificate.ts';
import type { Database } from '../store/database.ts';
import type { Tables } from '../store/tables.ts';
import { contradictions } from './consistency.ts';
import type { Loaded, LoadedVersion } from './documents.ts';
import { type Change, filesOf, planApply } from './plan.ts';
import { listVersions } from './schema-versions.ts';
import { isOpen } from './type-versions.ts';
import { authorityTables, columnsOf, type WindowedCertificate } from './windowed.ts';

/** The declarations contradict what is there. */
export class ApplyRefused extends Error {
  override readonly name = 'ApplyRefused';
}

export interface ApplyContext {
  readonly database: Database;
  readonly journal: Pick<JournalWriter, 'commit'>;
  /** Who does it, for the journal: the user of the operating system. */
  readonly who: string;
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
}

/**
 * Upserts the declarations by kind and id in one transaction, enters each change into the journal,
 * and raises the revision that nodes watch; when nothing differs, nothing is written.
 *
 * @throws ApplyRefused when a certificate, a system or a root element belongs to another already,
 *   or a name leads nowhere
 */
export function apply(context: ApplyContext, loaded: readonly Loaded[]): Promise<Change[]> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const changes = await planApply(scope.tx, loaded);
    const wanted = loaded.filter((_, index) => changes[index]?.change !== 'unchanged');
    if (wanted.length === 0) return changes;
    for (const each of wanted) await clear(scope.tx, each);
    for (const each of wanted) await write(scope, each, context.now());
    await forgetTurns(scope.tx);
    const wrong = await contradictions(scope.tx);
    if (wrong.length > 0) throw new ApplyRefused(wrong.join('; '));
    for (const change of changes) enter(context, scope, change);
    await raiseRevision(scope.tx);
    return changes;
  });
}

function enter({ who, now, random }: ApplyContext, scope: CommitScope, change: Change): void {
  if (change.change === 'unchanged') return;
  const { kind: what, ...detail } = change;
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    detail: { who, what, ...detail },
  });
}

/** Two who change anything at once wait for each other: each sees what the other did. */
export async function lockRevision(tx: Transaction<Tables>): Promise<void> {
  await tx
    .updateTable('revision')
    .set((row) => ({ revision: row.ref('revision') }))
    .where('id', '=', 1)
    .execute();
}

/** Every node takes up the change within two seconds. */
export async function raiseRevision(tx: Transaction<Tables>): Promise<void> {
  await tx
    .updateTable('revision')
    .set((row) => ({ revision: row('revision', '+', 1) }))
    .where('id', '=', 1)
    .execute();
}

/** Of versions that are declared no more: one of the name that comes back counts as if it were new. */
async function forgetTurns(tx: Transaction<Tables>): Promise<void> {
  const known = await listVersions(tx);
  for (const { message_type, version } of await tx
    .selectFrom('schema_turn')
    .select(['message_type', 'version'])
    .execute()) {
    if (known.some((each) => each.messageType === message_type && each.version === version)) {
      continue;
    }
    await tx
      .deleteFrom('schema_turn')
      .where('message_type', '=', message_type)
      .where('version', '=', version)
      .execute();
  }
}

/** Takes away what will be written anew, so that what moves between two of them is free. */
async function clear(tx: Transaction<Tables>, { kind, id }: Loaded): Promise<void> {
  if (kind === 'messageType') {
    await tx.deleteFrom('message_type_version').where('message_type', '=', id).execute();
  }
  if (kind !== 'participant') return;
  const owned = tx.selectFrom('information_system').select('id').where('participant', '=', id);
  await tx.deleteFrom('certificate').where('system', 'in', owned).execute();
  await tx.deleteFrom('information_system').where('participant', '=', id).execute();
}

async function write(scope: CommitScope, loaded: Loaded, now: number): Promise<void> {
  if (loaded.kind === 'participant') return writeParticipant(scope.tx, loaded);
  if (loaded.kind === 'messageType') return writeMessageType(scope, loaded, now);
  const { kind, id, der, window } = loaded;
  const row = { der, ...columnsOf(window) };
  await scope.tx
    .insertInto(authorityTables[kind])
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

async function writeParticipant(
  tx: Transaction<Tables>,
  { id, name, systems }: Extract<Loaded, { kind: 'participant' }>,
): Promise<void> {
  await tx
    .insertInto('participant')
    .values({ id, name })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name }))
    .execute();
  for (const [position, system] of systems.entries()) {
    const owner = await tx
      .selectFrom('information_system')
      .selectAll()
      .where('id', '=', system.id)
      .executeTakeFirst();
    if (owner !== undefined) {
      throw new ApplyRefused(
        `система ${system.id} принадлежит участнику ${owner.participant} / the system belongs to that participant`,
      );
    }
    await tx
      .insertInto('information_system')
      .values({
        id: system.id,
        participant: id,
        position,
        upload_password: system.uploadPassword ?? null,
      })
      .execute();
    for (const each of system.certificates) await writeCertificate(tx, system.id, each);
  }
}

/**
 * Registers a certificate for an information system.
 *
 * @throws ApplyRefused when it belongs to another system: a caller is known by it alone
 */
export async function writeCertificate(
  tx: Transaction<Tables>,
  system: string,
  { der, window }: WindowedCertificate,
): Promise<'written' | 'present'> {
  const { fingerprint, subject } = readCertificate(der);
  const owner = await tx
    .selectFrom('certificate')
    .select('system')
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  if (owner?.system === system) return 'present';
  if (owner !== undefined) {
    throw new ApplyRefused(
      `сертификат ${subject} уже принадлежит системе ${owner.system} / the certificate belongs to that system`,
    );
  }
  await tx
    .insertInto('certificate')
    .values({ fingerprint, system, der, ...columnsOf(window) })
    .execute();
  return 'written';
}

async function writeMessageType(
  { tx, content }: CommitScope,
  {
    id,
    name,
    versions,
    senders,
    providers,
    route,
    secondOpinion,
    personalSignature,
    schemaSigners,
    attachments,
  }: Extract<Loaded, { kind: 'messageType' }>,
  now: number,
): Promise<void> {
  const row = {
    name,
    senders: JSON.stringify(senders),
    providers: JSON.stringify(providers),
    route: JSON.stringify(route),
    second_opinion: secondOpinion,
    personal_signature: personalSignature,
    schema_signers: JSON.stringify(schemaSigners),
    attachments: JSON.stringify(attachments),
  };
  await tx
    .insertInto('message_type')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  for (const [position, version] of versions.entries()) {
    await refuseTakenRoot(tx, id, version, now);
    for (const { bytes } of version.schemas) content(bytes);
    await tx
      .insertInto('message_type_version')
      .values({
        message_type: id,
        version: version.version ?? null,
        namespace: version.namespace,
        request_root: version.requestRoot,
        response_root: version.responseRoot,
        schemas: JSON.stringify(filesOf(version)),
        position,
      })
      .execute();
  }
}

/** A root element names one message type: of its own versions too, each has other roots. */
async function refuseTakenRoot(
  tx: Transaction<Tables>,
  messageType: string,
  version: LoadedVersion,
  now: number,
): Promise<void> {
  const taken = (await listVersions(tx)).filter(
    (each) =>
      each.namespace === version.namespace &&
      (each.source === 'declared' ||
        (each.messageType !== messageType && isOpen(each.window, now))),
  );
  const roots = [version.requestRoot, version.responseRoot];
  const other = taken.find(
    (each) => roots.includes(each.requestRoot) || roots.includes(each.responseRoot),
  );
  if (other === undefined) return;
  throw new ApplyRefused(
    `корень {${version.namespace}}${version.requestRoot} уже принадлежит виду сведений ${other.messageType} / the root belongs to that message type`,
  );
}
