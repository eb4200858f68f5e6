import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import { forbidChange } from '../append-only.ts';
import type { Database } from '../database.ts';

type Kind = Database['kind'];
// Migrations outlive the types of the tables: they are written against none.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Untyped = Kysely<any>;

/** Exchanges, queues, journal and what operators declare. */
export const first = (kind: Kind) => async (db: Untyped) => {
  await createExchanges(db, kind);
  await createJournal(db, kind);
  await createDeclarations(db, kind);
};

function bytes(kind: Kind) {
  return kind === 'postgres' ? sql`bytea` : sql`blob`;
}

async function createExchanges(db: Untyped, kind: Kind): Promise<void> {
  await db.schema
    .createTable('content')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('size', 'bigint', (c) => c.notNull())
    .addColumn('bytes', bytes(kind), (c) => c.notNull())
    .execute();
  await texts(db.schema.createTable('exchange'), ['id'], 'primary')
    .addColumn('message_id', 'text', (c) => c.notNull().unique())
    .$call((t) => texts(t, ['message_type', 'version', 'sender', 'sender_system', 'recipient']))
    .addColumn('recipient_system', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('reply_to', 'text', (c) => c.notNull().unique())
    .addColumn('reference_message_id', 'text')
    .addColumn('transaction_code', 'text')
    .addColumn('node_id', 'text', (c) => c.notNull())
    .addColumn('eol', 'bigint')
    .addColumn('test', 'integer', (c) => c.notNull())
    .addColumn('answered', 'integer', (c) => c.notNull())
    .$call((t) => times(t, ['received_at', 'updated_at']))
    .execute();
  await index(db, 'exchange', ['received_at', 'id']);
  await index(db, 'exchange', ['answered', 'eol']);
  await texts(db.schema.createTable('message'), ['message_id'], 'primary')
    .$call((t) => texts(t, ['exchange_id', 'kind', 'version', 'message_type', 'sender']))
    .addColumn('sender_system', 'text')
    .addColumn('certificate', 'text')
    .$call((t) => texts(t, ['verified_hash', 'envelope_hash']))
    .addColumn('answer_hash', 'text')
    .$call((t) => times(t, ['accepted_at']))
    .execute();
  await index(db, 'message', ['exchange_id']);
  await createQueues(db, kind);
}

async function createQueues(db: Untyped, kind: Kind): Promise<void> {
  await db.schema
    .createTable('queue_item')
    .addColumn('id', kind === 'postgres' ? 'bigserial' : 'integer', (c) =>
      kind === 'postgres' ? c.primaryKey() : c.primaryKey().autoIncrement(),
    )
    .$call((t) => texts(t, ['queue', 'system', 'node_id', 'message_type', 'message_id']))
    .$call((t) => texts(t, ['exchange_id', 'state']))
    .addColumn('lease_until', 'bigint')
    .addColumn('leases', 'integer', (c) => c.notNull())
    .$call((t) => times(t, ['enqueued_at']))
    .addColumn('finished_at', 'bigint')
    .addColumn('notice', 'text')
    .execute();
  await index(db, 'queue_item', ['queue', 'system', 'node_id', 'state', 'id']);
  await index(db, 'queue_item', ['message_id']);
  await texts(db.schema.createTable('delivery'), ['exchange_id'], 'primary')
    .$call((t) => texts(t, ['lane', 'state']))
    .$call((t) => times(t, ['due_at']))
    .addColumn('running_until', 'bigint')
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('cause', 'text')
    .execute();
  await index(db, 'delivery', ['state', 'due_at']);
}

async function createJournal(db: Untyped, kind: Kind): Promise<void> {
  await texts(db.schema.createTable('journal_chain'), ['node'], 'primary')
    .$call((t) => times(t, ['sequence']))
    .$call((t) => texts(t, ['hash']))
    .execute();
  let entry = texts(db.schema.createTable('journal_entry'), ['id'], 'primary');
  entry = times(texts(entry, ['node']), ['sequence', 'format', 'at']);
  entry = texts(entry, ['kind']);
  for (const name of nullableEntryTexts) entry = entry.addColumn(name, 'text');
  await entry
    .addColumn('content_size', 'bigint')
    .$call((t) => texts(t, ['verdict']))
    .addColumn('detail', 'text')
    .$call((t) => texts(t, ['previous_hash', 'hash']))
    .addUniqueConstraint('journal_entry_place', ['node', 'sequence'])
    .execute();
  for (const column of ['exchange_id', 'message_id', 'at']) {
    await index(db, 'journal_entry', [column]);
  }
  for (const table of ['journal_entry', 'content']) await forbidChange(db, kind, table);
}

const nullableEntryTexts = [
  'protocol',
  'version',
  'system',
  'message_type',
  'certificate',
  'exchange_id',
  'message_id',
  'correlation_id',
  'content_hash',
];

async function createDeclarations(db: Untyped, kind: Kind): Promise<void> {
  await texts(db.schema.createTable('participant'), ['id'], 'primary')
    .$call((t) => texts(t, ['name']))
    .execute();
  await texts(db.schema.createTable('information_system'), ['id'], 'primary')
    .$call((t) => texts(t, ['participant']))
    .addColumn('position', 'integer', (c) => c.notNull())
    .execute();
  await texts(db.schema.createTable('certificate'), ['fingerprint'], 'primary')
    .$call((t) => texts(t, ['system']))
    .addColumn('der', bytes(kind), (c) => c.notNull())
    .execute();
  await texts(db.schema.createTable('message_type'), ['id'], 'primary')
    .$call((t) => texts(t, ['name', 'senders', 'providers', 'route']))
    .execute();
  await texts(db.schema.createTable('message_type_version'), [
    'message_type',
    'namespace',
    'request_root',
    'response_root',
    'schemas',
  ])
    .addColumn('position', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('message_type_version_key', ['namespace', 'request_root'])
    .execute();
  await texts(db.schema.createTable('trust_anchor'), ['id'], 'primary')
    .addColumn('der', bytes(kind), (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('revision')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('revision', 'bigint', (c) => c.notNull())
    .execute();
  await db.insertInto('revision').values({ id: 1, revision: 0 }).execute();
}

type Table = CreateTableBuilder<string, string>;

function texts(table: Table, names: readonly string[], key?: 'primary'): Table {
  return names.reduce(
    (so, name) =>
      so.addColumn(name, 'text', (c) =>
        key === undefined ? c.notNull() : c.primaryKey().notNull(),
      ),
    table,
  );
}

function times(table: Table, names: readonly string[]): Table {
  return names.reduce((so, name) => so.addColumn(name, 'bigint', (c) => c.notNull()), table);
}

async function index(db: Untyped, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join('_')}`)
    .on(table)
    .columns(columns)
    .execute();
}
