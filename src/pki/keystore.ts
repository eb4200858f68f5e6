import { readFileSync } from 'node:fs';

/** PEM texts of a private key and its certificate. */
export interface PemPair {
  readonly key: string;
  readonly certificate: string;
}

/**
 * Reads a key and its certificate from the files of a configuration.
 *
 * @throws Error naming the file that cannot be read; never its content
 */
export function readPemPair(files: PemPair): PemPair {
  return { key: readPem(files.key), certificate: readPem(files.certificate) };
}

function readPem(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`файл не читается / cannot be read: ${file}`);
  }
  if (!text.includes('-----BEGIN ')) throw new Error(`не PEM / not PEM: ${file}`);
  return text;
}
