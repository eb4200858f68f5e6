import { createHash } from 'node:crypto';
import { beginning, type Entry, hashEntry } from './entry.ts';

/** What can be wrong with an entry or its bytes, in the words that an operator reads. */
export const problemKinds = {
  /** The entry's members are not what its hash was made of. */
  edited: ['запись изменена', 'the entry was edited'],
  /** One or more entries before this one are gone. */
  'missing-before': ['перед записью удалены другие', 'entries before this one are gone'],
  /** The entry stands in another place than the chain says: inserted. */
  order: ['запись не на своём месте', 'the entry is out of its place'],
  /** The entry does not name the one before it. */
  link: ['предыдущая запись подменена', 'the entry before this one was replaced'],
  'content-edited': ['байты сообщения изменены', 'the bytes of the message were edited'],
  'content-missing': ['байты сообщения удалены', 'the bytes of the message are gone'],
  /** The chain's recorded end is not its last entry: the tail was cut or added to. */
  head: ['конец цепочки не совпадает с записанным', 'the end of the chain is not the recorded one'],
  /** A signed checkpoint says another end than the chain has there, or one beyond its end. */
  checkpoint: [
    'цепочка не та, что подписана контрольной точкой',
    'the chain is not the one that a checkpoint signed',
  ],
  'checkpoint-signature': [
    'подпись контрольной точки неверна',
    'the signature of a checkpoint is wrong',
  ],
  'checkpoint-signer': [
    'контрольную точку подписал не тот ключ, что назван',
    'a checkpoint was signed by a key that was not named',
  ],
  format: ['неизвестный формат записи', 'the format of the entry is unknown'],
} as const;
export type ProblemKind = keyof typeof problemKinds;

export interface Problem {
  /** Id of the entry; the chain's node for 'head'; node and sequence of a checkpoint, or the entry that it differs from. */
  readonly entry: string;
  readonly kind: ProblemKind;
}

/** Bytes as the store has them, and the size that it gives for them. */
export interface StoredContent {
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** Looks bytes up by their hash; undefined where they are gone. */
export type FindContent = (hash: string) => Promise<StoredContent | undefined>;

/** Walks one chain in the order of its sequence and remembers how far it got. */
export class ChainVerifier {
  readonly #findContent: FindContent;
  readonly #checked = new Map<string, boolean>();
  readonly #signed: Map<number, ReadonlySet<string>>;
  readonly problems: Problem[] = [];
  entries = 0;
  #sequence = 0;
  #hash = beginning;
  #differs = false;

  /** @param signed by sequence the hashes that checkpoints say */
  constructor(
    findContent: FindContent,
    signed: ReadonlyMap<number, ReadonlySet<string>> = new Map(),
  ) {
    this.#findContent = findContent;
    this.#signed = new Map(signed);
  }

  /** Of the last entry checked; before the first, less than any. */
  get sequence(): number {
    return this.entries === 0 ? Number.MIN_SAFE_INTEGER : this.#sequence;
  }

  /** Entries must come by ascending sequence. */
  async check(entry: Entry): Promise<void> {
    this.entries += 1;
    if (entry.format !== 1) this.#report(entry, 'format');
    else if (hashEntry(entry) !== entry.hash) this.#report(entry, 'edited');
    else if (entry.sequence > this.#sequence + 1) this.#report(entry, 'missing-before');
    else if (entry.sequence <= this.#sequence) this.#report(entry, 'order');
    else if (entry.previous_hash !== this.#hash) this.#report(entry, 'link');
    this.#checkSigned(entry);
    await this.#checkContent(entry);
    this.#sequence = entry.sequence;
    this.#hash = entry.hash;
  }

  /**
   * Compares the last entry with the chain's recorded end, and with what was signed beyond it. A tail
   * cut together with that record, or a chain computed anew, only a checkpoint can tell.
   */
  end(node: string, head: { readonly sequence: number; readonly hash: string } | undefined): void {
    if (head?.sequence !== this.#sequence || head.hash !== this.#hash) {
      this.problems.push({ entry: node, kind: 'head' });
    }
    const [beyond] = [...this.#signed.keys()].toSorted((a, b) => a - b);
    if (beyond !== undefined && !this.#differs) {
      this.problems.push({ entry: `${node} ${beyond}`, kind: 'checkpoint' });
    }
  }

  // Where a chain was computed anew, all that was signed behind that place differs: the first says it.
  #checkSigned({ id, sequence, hash }: Entry): void {
    const hashes = this.#signed.get(sequence);
    if (hashes === undefined) return;
    this.#signed.delete(sequence);
    if (this.#differs || (hashes.has(hash) && hashes.size === 1)) return;
    this.#differs = true;
    this.problems.push({ entry: id, kind: 'checkpoint' });
  }

  async #checkContent(entry: Entry): Promise<void> {
    const { content_hash: hash, content_size: size } = entry;
    if (hash === null || notKept(entry)) return;
    const known = this.#checked.get(hash);
    if (known === true) return;
    const content = await this.#findContent(hash);
    if (content === undefined) {
      this.#report(entry, 'content-missing');
      return;
    }
    const good =
      content.size === size &&
      content.bytes.byteLength === size &&
      createHash('sha256').update(content.bytes).digest('hex') === hash;
    if (!good) this.#report(entry, 'content-edited');
    if (this.#checked.size > 100_000) this.#checked.clear();
    this.#checked.set(hash, good);
  }

  #report({ id }: Entry, kind: ProblemKind): void {
    this.problems.push({ entry: id, kind });
  }
}

/** Large bytes of strangers are entered by hash and size alone, and the entry says so. */
function notKept({ detail }: Entry): boolean {
  if (detail === null) return false;
  try {
    return (JSON.parse(detail) as { kept?: boolean }).kept === false;
  } catch {
    return false;
  }
}
