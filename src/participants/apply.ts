import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope, JournalWriter } from '../journal/writer.ts';
import { readCertificate } from '../pki/certificate.ts';
import type { Database } from '../store/database.ts';
import type { Tables } from '../store/tables.ts';
import type { Loaded, LoadedVersion } from './documents.ts';

/** What applying would change, or changed. */
export interface Change {
  readonly kind: Loaded['kind'];
  readonly id: string;
  readonly change: 'added' | 'changed' | 'unchanged';
  /** Names of what differs: fields, certificates, versions. */
  readonly fields: readonly string[];
}

/** The declarations contradict what is there. */
export class ApplyRefused extends Error {
  override readonly name = 'ApplyRefused';
}

export interface ApplyContext {
  readonly database: Database;
  readonly journal: JournalWriter;
  /** Who does it, for the journal: the user of the operating system. */
  readonly who: string;
  readonly now: () => number;
  readonly random: (bytes: number) => Buffer;
}

/** What stands in the database, or would, as comparable fields. */
type Fields = Readonly<Record<string, string>>;

/** What `apply` would do, field by field; nothing is changed. */
export async function planApply(database: Database, loaded: readonly Loaded[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const each of loaded) changes.push(await changeOf(database, each));
  return changes;
}

/**
 * Upserts the declarations by kind and id in one transaction, enters each change into the journal,
 * and raises the revision that nodes watch; when nothing differs, nothing is written.
 *
 * @throws ApplyRefused when a certificate or a root element belongs to another already
 */
export async function apply(context: ApplyContext, loaded: readonly Loaded[]): Promise<Change[]> {
  const changes = await planApply(context.database, loaded);
  if (changes.every(({ change }) => change === 'unchanged')) return changes;
  await context.journal.commit(async (scope) => {
    for (const [index, each] of loaded.entries()) {
      const change = changes[index];
      if (change === undefined || change.change === 'unchanged') continue;
      await write(scope, each);
      scope.journal({
        id: newEntryId(context.now(), context.random(10)),
        at: context.now(),
        kind: 'configuration',
        verdict: 'good',
        detail: {
          who: context.who,
          what: each.kind,
          id: each.id,
          change: change.change,
          fields: change.fields,
        },
      });
    }
    await scope.tx
      .updateTable('revision')
      .set((row) => ({ revision: row('revision', '+', 1) }))
      .where('id', '=', 1)
      .execute();
  });
  return changes;
}

async function changeOf(database: Database, loaded: Loaded): Promise<Change> {
  const present = await presentFields(database, loaded);
  const wanted = wantedFields(loaded);
  const { kind, id } = loaded;
  if (present === undefined) return { kind, id, change: 'added', fields: Object.keys(wanted) };
  const names = new Set([...Object.keys(present), ...Object.keys(wanted)]);
  const fields = [...names].filter((name) => present[name] !== wanted[name]);
  return { kind, id, change: fields.length === 0 ? 'unchanged' : 'changed', fields };
}

function wantedFields(loaded: Loaded): Fields {
  switch (loaded.kind) {
    case 'participant':
      return {
        name: loaded.name,
        ...Object.fromEntries(
          loaded.systems.map(({ id, certificates }, position) => [
            `system ${id}`,
            JSON.stringify([position, certificates.map(fingerprintOf).sort()]),
          ]),
        ),
      };
    case 'trustAnchor':
      return { certificate: fingerprintOf(loaded.certificate) };
    case 'messageType':
      return {
        name: loaded.name,
        senders: JSON.stringify(loaded.senders),
        providers: JSON.stringify(loaded.providers),
        route: JSON.stringify(loaded.route),
        ...Object.fromEntries(
          loaded.versions.map((version, position) => [
            `version ${version.namespace}`,
            JSON.stringify([position, version.requestRoot, version.responseRoot, filesOf(version)]),
          ]),
        ),
      };
  }
}

async function presentFields(
  { kysely }: Database,
  { kind, id }: Loaded,
): Promise<Fields | undefined> {
  if (kind === 'trustAnchor') {
    const row = await kysely
      .selectFrom('trust_anchor')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row && { certificate: fingerprintOf(row.der) };
  }
  if (kind === 'participant') return presentParticipant(kysely, id);
  return presentMessageType(kysely, id);
}

