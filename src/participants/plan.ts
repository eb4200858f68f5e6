import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { readCertificate } from '../pki/certificate.ts';
import { windowWords } from '../pki/window.ts';
import type { Tables } from '../store/tables.ts';
import type { Loaded, LoadedVersion } from './documents.ts';
import { type FilePolicy, filePolicySchema } from './file-policy.ts';
import type { Route } from './routes.ts';
import { authorityTables, type WindowedCertificate, windowOf } from './windowed.ts';

/** One field that is added, changed or removed. */
export interface Difference {
  readonly field: string;
  /** Absent where it was not there. */
  readonly before?: string;
  /** Absent where it goes. */
  readonly after?: string;
}

/** What applying would change, or changed. */
export interface Change {
  readonly kind: Loaded['kind'];
  readonly id: string;
  readonly change: 'added' | 'changed' | 'unchanged';
  readonly differences: readonly Difference[];
}

/** What stands in the database, or would, as comparable fields in words. */
type Fields = Readonly<Record<string, string>>;

/** What `apply` would do, field by field; nothing is changed. */
export async function planApply(db: Kysely<Tables>, loaded: readonly Loaded[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const each of loaded) changes.push(changeOf(each, await presentFields(db, each)));
  return changes;
}

function changeOf(loaded: Loaded, present: Fields | undefined): Change {
  const { kind, id } = loaded;
  const differences = differencesOf(present ?? {}, wantedFields(loaded));
  if (present === undefined) return { kind, id, change: 'added', differences };
  return { kind, id, change: differences.length === 0 ? 'unchanged' : 'changed', differences };
}

/** Field by field, in the order of the fields. */
function differencesOf(present: Fields, wanted: Fields): Difference[] {
  const names = new Set([...Object.keys(present), ...Object.keys(wanted)]);
  return [...names].flatMap((field) => {
    const before = present[field];
    const after = wanted[field];
    if (before === after) return [];
    return [
      {
        field,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
      },
    ];
  });
}

function wantedFields(loaded: Loaded): Fields {
  switch (loaded.kind) {
    case 'participant':
      return participantFields(
        loaded.name,
        loaded.systems.map(({ id }) => id),
        loaded.systems.flatMap(({ id, certificates }) =>
          certificates.map((each) => ({ system: id, ...each })),
        ),
        loaded.systems.map(({ id, uploadPassword }) => [id, uploadPassword ?? null]),
      );
    case 'trustAnchor':
    case 'intermediate':
      return { certificate: certificateWords(loaded) };
    case 'messageType':
      return messageTypeFields(
        loaded,
        loaded.versions.map((version) => ({ ...version, schemas: filesOf(version) })),
      );
  }
}

async function presentFields(
  db: Kysely<Tables>,
  { kind, id }: Loaded,
): Promise<Fields | undefined> {
  if (kind === 'participant') return presentParticipant(db, id);
  if (kind === 'messageType') return presentMessageType(db, id);
  const row = await db
    .selectFrom(authorityTables[kind])
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && { certificate: certificateWords({ der: row.der, window: windowOf(row) }) };
}

async function presentParticipant(db: Kysely<Tables>, id: string): Promise<Fields | undefined> {
  const row = await db
    .selectFrom('participant')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const systems = await db
    .selectFrom('information_system')
    .select(['id', 'upload_password'])
    .where('participant', '=', id)
    .orderBy('position')
    .execute();
  const certificates = await db
    .selectFrom('certificate')
    .innerJoin('information_system', 'information_system.id', 'certificate.system')
    .select(['certificate.system', 'certificate.der', 'from_at', 'until_at'])
    .where('information_system.participant', '=', id)
    .execute();
  return participantFields(
    row.name,
    systems.map((system) => system.id),
    certificates.map((row) => ({ system: row.system, der: row.der, window: windowOf(row) })),
    systems.map((system) => [system.id, system.upload_password]),
  );
}

