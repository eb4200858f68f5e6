import { Fault } from '../fault/fault.ts';
import type { FileSigner } from '../pki/file-signer.ts';
import { type ContentHash, digestOf } from '../pki/signature-algorithms.ts';
import { type ProfileName, profileOfKey } from '../signature/profiles.ts';

/** Files of an answer that bear no signature, for the node to sign. */
export interface FileSigning {
  /** Of the request: its sender can verify what is signed alike. */
  readonly profile: ProfileName;
  /** Of each file, under the hash that `fileHash` names. */
  readonly digests: readonly Uint8Array[];
  /** ms UTC */
  readonly at: number;
}

export interface SignedFiles {
  /** Detached PKCS#7 in DER, one for each digest. */
  readonly signatures: readonly Uint8Array[];
  /** Of the node's certificate. */
  readonly signer: string;
}

/** What files are digested with before they are signed for a sender of this profile. */
export function fileHash(profile: ProfileName, signers: readonly FileSigner[]): ContentHash {
  return signerFor(profile, signers).hash;
}

/** Signs with the same key that `fileHash` speaks of. */
export function signFiles(
  { profile, digests, at }: FileSigning,
  signers: readonly FileSigner[],
): SignedFiles {
  const signer = signerFor(profile, signers);
  return {
    signatures: digests.map((digest) => new Uint8Array(signer.sign(digest, at))),
    signer: signer.fingerprint,
  };
}

/** Signs what is said of the journal with the first signer. @param at ms UTC */
export function signJournal(
  { statement, at }: { readonly statement: string; readonly at: number },
  [signer]: readonly FileSigner[],
): { readonly signature: Uint8Array } {
  if (signer === undefined) throw new Fault('INTERNAL', { private: 'the node has no signing key' });
  const digest = digestOf(signer.hash, Buffer.from(statement));
  return { signature: new Uint8Array(signer.sign(digest, at)) };
}

function signerFor(profile: ProfileName, signers: readonly FileSigner[]): FileSigner {
  const alike = signers.find(
    ({ keyKind }) => keyKind !== 'other' && profileOfKey(keyKind) === profile,
  );
  const signer = alike ?? signers[0];
  if (signer === undefined) throw new Fault('INTERNAL', { private: 'the node has no signing key' });
  return signer;
}
