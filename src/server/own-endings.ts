import { readFile } from 'node:fs/promises';
import type { Config } from '../config/table.ts';
import type { StoredKey } from '../participants/node-keys.ts';
import type { Registry } from '../participants/registry.ts';
import type { Route } from '../participants/routes.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { always } from '../pki/window.ts';
import { type Ending, merged } from '../warnings/ending.ts';
import { fileEndings, keyEndings, type OwnedKey } from '../warnings/own-ending.ts';
import { tlsPlaces } from './tls-keeping.ts';

/** A certificate in PEM, and the path of the settings that name it. */
export type Placed = readonly [owner: string, pem: string];

/** What is known of the node's own. */
export interface OwnSources {
  /** PEM of the certificates of `node.keys`, in their order. */
  readonly files: readonly string[];
  /** Keys of its database. */
  readonly stored: readonly StoredKey[];
  /** Of each port under TLS. */
  readonly ports: readonly Placed[];
}

/**
 * What of a node's own ends: keys it signs with, ports under TLS, certificates with which it calls
 * others, those by which it knows them. A file that cannot be read is told where it is used, not here.
 *
 * @param now ms UTC
 */
export async function ownEndings(
  { uplinks }: Config,
  { messageTypes }: Pick<Registry, 'messageTypes'>,
  { files, stored, ports }: OwnSources,
  now: number,
): Promise<Ending[]> {
  const clients = [
    ...uplinks.flatMap(({ id, certificate, tls }) => named(`uplinks.${id}`, [certificate, tls])),
    ...messageTypes.flatMap(({ id, route }) => named(`route ${id}`, clientFiles(route))),
  ];
  const peers = [
    ...uplinks.flatMap(({ id, trust }) => named(`uplinks.${id}.trust`, [trust])),
    ...messageTypes.flatMap(({ id, route }) =>
      named(`route ${id}`, [route.kind === 'smev' ? route.trust : undefined]),
    ),
  ];
  return merged([
    ...keyEndings([...fileKeys(files), ...databaseKeys(stored)], now),
    ...fileEndings('tls', await readAll(ports.map(([owner, pem]) => [owner, async () => pem]))),
    ...fileEndings('client', await readAll(clients)),
    ...fileEndings('peer', await readAll(peers)),
  ]);
}

/** The certificates in the files of every port under TLS, for who does not serve them. */
export async function portsInFiles(config: Config): Promise<Placed[]> {
  const places = Object.values(tlsPlaces(config));
  const read = await Promise.all(
    places.map(async ({ name, files }): Promise<Placed[]> => {
      const pem = await readFile(files.certificate, 'utf8').catch(() => undefined);
      return pem === undefined ? [] : [[name, pem]];
    }),
  );
  return read.flat();
}

function fileKeys(files: readonly string[]): OwnedKey[] {
  return files.map((pem, at) => ({
    ...{
      owner: `node.keys.${at}`,
      purpose: 'messages',
      certificate: readCertificate(pem),
      window: always,
    },
  }));
}

/** Those that have a certificate and were told when to sign. */
function databaseKeys(stored: readonly StoredKey[]): OwnedKey[] {
  return stored.flatMap(({ id, purpose, certificate, half, window }) =>
    certificate === undefined || window === undefined || half === undefined
      ? []
      : [{ owner: id.slice(0, 16), purpose, certificate, window }],
  );
}

type Reading = readonly [owner: string, read: () => Promise<string>];
type NamedFile = string | { readonly certificate?: string | undefined } | undefined;

function named(owner: string, files: readonly NamedFile[]): Reading[] {
  return files
    .map((each) => (typeof each === 'object' ? each.certificate : each))
    .filter((file) => file !== undefined)
    .map((file) => [owner, () => readFile(file, 'utf8')]);
}

function clientFiles(route: Route): NamedFile[] {
  return [
    route.kind === 'smev' ? route.certificate : undefined,
    route.kind === 'soap' ? route.sign : undefined,
    'tls' in route ? route.tls : undefined,
  ];
}

const pemForm = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The first certificate of each port or client would do; a file of trust has several of equal rank. */
async function readAll(readings: readonly Reading[]): Promise<[string, Certificate[]][]> {
  return Promise.all(
    readings.map(async ([owner, read]): Promise<[string, Certificate[]]> => {
      try {
        return [owner, ((await read()).match(pemForm) ?? []).map(readCertificate)];
      } catch {
        return [owner, []];
      }
    }),
  );
}
