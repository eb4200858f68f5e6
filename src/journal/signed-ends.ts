import type { Certificate } from '../pki/certificate.ts';
import type { Problem } from './chain.ts';
import { type Checkpoint, openCheckpoint, readStatement } from './checkpoint.ts';

/** Whose key signed how many checkpoints, and whether it is one that was named as trusted. */
export interface CheckpointSigner {
  readonly certificate: Certificate;
  readonly known: boolean;
  count: number;
}

/** What checkpoints say of the chains: gathered before the chains are walked. */
export class SignedEnds {
  readonly #known: ReadonlySet<string>;
  readonly #demanded: boolean;
  readonly #ends = new Map<string, Map<number, Set<string>>>();
  readonly #signers = new Map<string, CheckpointSigner>();
  readonly problems: Problem[] = [];
  count = 0;
  /** Of the latest, ms UTC. */
  latest: number | undefined;

  /**
   * @param known fingerprints of certificates
   * @param demanded whether another signer is a problem
   */
  constructor(known: ReadonlySet<string> = new Set(), demanded = false) {
    this.#known = known;
    this.#demanded = demanded;
  }

  get signers(): readonly CheckpointSigner[] {
    return [...this.#signers.values()];
  }

  /** Chains that something was signed of. */
  get nodes(): readonly string[] {
    return [...this.#ends.keys()];
  }

  /** Takes a checkpoint up, whatever it was read from; one that comes twice is one. */
  add(checkpoint: Checkpoint): void {
    const end = openCheckpoint(checkpoint);
    if (end === undefined) {
      this.problems.push({ entry: nameOf(checkpoint), kind: 'checkpoint-signature' });
      return;
    }
    const { node, sequence, hash, at, signer } = end;
    if (this.#demanded && !this.#known.has(signer.fingerprint)) {
      this.problems.push({ entry: nameOf(checkpoint), kind: 'checkpoint-signer' });
      return;
    }
    const ends = this.#ends.get(node) ?? new Map<number, Set<string>>();
    this.#ends.set(node, ends);
    const hashes = ends.get(sequence);
    if (hashes?.has(hash)) return;
    if (hashes === undefined) ends.set(sequence, new Set([hash]));
    else hashes.add(hash);
    this.#count(signer);
    this.count += 1;
    this.latest = Math.max(this.latest ?? at, at);
  }

  /** By sequence the hashes that were signed; two of one place cannot both be right. */
  of(node: string): ReadonlyMap<number, ReadonlySet<string>> {
    return this.#ends.get(node) ?? new Map();
  }

  #count(certificate: Certificate): void {
    const { fingerprint } = certificate;
    const known = this.#known.has(fingerprint);
    const signer = this.#signers.get(fingerprint) ?? { certificate, known, count: 0 };
    signer.count += 1;
    this.#signers.set(fingerprint, signer);
  }
}

function nameOf({ statement }: Checkpoint): string {
  const end = readStatement(statement);
  return end === undefined ? statement.slice(0, 100) : `${end.node} ${end.sequence}`;
}
