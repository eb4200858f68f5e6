import { Fault } from '../fault/fault.ts';
import { readCertificate } from '../pki/certificate.ts';
import type { RevocationMode, TrustStore } from '../pki/path.ts';
import type { Window } from '../pki/window.ts';
import type { Database } from '../store/database.ts';
import type { TrustAnchorTable, WindowColumns } from '../store/declared-tables.ts';
import { type PersonalSignaturePolicy, personalSignature } from './declarations.ts';
import { type FilePolicy, filePolicySchema } from './file-policy.ts';
import { readOcspAnswers } from './ocsp-answers.ts';
import type { Authority, Registration } from './registration.ts';
import { readRevocationLists } from './revocation-lists.ts';
import type { Route } from './routes.ts';
import { readTypeVersions } from './schema-versions.ts';
import { type Authorities, trustOf } from './trust-at.ts';
import { rootsOf, type Versioned } from './type-versions.ts';
import { windowOf } from './windowed.ts';

/** An agency or another organisation that exchanges messages. */
export interface Participant {
  readonly id: string;
  readonly name: string;
  /** In the order declared. */
  readonly systems: readonly string[];
}

/** A participant's information system: it signs, and incoming queues belong to it. */
export interface InformationSystem {
  readonly id: string;
  readonly participant: string;
  /** scrypt hash of the password of its account in the file store. */
  readonly uploadPassword?: string | undefined;
}

/** A kind of business content with its schemas, rights and route. */
export interface MessageType extends Versioned {
  readonly id: string;
  readonly name: string;
  /** Ids of participants. */
  readonly senders: readonly string[];
  readonly providers: readonly string[];
  readonly route: Route;
  /** Share of its messages that a second verifier judges too, 0 to 1. */
  readonly secondOpinion: number;
  readonly personalSignature: PersonalSignaturePolicy;
  /** Ids of participants, one of whom signs each package of schemas; empty: none need. */
  readonly schemaSigners: readonly string[];
  readonly attachments: FilePolicy;
}

/** What operators declared, as of one revision. It never changes; a newer one replaces it. */
export interface Registry {
  readonly revision: number;
  readonly messageTypes: readonly MessageType[];
  /** What certificates are judged by at a time, ms UTC: the same object while nothing begins or ends. */
  trustAt(at: number): TrustStore;
  systemOfCertificate(
    fingerprint: string,
  ): { readonly system: InformationSystem; readonly registration: Registration } | undefined;
  /** Every certificate and list that is declared, whether it counts now or not. */
  readonly declared: Declared;
  /** All that a system is known by, was or will be. */
  registrationsOf(system: string): readonly Registration[];
  findSystem(id: string): InformationSystem | undefined;
  /** @throws Fault INTERNAL when there is none */
  participant(id: string): Participant;
  findParticipant(id: string): Participant | undefined;
  findMessageType(id: string): MessageType | undefined;
  /** By the root element of either side, in any of its versions. */
  messageTypeOfRoot(namespace: string, local: string): MessageType | undefined;
}

/** What the configuration says of trust. */
export interface TrustSettings {
  /** Fingerprints of certificates that are not believed though they are declared. */
  readonly distrusted?: ReadonlySet<string> | undefined;
  readonly revocation?: RevocationMode | 'off';
  /** Dotted OIDs, as TrustStore has them. */
  readonly policies?: readonly string[];
}

/** Where a registry is read from: a database, or a transaction as `kysely`. */
type Source = Pick<Database, 'kysely'>;

/** Reads the whole registry from the database, all of one revision. */
export async function readRegistry(
  database: Source,
  settings: TrustSettings = {},
): Promise<Registry> {
  for (;;) {
    const registry = await readTables(database, settings);
    // Whoever changed a table meanwhile has raised the revision in the same transaction.
    if ((await readRevision(database)) === registry.revision) return registry;
  }
}

async function readRevision({ kysely }: Source): Promise<number> {
  const row = await kysely.selectFrom('revision').select('revision').executeTakeFirstOrThrow();
  return row.revision;
}

