import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { type TlsFiles, type TlsTexts, TlsUnfit } from './tls-pair.ts';

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

const pemBytesMax = 4 * 1024 * 1024;
const passphraseBytesMax = 1024;

/**
 * Reads the files of a port under TLS. One line end behind the passphrase is not of it.
 *
 * @throws TlsUnfit naming the file that cannot be read, is too large, or is empty; never its content
 */
export async function readTlsTexts(files: TlsFiles): Promise<TlsTexts> {
  const { passphraseFile, clientCa } = files;
  return {
    key: await readBounded(files.key, pemBytesMax),
    certificate: await readBounded(files.certificate, pemBytesMax),
    passphrase: passphraseFile === undefined ? undefined : await readPassphrase(passphraseFile),
    clientCa: clientCa === undefined ? undefined : await readBounded(clientCa, pemBytesMax),
  };
}

async function readPassphrase(file: string): Promise<string> {
  const text = (await readBounded(file, passphraseBytesMax)).replace(/\r?\n$/, '');
  if (text === '') throw new TlsUnfit(`файл пуст / the file is empty: ${file}`);
  return text;
}

async function readBounded(file: string, bytesMax: number): Promise<string> {
  const unreadable = new TlsUnfit(`файл не читается / cannot be read: ${file}`);
  // A pipe would be waited for.
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) throw unreadable;
  if (found.size > bytesMax) throw new TlsUnfit(`файл слишком велик / too large: ${file}`);
  return readFile(file, 'utf8').catch(() => {
    throw unreadable;
  });
}