async function presentParticipant(
  kysely: Database['kysely'],
  id: string,
): Promise<Fields | undefined> {
  const row = await kysely
    .selectFrom('participant')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const systems = await kysely
    .selectFrom('information_system')
    .selectAll()
    .where('participant', '=', id)
    .execute();
  const fields: Record<string, string> = { name: row.name };
  for (const system of systems) {
    const owned = await kysely
      .selectFrom('certificate')
      .select('fingerprint')
      .where('system', '=', system.id)
      .execute();
    fields[`system ${system.id}`] = JSON.stringify([
      system.position,
      owned.map(({ fingerprint }) => fingerprint).sort(),
    ]);
  }
  return fields;
}

async function presentMessageType(
  kysely: Database['kysely'],
  id: string,
): Promise<Fields | undefined> {
  const row = await kysely
    .selectFrom('message_type')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { name, senders, providers, route } = row;
  const versions = await kysely
    .selectFrom('message_type_version')
    .selectAll()
    .where('message_type', '=', id)
    .execute();
  return {
    name,
    senders,
    providers,
    route,
    ...Object.fromEntries(
      versions.map((version) => [
        `version ${version.namespace}`,
        JSON.stringify([
          version.position,
          version.request_root,
          version.response_root,
          JSON.parse(version.schemas),
        ]),
      ]),
    ),
  };
}

async function write(scope: CommitScope, loaded: Loaded): Promise<void> {
  const { tx } = scope;
  if (loaded.kind === 'participant') return writeParticipant(tx, loaded);
  if (loaded.kind === 'trustAnchor') {
    const row = { id: loaded.id, der: loaded.certificate };
    await tx
      .insertInto('trust_anchor')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ der: row.der }))
      .execute();
    return;
  }
  return writeMessageType(scope, loaded);
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
  const previous = await tx
    .selectFrom('information_system')
    .select('id')
    .where('participant', '=', id)
    .execute();
  for (const system of previous) {
    await tx.deleteFrom('certificate').where('system', '=', system.id).execute();
  }
  await tx.deleteFrom('information_system').where('participant', '=', id).execute();
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
      .values({ id: system.id, participant: id, position })
      .execute();
    for (const der of system.certificates) await writeCertificate(tx, system.id, der);
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
  der: Uint8Array,
): Promise<void> {
  const { fingerprint, subject } = readCertificate(der);
  const owner = await tx
    .selectFrom('certificate')
    .select('system')
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  if (owner?.system === system) return;
  if (owner !== undefined) {
    throw new ApplyRefused(
      `сертификат ${subject} уже принадлежит системе ${owner.system} / the certificate belongs to that system`,
    );
  }
  await tx.insertInto('certificate').values({ fingerprint, system, der }).execute();
}

async function writeMessageType(
  { tx, content }: CommitScope,
  { id, name, versions, senders, providers, route }: Extract<Loaded, { kind: 'messageType' }>,
): Promise<void> {
  const row = {
    name,
    senders: JSON.stringify(senders),
    providers: JSON.stringify(providers),
    route: JSON.stringify(route),
  };
  await tx
    .insertInto('message_type')
    .values({ id, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  await tx.deleteFrom('message_type_version').where('message_type', '=', id).execute();
  for (const [position, version] of versions.entries()) {
    await refuseTakenRoot(tx, id, version);
    for (const { bytes } of version.schemas) content(bytes);
    await tx
      .insertInto('message_type_version')
      .values({
        message_type: id,
        namespace: version.namespace,
        request_root: version.requestRoot,
        response_root: version.responseRoot,
        schemas: JSON.stringify(filesOf(version)),
        position,
      })
      .execute();
  }
}

async function refuseTakenRoot(
  tx: Transaction<Tables>,
  id: string,
  version: LoadedVersion,
): Promise<void> {
  const taken = await tx
    .selectFrom('message_type_version')
    .select(['message_type', 'request_root', 'response_root'])
    .where('namespace', '=', version.namespace)
    .where('message_type', '!=', id)
    .execute();
  const roots = [version.requestRoot, version.responseRoot];
  const other = taken.find(
    (row) => roots.includes(row.request_root) || roots.includes(row.response_root),
  );
  if (other === undefined) return;
  throw new ApplyRefused(
    `корень {${version.namespace}}${version.requestRoot} уже принадлежит виду сведений ${other.message_type} / the root belongs to that message type`,
  );
}

function filesOf({ schemas }: LoadedVersion): { name: string; hash: string }[] {
  return schemas.map(({ name, bytes }) => ({
    name,
    hash: createHash('sha256').update(bytes).digest('hex'),
  }));
}

function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}
