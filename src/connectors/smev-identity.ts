import { readFileSync } from 'node:fs';
import { readCertificate } from '../pki/certificate.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type Signer, signerFromPem } from '../signature/signer.ts';
import { ConnectorFailure } from './failure.ts';

/** As whom the node speaks to a SMEV, and whose signature it believes there. */
export interface Identity {
  readonly signer: Signer;
  /** Fingerprints. */
  readonly trusted: ReadonlySet<string>;
}

interface Files {
  readonly key: string;
  readonly certificate: string;
  /** PEM with one or more certificates. */
  readonly trust: string;
}

/**
 * Reads key, certificate and trust.
 *
 * @throws ConnectorFailure NOT_SENT naming the file; never its content
 */
export function readIdentity(files: Files): Identity {
  return { signer: readSigner(files), trusted: readTrusted(files.trust) };
}

/** @throws ConnectorFailure NOT_SENT */
export function readSigner({ key, certificate }: Pick<Files, 'key' | 'certificate'>): Signer {
  try {
    const pair = readPemPair({ key, certificate });
    return signerFromPem(pair.key, pair.certificate);
  } catch (error) {
    throw unusable(`${key}, ${certificate}`, error);
  }
}

const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function readTrusted(file: string): ReadonlySet<string> {
  try {
    const texts = readFileSync(file, 'utf8').match(pem) ?? [];
    if (texts.length === 0) throw new ConnectorFailure('NOT_SENT', 'no certificate in PEM');
    return new Set(texts.map((text) => readCertificate(text).fingerprint));
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(files: string, error: unknown): ConnectorFailure {
  const why =
    error instanceof Error ? error.message.split('\n', 1)[0] : 'файл не читается / cannot be read';
  return new ConnectorFailure('NOT_SENT', `${files}: ${why}`, { cause: error });
}
