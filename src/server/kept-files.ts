import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { commandCheck, type FileCheck, httpCheck } from '../attachments/check.ts';
import type { Digester } from '../attachments/digester.ts';
import { type FileStore, StoreAway, StoreFull } from '../attachments/file-store.ts';
import { LocalFiles } from '../attachments/local-files.ts';
import { S3Bucket } from '../attachments/s3-bucket.ts';
import { S3Files } from '../attachments/s3-files.ts';
import { Spool } from '../attachments/spool.ts';
import { Uploads } from '../attachments/uploads.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/table.ts';
import type { DownloadDesk } from '../connectors/smev-files.ts';
import type { Log } from '../log.ts';

/** What operators have each file checked by; undefined where by nothing. */
export function fileCheckOf({ attachments }: Config): FileCheck | undefined {
  const { command, url, ...limits } = attachments.check;
  if (command !== undefined) return commandCheck(command, limits);
  return url === undefined ? undefined : httpCheck(url, limits);
}

/** Where the files of agencies' answers arrive. */
export function deskOf(
  { attachments }: Config,
  store: Pick<FileStore, 'create'>,
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

/** Where the files of accepted messages are, with what ends it. */
export interface KeptFiles {
  readonly files: FileStore;
  close(): Promise<void>;
}

/**
 * The local disk, or the bucket that the configuration names. Whether that one serves is tried out.
 *
 * @throws Error with a plain sentence where only other settings would help: a bucket that is not there,
 *   a wrong secret. A store that cannot be reached may come back: the log tells it
 */
export async function openFiles(
  { attachments }: Pick<Config, 'attachments'>,
  log: Log,
): Promise<KeptFiles> {
  const { folder, s3 } = attachments;
  if (s3 === undefined) {
    return { files: new LocalFiles(folder, randomBytes), close: async () => undefined };
  }
  const { accessKeyFile, secretKeyFile, ca, ...place } = s3;
  const credentials = {
    accessKeyId: secretIn('accessKeyFile', accessKeyFile),
    secretAccessKey: secretIn('secretKeyFile', secretKeyFile),
    ...(ca === undefined ? {} : { ca: textIn('ca', ca) }),
  };
  const bucket = new S3Bucket(place, credentials, systemClock.now);
  const files = new S3Files(bucket, new Spool(folder, randomBytes));
  const close = () => bucket.close();
  await files.prove().catch(async (error: unknown) => {
    if (error instanceof StoreFull || (error instanceof StoreAway && error.kind !== 'refused')) {
      log.error(
        { why: error.message },
        'the file store does not serve; messages with files get 503',
      );
      return;
    }
    await close();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`attachments.s3 (${place.endpoint}, ${place.bucket}): ${why}`);
  });
  return { files, close };
}

function secretIn(name: string, file: string): string {
  const text = textIn(name, file).trim();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new Error(`attachments.s3.${name}: ${file}: одна строка ASCII / one line of ASCII`);
}

function textIn(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`attachments.s3.${name}: ${file}: файл не читается / the file cannot be read`);
  }
}
