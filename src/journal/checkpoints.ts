import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';
import type { ChainEnd, Checkpoint } from './checkpoint.ts';

/** The end of a chain where it has grown since its last checkpoint; undefined where it has not. */
export async function unsignedEnd(
  db: Kysely<Tables>,
  node: string,
): Promise<Omit<ChainEnd, 'at'> | undefined> {
  const head = await db
    .selectFrom('journal_chain')
    .select(['sequence', 'hash'])
    .where('node', '=', node)
    .executeTakeFirst();
  if (head === undefined || head.sequence === 0) return undefined;
  const signed = await db
    .selectFrom('journal_checkpoint')
    .select('sequence')
    .where('node', '=', node)
    .where('sequence', '>=', head.sequence)
    .limit(1)
    .executeTakeFirst();
  return signed === undefined ? { node, ...head } : undefined;
}

/** Keeps a checkpoint of a chain. */
export async function keepCheckpoint(
  db: Kysely<Tables>,
  { node, sequence }: Pick<ChainEnd, 'node' | 'sequence'>,
  { statement, signature }: Checkpoint,
): Promise<void> {
  await db
    .insertInto('journal_checkpoint')
    .values({ node, sequence, statement, signature })
    .onConflict((conflict) => conflict.columns(['node', 'sequence']).doNothing())
    .execute();
}

/** All checkpoints that the database has, chain by chain, a page at a time. */
export async function* readCheckpoints(
  db: Kysely<Tables>,
  pageSize = 500,
): AsyncGenerator<Checkpoint> {
  let last = { node: '', sequence: 0 };
  for (;;) {
    const { node, sequence } = last;
    const page = await db
      .selectFrom('journal_checkpoint')
      .selectAll()
      .where((where) =>
        where.or([
          where('node', '>', node),
          where.and([where('node', '=', node), where('sequence', '>', sequence)]),
        ]),
      )
      .orderBy('node')
      .orderBy('sequence')
      .limit(pageSize)
      .execute();
    yield* page;
    const end = page.at(-1);
    if (end === undefined || page.length < pageSize) return;
    last = end;
  }
}
