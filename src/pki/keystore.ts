import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isTokenUri } from '../config/key.ts';
import { pemOf } from './asn1.ts';
import { examplePassphrase, isExamplePassphraseFile } from './examples.ts';
import { openKey, SealUnopened } from './sealed-key.ts';
import { type TlsFiles, type TlsTexts, TlsUnfit } from './tls-pair.ts';

/** PEM texts of a private key and its certificate; a key in a token is named by its PKCS#11 URI. */
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
  const key = isTokenUri(files.key) ? files.key : readPem(files.key);
  return { key, certificate: readPem(files.certificate) };
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

const sealedPem =
  /-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED PRIVATE KEY-----/;

/**
 * The same where the key may be sealed under a passphrase (PKCS#8), GOST too.
 *
 * @param passphrase undefined where none is configured
 * @returns the key no longer sealed
 * @throws Error naming the file, and what is wrong with it
 */
export async function readSealedPair(
  files: PemPair,
  passphrase: string | undefined,
): Promise<PemPair> {
  const { key, certificate } = readPemPair(files);
  const sealed = sealedPem.exec(key)?.[1];
  if (sealed === undefined) return { key, certificate };
  if (passphrase === undefined) {
    throw new Error(
      `ключ под паролем, а node.passphraseFile не задан / the key has a passphrase, and node.passphraseFile is not set: ${files.key}`,
    );
  }
  try {
    const opened = await openKey(Buffer.from(sealed, 'base64'), passphrase);
    return { key: pemOf(opened, 'PRIVATE KEY'), certificate };
  } catch (error) {
    const opened =
      error instanceof SealUnopened && error.why === 'scheme'
        ? openedByOpenssl(key, passphrase)
        : undefined;
    if (opened !== undefined) return { key: opened, certificate };
    throw new Error(
      `пароль из node.passphraseFile не открывает ключ, или ключ повреждён / the passphrase of node.passphraseFile does not open the key, or the key is broken: ${files.key}`,
    );
  }
}

/** Of RSA and EC under ciphers that this room does not read. */
function openedByOpenssl(key: string, passphrase: string): string | undefined {
  try {
    return createPrivateKey({ key, passphrase })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();
  } catch {
    return undefined;
  }
}

/**
 * The passphrase of the keys of a node; none where it is that of certs.example, but in the sandbox.
 *
 * @throws Error naming the file
 */
export function readNodePassphrase(
  profile: string,
  { passphraseFile }: { readonly passphraseFile?: string | undefined },
): string | undefined {
  if (passphraseFile === undefined) return undefined;
  if (profile !== 'sandbox' && isExamplePassphraseFile(passphraseFile)) return undefined;
  const text = readPassphraseFile(passphraseFile);
  return profile !== 'sandbox' && text === examplePassphrase() ? undefined : text;
}

/**
 * The passphrase of a file: one line end behind it is not of it.
 *
 * @throws Error naming the file
 */
export function readPassphraseFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw new Error(`файл не читается / cannot be read: ${file}`);
  }
  if (text === '') throw new Error(`файл пуст / the file is empty: ${file}`);
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
