import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout } from '../checkout.ts';
import { readCertificate } from './certificate.ts';

// certs.example stands beside src and beside dist.
const folder = new URL('certs.example/', checkout);

/**
 * Fingerprints of the certificates in certs.example. Their keys are known to all: outside the
 * sandbox they are believed nowhere, whatever a database says.
 */
export function exampleFingerprints(): ReadonlySet<string> {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.crt.pem'));
  } catch {
    return new Set();
  }
  return new Set(
    names.map((name) => readCertificate(readFileSync(new URL(name, folder), 'utf8')).fingerprint),
  );
}

const passphraseFile = new URL('node.passphrase', folder);

/** Whether a file is the one of certs.example with a passphrase, which images do not have. */
export function isExamplePassphraseFile(file: string): boolean {
  return resolve(file) === fileURLToPath(passphraseFile);
}

/** The passphrase of certs.example, which seals nothing outside the sandbox; undefined where it is gone. */
export function examplePassphrase(): string | undefined {
  try {
    return readFileSync(passphraseFile, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

/**
 * Why this certificate may not sign for a node of this profile, or undefined when it may.
 */
export function exampleKeyProblem(profile: string, certificatePem: string): string | undefined {
  if (profile === 'sandbox') return undefined;
  if (!exampleFingerprints().has(readCertificate(certificatePem).fingerprint)) return undefined;
  return (
    'ключ из certs.example известен всем и годится только для песочницы / ' +
    'the key of certs.example is known to all and fit for the sandbox alone'
  );
}
