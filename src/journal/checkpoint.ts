import type { Certificate } from '../pki/certificate.ts';
import { CmsError } from '../pki/cms-error.ts';
import { readDetached } from '../pki/cms-read.ts';
import { verifyDetached } from '../pki/cms-verify.ts';
import { digestOf } from '../pki/signature-algorithms.ts';

/** The end of a chain as it was at a time. */
export interface ChainEnd {
  /** Name of the chain. */
  readonly node: string;
  /** Of the last entry, with its hash. */
  readonly sequence: number;
  readonly hash: string;
  /** ms UTC */
  readonly at: number;
}

/** The end of a chain, signed: who can write to the database cannot write this. */
export interface Checkpoint {
  /** statementOf an end. */
  readonly statement: string;
  /** Detached PKCS#7 over the statement in UTF-8: DER. */
  readonly signature: Uint8Array;
}

const title = 'mezhved-checkpoint';
const format = 1;

/** The text that is signed: docs/journal-format.md, "Checkpoints". */
export function statementOf({ node, sequence, hash, at }: ChainEnd): string {
  return JSON.stringify([title, format, node, sequence, hash, at]);
}

/** undefined where the text is no such statement, or of a format that is not known here. */
export function readStatement(text: string): ChainEnd | undefined {
  let members: unknown;
  try {
    members = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(members) || members.length !== 6) return undefined;
  const [name, version, node, sequence, hash, at] = members as readonly unknown[];
  const isWritten = typeof node === 'string' && typeof hash === 'string';
  if (name !== title || version !== format || !isWritten) return undefined;
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(at)) return undefined;
  return { node, sequence: sequence as number, hash, at: at as number };
}

/** What a checkpoint says, and whose key says it. */
export interface SignedEnd extends ChainEnd {
  readonly signer: Certificate;
}

/**
 * Verifies the signature over a statement; whether its signer is to be believed is the caller's to say.
 *
 * @returns undefined where it is not signed so
 */
export function openCheckpoint({ statement, signature }: Checkpoint): SignedEnd | undefined {
  const end = readStatement(statement);
  if (end === undefined) return undefined;
  try {
    const claimed = readDetached(signature);
    verifyDetached(claimed, digestOf(claimed.hash, Buffer.from(statement)));
    return { ...end, signer: claimed.certificate };
  } catch (error) {
    if (error instanceof CmsError) return undefined;
    throw error;
  }
}

/** One line of JSON, as `journal checkpoints` prints it and the log has it among others. */
export function checkpointLine({ statement, signature }: Checkpoint): string {
  return JSON.stringify({ statement, signature: Buffer.from(signature).toString('base64') });
}

/** undefined where a line is something else, as most lines of a log are. */
export function readCheckpointLine(line: string): Checkpoint | undefined {
  if (!line.includes('"statement"')) return undefined;
  try {
    const { statement, signature } = JSON.parse(line) as Record<string, unknown>;
    if (typeof statement !== 'string' || typeof signature !== 'string') return undefined;
    return { statement, signature: Buffer.from(signature, 'base64') };
  } catch {
    return undefined;
  }
}
