import type { Kysely } from 'kysely';
import { always } from '../pki/window.ts';
import type { MessageTypeVersionTable, SchemaTurnTable } from '../store/declared-tables.ts';
import type { Tables } from '../store/tables.ts';
import type { NamedFile } from './plan.ts';
import { type TypeVersion, type Versioned, versionNameOf } from './type-versions.ts';
import { windowOf } from './windowed.ts';

/** A version as the database has it, without the bytes of its files. */
export interface StoredVersion extends Omit<TypeVersion, 'schemas'> {
  readonly messageType: string;
  readonly files: readonly NamedFile[];
  /** Declared by the operator, or brought by a partner and admitted at a time, ms UTC. */
  readonly source: 'declared' | 'admitted';
  readonly admittedAt: number | undefined;
  readonly signer: string | undefined;
  readonly turn: SchemaTurnTable | undefined;
}

/** All versions of all types: those that are declared in their order, then those that were admitted. */
export async function listVersions(db: Kysely<Tables>): Promise<StoredVersion[]> {
  const declared = await db
    .selectFrom('message_type_version')
    .selectAll()
    .orderBy('message_type')
    .orderBy('position')
    .execute();
  const admitted = await db
    .selectFrom('schema_version')
    .selectAll()
    .orderBy('message_type')
    .orderBy('admitted_at')
    .orderBy('version')
    .execute();
  const turns = new Map(
    (await db.selectFrom('schema_turn').selectAll().execute()).map((row) => [keyOf(row), row]),
  );
  const found: StoredVersion[] = [];
  for (const row of [...named(declared), ...admitted]) {
    const turn = turns.get(keyOf(row));
    const isAdmitted = 'admitted_at' in row;
    const untold = isAdmitted ? undefined : always;
    found.push({
      messageType: row.message_type,
      version: row.version,
      namespace: row.namespace,
      requestRoot: row.request_root,
      responseRoot: row.response_root,
      files: JSON.parse(row.schemas) as NamedFile[],
      window: turn === undefined ? untold : windowOf(turn),
      rollback: rollbackOf(turn),
      source: isAdmitted ? 'admitted' : 'declared',
      admittedAt: isAdmitted ? row.admitted_at : undefined,
      signer: isAdmitted ? (row.signer ?? undefined) : undefined,
      turn,
    });
  }
  return found;
}

/** Each by its name; of two that one namespace names the second has its root in its own. */
function named<
  T extends Pick<
    MessageTypeVersionTable,
    'message_type' | 'version' | 'namespace' | 'request_root'
  >,
>(rows: readonly T[]): (T & { readonly version: string })[] {
  const taken = new Set<string>();
  return rows.map((row) => {
    const plain = row.version ?? versionNameOf(row.namespace);
    const isTaken = row.version === null && taken.has(keyOf({ ...row, version: plain }));
    const version = isTaken ? `${plain}-${row.request_root}` : plain;
    taken.add(keyOf({ ...row, version }));
    return { ...row, version };
  });
}

function keyOf({ message_type, version }: { message_type: string; version: string }): string {
  return JSON.stringify([message_type, version]);
}

function rollbackOf(turn: SchemaTurnTable | undefined): TypeVersion['rollback'] {
  if (turn === undefined || turn.rollback_share === null) return undefined;
  return { share: turn.rollback_share, least: turn.rollback_least };
}

/** Reads the versions of all types with the bytes of their files. @returns those of one type */
export async function readTypeVersions(
  db: Kysely<Tables>,
): Promise<(messageType: string) => Versioned> {
  const versions = await listVersions(db);
  const pins = await db.selectFrom('schema_pin').selectAll().execute();
  const files = new Map<string, Uint8Array>();
  for (const hash of new Set(versions.flatMap((each) => each.files.map((file) => file.hash)))) {
    files.set(hash, await bytesOf(db, hash));
  }
  return (messageType) => ({
    versions: versions
      .filter((each) => each.messageType === messageType)
      .map(({ version, namespace, requestRoot, responseRoot, window, rollback, ...rest }) => ({
        ...{ version, namespace, requestRoot, responseRoot, window, rollback },
        schemas: rest.files.map(({ name, hash }) => ({
          name,
          bytes: files.get(hash) ?? new Uint8Array(),
        })),
      })),
    pins: Object.fromEntries(
      pins
        .filter((pin) => pin.message_type === messageType)
        .map(({ system, version }) => [system, version]),
    ),
  });
}

async function bytesOf(db: Kysely<Tables>, hash: string): Promise<Uint8Array> {
  const { bytes } = await db
    .selectFrom('content')
    .select('bytes')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow();
  return new Uint8Array(bytes);
}
