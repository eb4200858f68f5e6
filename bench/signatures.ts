// The signature engine beside its peers, each pair in the same run: GOST hashes and signatures beside
// OpenSSL's gost engine, the SMEV transform beside libxml2's canonicalization, a verification beside
// xmlsec1 and xml-crypto.
import { benchGostHashes } from './gost-hashes.ts';
import { benchGostSignatures } from './gost-signatures.ts';
import { type TransformAndVerifyOptions, transformAndVerify } from './transform-and-verify.ts';

/** Runs all of it and prints the ratios. */
export async function signatures(options: TransformAndVerifyOptions): Promise<void> {
  benchGostHashes();
  await benchGostSignatures();
  await transformAndVerify(options);
}