async function presentMessageType(db: Kysely<Tables>, id: string): Promise<Fields | undefined> {
  const row = await db
    .selectFrom('message_type')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const versions = await db
    .selectFrom('message_type_version')
    .selectAll()
    .where('message_type', '=', id)
    .orderBy('position')
    .execute();
  return messageTypeFields(
    {
      name: row.name,
      senders: JSON.parse(row.senders) as string[],
      providers: JSON.parse(row.providers) as string[],
      route: JSON.parse(row.route) as Route,
      secondOpinion: row.second_opinion,
      personalSignature: row.personal_signature,
      schemaSigners: JSON.parse(row.schema_signers) as string[],
      attachments: filePolicySchema.parse(JSON.parse(row.attachments)),
    },
    versions.map((version) => ({
      namespace: version.namespace,
      requestRoot: version.request_root,
      responseRoot: version.response_root,
      schemas: JSON.parse(version.schemas) as NamedFile[],
    })),
  );
}

function participantFields(
  name: string,
  systems: readonly string[],
  certificates: readonly (WindowedCertificate & { readonly system: string })[],
  passwords: readonly (readonly [system: string, hash: string | null])[],
): Fields {
  return {
    name,
    systems: systems.join(', '),
    ...Object.fromEntries(
      certificates.map((each) => [
        `certificate ${readCertificate(each.der).fingerprint.slice(0, 16)}`,
        `${each.system}: ${certificateWords(each)}`,
      ]),
    ),
    ...Object.fromEntries(
      passwords.flatMap(([system, hash]) =>
        hash === null ? [] : [[`upload password of ${system}`, passwordWords(hash)]],
      ),
    ),
  };
}

function certificateWords({ der, window }: WindowedCertificate): string {
  const { subject, fingerprint } = readCertificate(der);
  const when = windowWords(window);
  return `${subject} (SHA-256 ${fingerprint.slice(0, 16)}…)${when && ` ${when}`}`;
}

/** Enough to see a change by, and nothing to guess from: the salt is random. */
function passwordWords(hash: string): string {
  return `scrypt, salt ${hash.split(':')[1]?.slice(0, 16)}…`;
}

/** A schema file: its name in the set, and the SHA-256 of its bytes. */
export interface NamedFile {
  readonly name: string;
  readonly hash: string;
}

interface NamedVersion extends Omit<LoadedVersion, 'schemas'> {
  readonly schemas: readonly NamedFile[];
}

function messageTypeFields(
  type: {
    readonly name: string;
    readonly senders: readonly string[];
    readonly providers: readonly string[];
    readonly route: object;
    readonly secondOpinion: number;
    readonly personalSignature: string;
    readonly schemaSigners: readonly string[];
    readonly attachments: FilePolicy;
  },
  versions: readonly NamedVersion[],
): Fields {
  const route = Object.entries(type.route).map(([key, value]) => [
    `route.${key}`,
    typeof value === 'object' ? JSON.stringify(value) : String(value),
  ]);
  return {
    name: type.name,
    senders: type.senders.join(', '),
    providers: type.providers.join(', '),
    ...Object.fromEntries(route),
    secondOpinion: String(type.secondOpinion),
    personalSignature: type.personalSignature,
    schemaSigners: type.schemaSigners.join(', '),
    ...Object.fromEntries(
      Object.entries(type.attachments).map(([key, value]) => [
        `attachments.${key}`,
        Array.isArray(value) ? value.join(', ') : String(value),
      ]),
    ),
    versions: versions.map(({ namespace }) => namespace).join(', '),
    ...Object.fromEntries(versions.flatMap(versionFields)),
  };
}

function versionFields({ namespace, requestRoot, responseRoot, schemas }: NamedVersion) {
  return [
    [`roots of ${namespace}`, `${requestRoot}, ${responseRoot}`],
    [`schemas of ${namespace}`, schemas.map(({ name }) => name).join(', ')],
    ...schemas.map(({ name, hash }) => [`schema ${name} of ${namespace}`, `SHA-256 ${hash}`]),
  ];
}

/** The schema files of a version by name and hash, the main one first. */
export function filesOf({ schemas }: LoadedVersion): NamedFile[] {
  return schemas.map(({ name, bytes }) => ({
    name,
    hash: createHash('sha256').update(bytes).digest('hex'),
  }));
}
