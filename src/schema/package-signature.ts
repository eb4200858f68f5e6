import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Certificate } from '../pki/certificate.ts';
import { CmsError, type CmsReason } from '../pki/cms-error.ts';
import { readDetached } from '../pki/cms-read.ts';
import { verifyDetached } from '../pki/cms-verify.ts';
import { type ContentHash, contentDigest } from '../pki/signature-algorithms.ts';
import type { OldAlgorithms } from '../pki/trust.ts';
import type { SchemaPackage } from './package.ts';
import type { SchemaFile } from './set.ts';

/** Who signed a package, or why its signature does not count. */
export type PackageSigner =
  | {
      readonly certificate: Certificate;
      /** As the signer says, ms UTC. */
      readonly signingTime: number | undefined;
    }
  | { readonly refused: CmsReason | 'signer-unknown'; readonly text: string };

/**
 * What the signature of a folder is made over: a line for each file, in the order of the octets of their
 * names, SHA-256 in lower-case hex, two spaces, the name by its path in the folder, and a line feed. It is
 * what `find . -name '*.xsd' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum` prints in the folder.
 */
export function packageManifest(files: readonly SchemaFile[]): Buffer {
  const lines = files.map(({ name, bytes }) => ({
    name: Buffer.from(name),
    line: `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`,
  }));
  lines.sort((a, b) => Buffer.compare(a.name, b.name));
  return Buffer.from(lines.map(({ line }) => line).join(''));
}

/** The octets that are signed: an archive as it came, the manifest of a folder. */
export function signedOctets(from: SchemaPackage): Uint8Array {
  return 'zip' in from ? from.zip : packageManifest(from.files);
}

/**
 * Verifies the detached signature (PKCS#7, DER) over a package.
 *
 * @param mayBe whether the certificate of this fingerprint may sign the package; whether it is trusted
 *   and in force is the caller's to judge
 * @param old algorithms that are taken by name alone
 */
export async function packageSigner(
  from: SchemaPackage,
  signature: Uint8Array,
  mayBe: (fingerprint: string) => boolean,
  old: OldAlgorithms = {},
): Promise<PackageSigner> {
  try {
    const read = readDetached(signature, old);
    verifyDetached(read, await digestOf(signedOctets(from), read.hash));
    const { certificate, signingTime } = read;
    return mayBe(certificate.fingerprint)
      ? { certificate, signingTime }
      : { refused: 'signer-unknown', text: unknown(certificate) };
  } catch (error) {
    if (!(error instanceof CmsError)) throw error;
    return { refused: error.reason, text: error.message };
  }
}

const pieceOctets = 256 * 1024;

/** Of GOST a large archive takes a second: others have their turn between its pieces. */
async function digestOf(octets: Uint8Array, hash: ContentHash): Promise<Buffer> {
  const digest = contentDigest(hash);
  for (let at = 0; at < octets.length; at += pieceOctets) {
    digest.update(octets.subarray(at, at + pieceOctets));
    await setImmediate();
  }
  return digest.digest();
}

function unknown({ subject, fingerprint }: Certificate): string {
  return `подписал не тот, кто вправе / signed by somebody who may not: ${subject.slice(0, 200)}, SHA-256 ${fingerprint}`;
}
