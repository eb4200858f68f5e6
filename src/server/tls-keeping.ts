import type { Config } from '../config/table.ts';
import type { Composed } from './composed.ts';
import { type Repeating, startRepeating } from './repeating.ts';
import { factsOf, KeptTls, type TlsPlace } from './tls.ts';

const lookEveryMs = 500;
const expiryHelp = 'Time until the certificate that is served expires; negative: it has';
const refusedHelp = '1: what lies in the files now was refused, and an older pair serves on';

/** Ports of a process that are under TLS. */
export interface TlsOfFaces {
  readonly soap?: KeptTls;
  readonly admin?: KeptTls;
  readonly store?: KeptTls;
}

/** Every port that the configuration puts under TLS. */
export function tlsPlaces(config: Config): Partial<Record<keyof TlsOfFaces, TlsPlace>> {
  const { tls, adminTls } = config;
  const { listen, tls: store } = config.attachments.ftp;
  const { mode, key, certificate, passphraseFile } = store;
  const isOpen = listen !== undefined && mode !== 'off';
  const files =
    isOpen && key !== undefined && certificate !== undefined
      ? { key, certificate, passphraseFile }
      : undefined;
  return {
    ...(tls && { soap: placeOf('tls', tls) }),
    ...(adminTls && { admin: placeOf('adminTls', adminTls) }),
    ...(files && { store: { name: 'attachments.ftp.tls', files, clientAuth: 'none' } }),
  };
}

function placeOf(name: string, tls: NonNullable<Config['tls']>): TlsPlace {
  return { name, files: tls, clientAuth: tls.clientAuth };
}

/**
 * Reads the files of the ports that a process opens.
 *
 * @param now ms UTC
 * @throws Error with a plain sentence that names a file
 */
export async function readTls(
  config: Config,
  faces: readonly (keyof TlsOfFaces)[],
  now: number,
): Promise<TlsOfFaces> {
  const places = tlsPlaces(config);
  const read: Partial<Record<keyof TlsOfFaces, KeptTls>> = {};
  for (const face of faces) {
    const place = places[face];
    if (place !== undefined) read[face] = await KeptTls.open(place, config.profile, now);
  }
  return read;
}

/** What is wrong with the files of every port. @param now ms UTC */
export async function tlsProblems(config: Config, now: number): Promise<string[]> {
  const problems = Object.values(tlsPlaces(config)).map((place) =>
    KeptTls.open(place, config.profile, now).then(
      () => [],
      (error: unknown) => [error instanceof Error ? error.message : String(error)],
    ),
  );
  return (await Promise.all(problems)).flat();
}

/** Watches the files of the ports, and shows in metrics and health what becomes of them. */
export function startTlsKeeping(faces: TlsOfFaces, context: Composed): Repeating {
  const { clock, log, metrics, watched } = context;
  const all = [faces.soap, faces.admin, faces.store].filter((kept) => kept !== undefined);
  for (const kept of all) log.info(factsOf(kept), 'TLS certificate');
  metrics.gauges('mezhved_tls_expires_seconds', expiryHelp, 'tls', () =>
    all.map(({ place, pair }) => [place.name, (pair.notAfter - clock.now()) / 1000]),
  );
  metrics.gauges('mezhved_tls_refused', refusedHelp, 'tls', () =>
    all.map(({ place, isRefused }) => [place.name, isRefused ? 1 : 0]),
  );
  const look = async (kept: KeptTls) => {
    await kept.look(clock, log);
    watched.tlsRefused = all.filter(({ isRefused }) => isRefused).length;
  };
  const looking = all.map((kept) =>
    startRepeating(`looking at ${kept.place.name}`, lookEveryMs, () => look(kept), log),
  );
  return {
    stop: async () => {
      await Promise.all(looking.map((each) => each.stop()));
    },
  };
}
