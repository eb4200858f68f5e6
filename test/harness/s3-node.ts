import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Credentials, S3Place } from '../../src/attachments/s3-bucket.ts';

/**
 * Writes the configuration of a node that keeps files in this bucket, with its secrets beside it.
 *
 * @param more of `attachments`
 * @returns its path, for MEZHVED_CONFIG
 */
export async function s3Config(
  folder: string,
  place: S3Place,
  { accessKeyId, secretAccessKey }: S3Credentials,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  await writeFile(join(folder, 'access'), `${accessKeyId}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'secret'), `${secretAccessKey}\n`, { mode: 0o600 });
  const s3 = { ...place, accessKeyFile: 'access', secretKeyFile: 'secret' };
  const file = join(folder, 'mezhved.yaml');
  const attachments = { ftp: { listen: '127.0.0.1:0' }, s3, ...more };
  await writeFile(file, JSON.stringify({ compute: { threads: 1 }, attachments }));
  return file;
}
