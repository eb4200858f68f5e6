import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * The bytes with this SHA-256.
 *
 * @throws Error when they are not in the store
 */
export async function readContent(db: Kysely<Tables>, hash: string): Promise<Buffer> {
  const row = await db
    .selectFrom('content')
    .select('bytes')
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) throw new Error(`no bytes ${hash} in the store`);
  return Buffer.from(row.bytes);
}
