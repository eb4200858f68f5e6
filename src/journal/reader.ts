import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';
import { ChainVerifier, type Problem } from './chain.ts';
import { readCheckpoints } from './checkpoints.ts';
import type { Entry } from './entry.ts';
import { type CheckpointSigner, SignedEnds } from './signed-ends.ts';

/** The names of all chains in the store. */
async function chainNames(db: Kysely<Tables>): Promise<string[]> {
  const inEntries = await db.selectFrom('journal_entry').select('node').distinct().execute();
  const inHeads = await db.selectFrom('journal_chain').select('node').execute();
  return [...new Set([...inEntries, ...inHeads].map(({ node }) => node))].sort();
}

/** The entries of a chain by ascending sequence, a page at a time. */
export async function* readEntries(
  db: Kysely<Tables>,
  node: string,
  from = Number.MIN_SAFE_INTEGER,
  pageSize = 500,
): AsyncGenerator<Entry> {
  let after = from;
  for (;;) {
    const page = await db
      .selectFrom('journal_entry')
      .selectAll()
      .where('node', '=', node)
      .where('sequence', '>', after)
      .orderBy('sequence')
      .limit(pageSize)
      .execute();
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    after = last.sequence;
  }
}

export interface JournalVerdict {
  readonly entries: number;
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  /** How many ends of chains were signed, who signed them, and when the last, ms UTC. */
  readonly checkpoints: number;
  readonly signers: readonly CheckpointSigner[];
  readonly signedAt: number | undefined;
}

interface Verifying {
  /** Checkpoints that were kept elsewhere; those of the store are added to them. */
  readonly signed?: SignedEnds;
  /** Told now and then how many entries were read. */
  readonly progress?: (entries: number) => void;
}

/**
 * Verifies every chain of the store, the bytes that its entries name, and what was signed of their ends.
 *
 */
export async function verifyJournal(
  db: Kysely<Tables>,
  { signed = new SignedEnds(), progress = () => undefined }: Verifying = {},
): Promise<JournalVerdict> {
  // Before the entries: a node at work signs what it has written.
  for await (const checkpoint of readCheckpoints(db)) signed.add(checkpoint);
  const problems: Problem[] = [...signed.problems];
  let entries = 0;
  const nodes = new Set([...(await chainNames(db)), ...signed.nodes]);
  for (const node of [...nodes].sort()) {
    const verifier = new ChainVerifier(
      (hash) =>
        db
          .selectFrom('content')
          .select(['bytes', 'size'])
          .where('hash', '=', hash)
          .executeTakeFirst(),
      signed.of(node),
    );
    await walk(db, node, verifier, () => progress(entries + verifier.entries));
    entries += verifier.entries;
    problems.push(...verifier.problems);
  }
  const { count: checkpoints, signers, latest: signedAt } = signed;
  return { entries, ok: problems.length === 0, problems, checkpoints, signers, signedAt };
}

// A node at work appends while its journal is read: the walk goes on until it has met the end.
async function walk(
  db: Kysely<Tables>,
  node: string,
  verifier: ChainVerifier,
  progress: () => void,
): Promise<void> {
  for (;;) {
    const before = verifier.entries;
    for await (const entry of readEntries(db, node, verifier.sequence)) {
      await verifier.check(entry);
      if (verifier.entries % 1000 === 0) progress();
    }
    const head = await db
      .selectFrom('journal_chain')
      .selectAll()
      .where('node', '=', node)
      .executeTakeFirst();
    if (head !== undefined && head.sequence > verifier.sequence && verifier.entries > before)
      continue;
    verifier.end(node, head);
    return;
  }
}
