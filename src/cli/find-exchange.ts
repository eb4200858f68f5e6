import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';

/** The exchange with this id, or with a message of this MessageID in it. */
export function findExchange(db: Kysely<Tables>, id: string) {
  return db
    .selectFrom('exchange')
    .selectAll()
    .where((where) =>
      where.or([
        where('id', '=', id),
        where('message_id', '=', id),
        where(
          'id',
          'in',
          where.selectFrom('message').select('exchange_id').where('message_id', '=', id),
        ),
      ]),
    )
    .executeTakeFirst();
}