async function readTables(
  database: Source,
  { distrusted = new Set(), revocation = 'off', policies = [] }: TrustSettings,
): Promise<Registry> {
  const { kysely } = database;
  const believed = ({ certificate }: Registration) => !distrusted.has(certificate.fingerprint);
  const revision = await readRevision(database);
  const participants = await kysely.selectFrom('participant').selectAll().execute();
  const systems = await kysely
    .selectFrom('information_system')
    .selectAll()
    .orderBy('participant')
    .orderBy('position')
    .execute();
  const certificates = await kysely.selectFrom('certificate').selectAll().execute();
  const anchors = await kysely.selectFrom('trust_anchor').selectAll().orderBy('id').execute();
  const intermediates = await kysely.selectFrom('intermediate').selectAll().orderBy('id').execute();
  return buildRegistry({
    revision,
    participants: participants.map(({ id, name }) => ({
      id,
      name,
      systems: systems.filter((system) => system.participant === id).map((system) => system.id),
    })),
    systems: systems.map(({ id, participant, upload_password }) => ({
      id,
      participant,
      uploadPassword: upload_password ?? undefined,
    })),
    certificates: certificates.map((row) => ({ system: row.system, ...registrationOf(row) })),
    messageTypes: await readMessageTypes({ kysely }),
    anchors: anchors.map(authorityOf).filter(believed),
    intermediates: intermediates.map(authorityOf).filter(believed),
    revocation:
      revocation === 'off'
        ? undefined
        : {
            mode: revocation,
            lists: await readRevocationLists(kysely),
            answers: await readOcspAnswers(kysely),
          },
    policies,
  });
}

function authorityOf(row: TrustAnchorTable): Authority {
  return { id: row.id, ...registrationOf(row) };
}

function registrationOf(row: WindowColumns & { readonly der: Uint8Array }): Registration {
  return { certificate: readCertificate(row.der), window: windowOf(row) };
}

async function readMessageTypes({ kysely }: Source): Promise<MessageType[]> {
  const types = await kysely.selectFrom('message_type').selectAll().orderBy('id').execute();
  const versioned = await readTypeVersions(kysely);
  return types.map(
    ({ id, name, senders, providers, route, second_opinion, attachments, ...row }) => ({
      id,
      name,
      senders: JSON.parse(senders) as string[],
      providers: JSON.parse(providers) as string[],
      route: JSON.parse(route) as Route,
      secondOpinion: second_opinion,
      personalSignature: personalSignature.parse(row.personal_signature),
      schemaSigners: JSON.parse(row.schema_signers) as string[],
      attachments: filePolicySchema.parse(JSON.parse(attachments)),
      ...versioned(id),
    }),
  );
}

interface Parts extends Authorities {
  readonly revision: number;
  readonly participants: readonly Participant[];
  readonly systems: readonly InformationSystem[];
  readonly certificates: readonly (Registration & { readonly system: string })[];
  readonly messageTypes: readonly MessageType[];
}

/** Builds the registry of its parts. */
export function buildRegistry(parts: Parts): Registry {
  const participants = new Map(parts.participants.map((each) => [each.id, each]));
  const systems = new Map(parts.systems.map((each) => [each.id, each]));
  const types = new Map(parts.messageTypes.map((each) => [each.id, each]));
  const owners = new Map(parts.certificates.map((each) => [each.certificate.fingerprint, each]));
  const roots = new Map<string, MessageType>();
  // Of two types with one root, no more than one counts: the one whose version ends last, if ever.
  const ends = (window: Window | undefined) =>
    window === undefined ? Number.NEGATIVE_INFINITY : (window.until ?? Number.POSITIVE_INFINITY);
  const ranked = parts.messageTypes
    .flatMap((type) => type.versions.map((version) => ({ type, version })))
    .sort((a, b) => (ends(a.version.window) < ends(b.version.window) ? -1 : 1));
  for (const { type, version } of ranked) {
    for (const root of rootsOf(version)) roots.set(root, type);
  }
  return {
    revision: parts.revision,
    trustAt: trustOf(parts),
    messageTypes: parts.messageTypes,
    declared: parts,
    systemOfCertificate: (fingerprint) => {
      const owner = owners.get(fingerprint);
      const system = owner && systems.get(owner.system);
      return owner && system && { system, registration: owner };
    },
    registrationsOf: (system) => parts.certificates.filter((each) => each.system === system),
    findSystem: (id) => systems.get(id),
    participant: (id) => {
      const found = participants.get(id);
      if (found === undefined) throw new Fault('INTERNAL', { private: `no participant ${id}` });
      return found;
    },
    findParticipant: (id) => participants.get(id),
    findMessageType: (id) => types.get(id),
    messageTypeOfRoot: (namespace, local) => roots.get(`{${namespace}}${local}`),
  };
}

export type Declared = Pick<Parts, 'certificates' | keyof Authorities>;

export interface Watch {
  stop(): Promise<void>;
}

/**
 * Looks every second whether the revision has changed, and has the new registry taken up. A change
 * that cannot be taken up is told to `failed` and tried again; the node works on with the last good.
 */
export function watchRegistry(
  database: Database,
  from: number,
  takeUp: () => Promise<Registry>,
  failed: (error: unknown) => void,
): Watch {
  let known = from;
  let stopped = false;
  let timer: NodeJS.Timeout;
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    try {
      if ((await readRevision(database)) !== known) known = (await takeUp()).revision;
    } catch (error) {
      failed(error);
    }
    if (!stopped) schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => {
      looking = look();
    }, 1000);
  };
  schedule();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await looking;
      clearTimeout(timer);
    },
  };
}
