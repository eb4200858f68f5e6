import type { Kysely } from 'kysely';
import type { SchemaPinTable } from '../store/declared-tables.ts';
import type { Tables } from '../store/tables.ts';
import type { Route } from './routes.ts';
import { listVersions, type StoredVersion } from './schema-versions.ts';

/** What is wrong with the whole of what is declared: names that lead nowhere. */
export async function contradictions(db: Kysely<Tables>): Promise<string[]> {
  const participants = await db.selectFrom('participant').select('id').execute();
  const systems = await db.selectFrom('information_system').select(['id', 'participant']).execute();
  const types = await db.selectFrom('message_type').selectAll().orderBy('id').execute();
  const known = new Set(participants.map(({ id }) => id));
  const versions = await listVersions(db);
  const pins = await db.selectFrom('schema_pin').selectAll().execute();
  return types.flatMap(({ id, ...type }) => {
    const senders = JSON.parse(type.senders) as string[];
    const providers = JSON.parse(type.providers) as string[];
    const signers = JSON.parse(type.schema_signers) as string[];
    const unknown = [...new Set([...senders, ...providers, ...signers])].filter(
      (each) => !known.has(each),
    );
    const owned = (provider: string) => systems.filter((each) => each.participant === provider);
    return [
      ...sameNames(id, versions),
      ...lostPins(
        pins.filter((pin) => pin.message_type === id),
        versions.filter((each) => each.messageType === id),
        systems,
      ),
      ...sharedFolder(id, JSON.parse(type.route) as Route, types),
      ...unknown.map((each) => `${id}: нет участника ${each} / there is no such participant`),
      ...routeProblem(JSON.parse(type.route) as Route, providers, owned).map(
        (problem) => `${id}: ${problem}`,
      ),
    ];
  });
}

function routeProblem(
  route: Route,
  providers: readonly string[],
  owned: (provider: string) => readonly { readonly id: string }[],
): string[] {
  if (route.kind !== 'queue' || route.system === undefined) return [];
  const { system } = route;
  const owner = providers.find((provider) => owned(provider).some(({ id }) => id === system));
  if (owner !== undefined) return [];
  return [`система ${system} не принадлежит поставщику / the system is no provider's`];
}

/** A version is known by its name: in the journal, to those who pin it, and to who asks for its schemas. */
function sameNames(id: string, versions: readonly StoredVersion[]): string[] {
  const names = versions.filter((each) => each.messageType === id).map(({ version }) => version);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(
    (name) => `${id}: две версии с именем ${name} / two versions have that name`,
  );
}

/** A pin holds a version: it goes when the pin does. */
function lostPins(
  pins: readonly SchemaPinTable[],
  versions: readonly StoredVersion[],
  systems: readonly { readonly id: string }[],
): string[] {
  return pins
    .filter(
      ({ system, version }) =>
        !systems.some(({ id }) => id === system) ||
        !versions.some((each) => each.version === version),
    )
    .map(
      ({ message_type, system, version }) =>
        `${message_type}: версия ${version} закреплена за ${system}; сначала schema unpin / the version is pinned for the system: schema unpin first`,
    );
}

/** Answers in a folder are told apart by MessageID alone, so it belongs to one message type. */
function sharedFolder(
  id: string,
  route: Route,
  types: readonly { readonly id: string; readonly route: string }[],
): string[] {
  if (route.kind !== 'directory') return [];
  const other = types.find((type) => {
    const theirs = JSON.parse(type.route) as Route;
    return type.id < id && theirs.kind === 'directory' && theirs.folder === route.folder;
  });
  if (other === undefined) return [];
  return [
    `${id}: папка ${route.folder} уже у вида сведений ${other.id} / the folder belongs to that message type`,
  ];
}
