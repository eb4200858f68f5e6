import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The database would answer before it has written: an acknowledgement from it promises nothing. */
export class NotDurable extends Error {
  override readonly name = 'NotDurable';
}

/**
 * Makes sure that a COMMIT means "on disk". SQLite is opened so; PostgreSQL may be set otherwise
 * (its manual, 20.5 Write Ahead Log).
 *
 * @throws NotDurable naming the setting
 */
export async function checkDurability({ kind, kysely }: Database): Promise<void> {
  if (kind === 'sqlite') return;
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const { rows } = await sql<{
      value: string;
    }>`SELECT current_setting(${setting}) AS value`.execute(kysely);
    if (rows[0]?.value !== 'off') continue;
    throw new NotDurable(
      `PostgreSQL: ${setting} = off: подтверждённое сообщение может пропасть; включите / ` +
        'an acknowledged message could be lost; switch it on',
    );
  }
}
