import { type Kysely, sql } from 'kysely';

/**
 * What delivery through engines, breakers and dead letters needs: whose turn it is in a lane, what an
 * agency gave for a request that it answers later, how a lane fares, and who does what is done by one
 * process at a time.
 */
export const delivery = () => async (db: Kysely<unknown>) => {
  const add = (name: string, type: 'text' | 'bigint', standard: string | number | null) =>
    db.schema
      .alterTable('delivery')
      .addColumn(name, type, (c) => (standard === null ? c : c.notNull().defaultTo(standard)))
      .execute();
  await add('sender', 'text', '');
  await add('turn', 'bigint', 1);
  await add('failures', 'bigint', 0);
  await add('ticket', 'text', null);
  await sql`UPDATE delivery SET sender = (SELECT sender_system FROM exchange WHERE exchange.id = delivery.exchange_id)`.execute(
    db,
  );
  await db.schema
    .createIndex('delivery_by_lane_state_turn')
    .on('delivery')
    .columns(['lane', 'state', 'turn'])
    .execute();
  await db.schema
    .createIndex('delivery_by_state_lane_sender')
    .on('delivery')
    .columns(['state', 'lane', 'sender', 'turn'])
    .execute();
  await db.schema
    .createTable('lane')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('failures', 'bigint', (c) => c.notNull())
    .addColumn('open_until', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('duty')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('held_until', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('uplink_request')
    .addColumn('uplink', 'text', (c) => c.notNull())
    .addColumn('message_id', 'text', (c) => c.notNull())
    .addColumn('reply_to', 'text', (c) => c.notNull())
    .addColumn('taken_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('uplink_request_key', ['uplink', 'message_id'])
    .execute();
};
