import { readFile } from 'node:fs/promises';
import { NotTold } from './way.ts';

const bytesMax = 4096;

/**
 * A secret from its file, read at each use so that it may change; one line end behind it is not of it.
 *
 * @throws NotTold naming the file; never its content
 */
export async function readSecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const secret = text?.replace(/\r?\n$/, '') ?? '';
  if (text === undefined) throw new NotTold(`файл не читается / cannot be read: ${file}`);
  if (secret === '') throw new NotTold(`файл пуст / the file is empty: ${file}`);
  if (secret.length > bytesMax || /[\r\n\0]/.test(secret)) {
    throw new NotTold(`в файле не одна строка / more than one line: ${file}`);
  }
  return secret;
}
