import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';
import { type Held, receiverOf } from './pressure.ts';

/** How many requests wait, by receiver and sender: in lanes of deliveries and in providers' queues. */
export async function countWaiting(db: Kysely<Tables>): Promise<Held[]> {
  const lanes = await db
    .selectFrom('delivery')
    .select(['lane', 'sender', db.fn.countAll<number>().as('count')])
    .where('state', 'in', ['due', 'running'])
    .groupBy(['lane', 'sender'])
    .execute();
  const queues = await db
    .selectFrom('queue_item')
    .innerJoin('exchange', 'exchange.id', 'queue_item.exchange_id')
    .select(['queue_item.system', 'exchange.sender_system', db.fn.countAll<number>().as('count')])
    .where('queue', '=', 'request')
    .where('state', 'in', ['waiting', 'leased'])
    .groupBy(['queue_item.system', 'exchange.sender_system'])
    .execute();
  return [
    ...lanes.map(({ lane, sender, count }) => ({
      receiver: receiverOf({ kind: 'connector', lane }),
      sender,
      count,
    })),
    ...queues.map(({ system, sender_system: sender, count }) => ({
      receiver: receiverOf({ kind: 'queue', system }),
      sender,
      count,
    })),
  ];
}
