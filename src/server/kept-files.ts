import { statfs } from 'node:fs/promises';
import { commandCheck, type FileCheck, httpCheck } from '../attachments/check.ts';
import type { Digester } from '../attachments/digester.ts';
import type { LocalFiles } from '../attachments/local-files.ts';
import { Uploads } from '../attachments/uploads.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import type { DownloadDesk } from '../connectors/smev-files.ts';

/** What operators have each file checked by; undefined where by nothing. */
export function fileCheckOf({ attachments }: Config): FileCheck | undefined {
  const { command, url, ...limits } = attachments.check;
  if (command !== undefined) return commandCheck(command, limits);
  return url === undefined ? undefined : httpCheck(url, limits);
}

/** Where the files of agencies' answers arrive. */
export function deskOf(
  { attachments }: Config,
  store: LocalFiles,
  digester: Digester,
): DownloadDesk {
  const { partsMax, storedBytesMax } = attachments;
  return { store, digester, filesMax: partsMax, bytesMax: storedBytesMax };
}

const foldersMax = 1000;
const staleUploadMs = 60_000;

/** The accounts of the file store. */
export function uploadsOf({ attachments, database }: Config, digester: Digester): Uploads {
  // One process alone has an embedded database: nobody else can be writing.
  const staleMs = database.url.startsWith('sqlite:') ? 0 : staleUploadMs;
  const limits = { fileBytesMax: attachments.storedBytesMax, foldersMax, staleMs };
  return new Uploads(attachments.folder, limits, digester, systemClock.now);
}

/** Whether the disk of the file store takes more. */
export async function hasRoom({ attachments, limits }: Config): Promise<boolean> {
  const disk = await statfs(attachments.folder).catch(() => undefined);
  return disk === undefined || disk.bavail * disk.bsize > limits.diskFreeMin;
}
