import { readFileSync } from 'node:fs';
import type { SmevRoute } from '../participants/routes.ts';
import type { StoreAccess } from '../smev/answers.ts';
import type { CarriedFile } from './carried-file.ts';
import { ConnectorFailure } from './failure.ts';
import { downloadFile, type FtpPlace, type FtpSink, uploadFile } from './ftp-transfer.ts';

/** What a route or an uplink says of the upstream's file store. */
export type StoreSettings = Pick<SmevRoute, 'fileStore' | 'timeoutMs'>;

/**
 * Uploads into the node's own account there, each file into the folder of its uuid.
 *
 * @throws ConnectorFailure
 */
export async function uploadStored(
  settings: StoreSettings,
  files: readonly Pick<CarriedFile, 'name' | 'fileName' | 'size' | 'open'>[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  const place = ownPlace(settings);
  for (const file of files) {
    const { name: uuid, fileName = uuid } = file;
    await uploadFile(place, { uuid, fileName }, file, signal);
  }
}

/**
 * Downloads a file that the upstream gave access to, from its store and from nowhere else.
 *
 * @throws ConnectorFailure; what the sink throws
 */
export async function downloadStored(
  settings: StoreSettings,
  { uuid, fileName, user, password }: StoreAccess,
  sink: FtpSink,
  signal: AbortSignal,
): Promise<void> {
  await downloadFile(placeOf(settings, user, password), { uuid, fileName }, sink, signal);
}

function ownPlace(settings: StoreSettings): FtpPlace {
  const { fileStore } = settings;
  if (fileStore === undefined) throw noStore();
  const { userFile, passwordFile } = fileStore;
  return placeOf(settings, readText(userFile), readText(passwordFile));
}

function placeOf({ fileStore, timeoutMs }: StoreSettings, user: string, password: string) {
  if (fileStore === undefined) throw noStore();
  const { hostname, port } = new URL(fileStore.url);
  const { tls } = fileStore;
  const ca = tls?.ca === undefined ? undefined : readText(tls.ca);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? 21 : port),
    ...{ user, password, tls: tls === undefined ? undefined : { ca } },
    silentMs: timeoutMs,
  };
}

function noStore(): ConnectorFailure {
  return new ConnectorFailure('NOT_SENT', 'no file store of the upstream is configured: fileStore');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConnectorFailure('NOT_SENT', `${file} cannot be read`);
  }
}
