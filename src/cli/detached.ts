import { closeSync, openSync, readSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import type { Certificate } from '../pki/certificate.ts';
import { readCertificate } from '../pki/certificate.ts';
import { CmsError } from '../pki/cms-error.ts';
import { type DetachedSignature, readDetached } from '../pki/cms-read.ts';
import { contentHashOf, signDetached } from '../pki/cms-sign.ts';
import { verifyDetached } from '../pki/cms-verify.ts';
import { issuingKeyFromPem } from '../pki/issuing-key.ts';
import { readPemPair } from '../pki/keystore.ts';
import { type ContentHash, contentDigest } from '../pki/signature-algorithms.ts';
import { readInput, UsageError } from './run.ts';

/**
 * A detached signature (PKCS#7) over a file, as attachments have it: DER.
 *
 * @throws UsageError where a file cannot be read, or key and certificate do not fit
 */
export function signAttachment(
  file: string,
  { key, cert }: { readonly key: string; readonly cert: string },
): Buffer {
  const pair = asUsage(() => readPemPair({ key, certificate: cert }));
  const certificate = asUsage(() => readCertificate(pair.certificate));
  const signingKey = asUsage(() => issuingKeyFromPem(pair.key, certificate));
  return signDetached({
    key: signingKey,
    certificate,
    digest: digestOfFile(file, contentHashOf(signingKey)),
    signingTime: systemClock.now(),
  });
}

/** What is right and wrong about a detached signature. */
export interface ExaminedAttachment {
  readonly certificate: Certificate | undefined;
  /** Of the content; '' where the signature cannot be read. */
  readonly algorithm: string;
  readonly digest: 'good' | 'bad';
  readonly signature: 'good' | 'bad';
  readonly problem: string | undefined;
}

/**
 * Judges the detached signature of a file, digest and value apart.
 *
 * @throws UsageError where a file cannot be read
 */
export function examineAttachment(file: string, signatureFile: string): ExaminedAttachment {
  let read: DetachedSignature;
  try {
    read = readDetached(derOf(readInput(signatureFile)));
  } catch (error) {
    if (!(error instanceof CmsError)) throw error;
    const bad = { certificate: undefined, algorithm: '', digest: 'bad', signature: 'bad' } as const;
    return { ...bad, problem: error.message };
  }
  const digest = digestOfFile(file, read.hash);
  // With the digest that was signed, only the value can be wrong.
  const [content, value] = [problemOf(read, digest), problemOf(read, read.messageDigest)];
  return {
    certificate: read.certificate,
    algorithm: read.hash,
    digest: digest.equals(read.messageDigest) ? 'good' : 'bad',
    signature: value === undefined ? 'good' : 'bad',
    problem: content,
  };
}

function problemOf(read: DetachedSignature, digest: Uint8Array): string | undefined {
  try {
    verifyDetached(read, digest);
    return undefined;
  } catch (error) {
    if (error instanceof CmsError) return error.message;
    throw error;
  }
}

/** DER as it is, or out of PEM or bare base64, as messages carry it. */
function derOf(bytes: Buffer): Buffer {
  if (bytes[0] === 0x30) return bytes;
  return Buffer.from(bytes.toString('latin1').replace(/-----[^-]+-----/g, ''), 'base64');
}

const chunkOctets = 1 << 20;

/** A file may be larger than memory. */
function digestOfFile(file: string, hash: ContentHash): Buffer {
  const digest = contentDigest(hash);
  const chunk = Buffer.alloc(chunkOctets);
  const handle = asUsage(() => openSync(file, 'r'));
  try {
    for (;;) {
      const octets = asUsage(() => readSync(handle, chunk));
      if (octets === 0) return digest.digest();
      digest.update(chunk.subarray(0, octets));
    }
  } finally {
    closeSync(handle);
  }
}

function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
