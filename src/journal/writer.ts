import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '../store/database.ts';
import { GroupCommit, type GroupLimits } from '../store/group-commit.ts';
import type { Tables } from '../store/tables.ts';
import { beginning, type EntryDraft, placeEntry } from './entry.ts';

/** What a work does its recording with: the state, the bytes and the entries of one transaction. */
export interface CommitScope {
  readonly tx: Transaction<Tables>;
  /** Adds an entry; it gets its place when the transaction ends. */
  journal(draft: EntryDraft): void;
  /** Keeps the exact bytes and names them by their hash. */
  content(bytes: Uint8Array): { readonly hash: string; readonly size: number };
}

interface Gathered extends CommitScope {
  readonly drafts: EntryDraft[];
  readonly contents: Map<string, Uint8Array>;
}

const defaults: GroupLimits = { batchMax: 64, waitingMax: 2000, patienceMs: 3000 };

/** Writes the journal of one node, in the transactions that it speaks of. */
export class JournalWriter {
  readonly #database: Database;
  readonly #node: string;
  readonly #group: GroupCommit<Gathered>;

  constructor(database: Database, node: string, limits: GroupLimits = defaults) {
    this.#database = database;
    this.#node = node;
    this.#group = new GroupCommit<Gathered>(
      database,
      { open: gather, close: (tx, scope) => this.#write(tx, scope) },
      limits,
    );
  }

  /**
   * Records state, bytes and entries together, or nothing of them. Resolves once they are on disk.
   * The work may be run twice; see GroupCommit.run.
   *
   * @throws Fault BUSY, and whatever the work throws
   */
  commit<T>(work: (scope: CommitScope) => Promise<T>): Promise<T> {
    return this.#group.run(work);
  }

  /**
   * Does what commit does up to the journal, shows what stands in the database then, and takes all of it
   * back. The chain of the node is not held meanwhile.
   *
   * @param look at what would be there, by this transaction alone
   * @throws whatever the work or the look throws
   */
  async rehearse<T>(
    work: (scope: CommitScope) => Promise<T>,
    look: (tx: Transaction<Tables>) => Promise<void>,
  ): Promise<T> {
    const tx = await this.#database.kysely.startTransaction().execute();
    try {
      const scope = gather(tx);
      const result = await work(scope);
      await keep(scope);
      await look(tx);
      return result;
    } finally {
      await tx.rollback().execute();
    }
  }

  get waiting(): number {
    return this.#group.waiting;
  }

  drain(): Promise<void> {
    return this.#group.drain();
  }

  async #write(tx: Transaction<Tables>, scope: Gathered): Promise<void> {
    await keep(scope);
    const { drafts } = scope;
    if (drafts.length === 0) return;
    let { sequence, hash } = await this.#lockHead(tx);
    const entries = drafts.map((draft) => {
      sequence += 1;
      const entry = placeEntry(draft, { node: this.#node, sequence, previousHash: hash });
      hash = entry.hash;
      return entry;
    });
    for (const some of inParts(entries)) {
      await tx.insertInto('journal_entry').values(some).execute();
    }
    await tx
      .updateTable('journal_chain')
      .set({ sequence, hash })
      .where('node', '=', this.#node)
      .execute();
  }

  // An UPDATE that changes nothing takes the row's lock on both databases, so that the node and a
  // command of the operator may append to one chain.
  async #lockHead(tx: Transaction<Tables>): Promise<{ sequence: number; hash: string }> {
    const lock = () =>
      tx
        .updateTable('journal_chain')
        .set((row) => ({ sequence: row.ref('sequence') }))
        .where('node', '=', this.#node)
        .returning(['sequence', 'hash'])
        .executeTakeFirst();
    const head = await lock();
    if (head !== undefined) return head;
    await tx
      .insertInto('journal_chain')
      .values({ node: this.#node, sequence: 0, hash: beginning })
      .onConflict((conflict) => conflict.column('node').doNothing())
      .execute();
    return (await lock()) ?? { sequence: 0, hash: beginning };
  }
}

function gather(tx: Transaction<Tables>): Gathered {
  const drafts: EntryDraft[] = [];
  const contents = new Map<string, Uint8Array>();
  return {
    tx,
    drafts,
    contents,
    journal: (draft) => {
      drafts.push(draft);
    },
    content: (bytes) => {
      const hash = createHash('sha256').update(bytes).digest('hex');
      contents.set(hash, bytes);
      return { hash, size: bytes.byteLength };
    },
  };
}

async function keep({ tx, contents }: Gathered): Promise<void> {
  // In order of hash: two processes that keep the same bytes then wait for each other in one
  // direction only.
  const rows = [...contents]
    .map(([hash, bytes]) => ({ hash, size: bytes.byteLength, bytes }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  for (const some of inParts(rows)) {
    await tx
      .insertInto('content')
      .values(some)
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
  }
}

// Parts of 256, 128, 64 … rows: few different statements, so that SQLite prepares each once.
function inParts<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0, size = 256; at < rows.length; ) {
    if (size > rows.length - at) size /= 2;
    else {
      parts.push(rows.slice(at, at + size));
      at += size;
    }
  }
  return parts;
}
