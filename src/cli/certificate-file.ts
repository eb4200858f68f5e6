import { existsSync } from 'node:fs';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { readPassphraseFile } from '../pki/keystore.ts';
import { readPkcs12 } from '../pki/pkcs12.ts';
import { readInput, UsageError } from './run.ts';

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a file: PEM with one or several, DER, or a PKCS#12 store.
 *
 * @param passwordFile of the store: a password on the command line would be seen by every user
 * @throws UsageError where it holds none
 */
export function readCertificateFile(
  file: string,
  passwordFile?: string,
): readonly [Certificate, ...Certificate[]] {
  if (/\.(p12|pfx)$/i.test(file)) return [readStore(file, passwordFile)];
  const bytes = readInput(file);
  try {
    // DER begins with the tag of a SEQUENCE.
    if (bytes[0] === 0x30) return [readCertificate(bytes)];
    const text = bytes.toString('latin1');
    const [first = text, ...others] = text.match(pem) ?? [];
    return [readCertificate(first), ...others.map((each) => readCertificate(each))];
  } catch {
    throw new UsageError(`${file}: не сертификат X.509 / not an X.509 certificate`);
  }
}

/**
 * The beginning of a fingerprint, in lower case: as it is written, or that of the certificate in a file.
 *
 * @throws UsageError where the file holds none
 */
export function fingerprintNamed(text: string, passwordFile?: string): string {
  if (isFingerprint(text)) return text.toLowerCase();
  return readCertificateFile(text, passwordFile)[0].fingerprint;
}

/** Whether a text is the beginning of a fingerprint, and no file has it for a name. */
export function isFingerprint(text: string): boolean {
  return /^[0-9a-f]{1,64}$/i.test(text) && !existsSync(text);
}

function readStore(file: string, passwordFile: string | undefined): Certificate {
  try {
    const password = passwordFile === undefined ? '' : readPassphraseFile(passwordFile);
    return readCertificate(readPkcs12(file, password).certificate);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
