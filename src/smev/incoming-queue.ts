import type { Kysely, Updateable } from 'kysely';
import { clockSkewMs } from '../clock.ts';
import type { QueueItemTable, Tables } from '../store/tables.ts';
import { inQueue, put, type QueueItem } from './queue-item.ts';

// All queues are incoming and belong to the information system that reads them: one of requests, one
// of answers for each NodeID, one of notices (recommendations on SMEV 3.3). An item is waiting, then
// leased, then done or dropped; its number is its place, so a lease that runs out puts it back to
// the head.

export interface Take {
  readonly queue: 'request' | 'response';
  readonly system: string;
  /** Requests ignore it. */
  readonly nodeId: string;
  /** Ids of message types; all where absent, none where empty. */
  readonly messageTypes?: readonly string[];
  readonly now: number;
  readonly leaseMs: number;
}

/**
 * Leases the first item that nobody holds: it waits, or the lease of it ran out. Any number may be
 * held at once, and no item is ever held twice.
 */
export async function take(tx: Kysely<Tables>, order: Take): Promise<QueueItem | undefined> {
  for (;;) {
    const id = await firstFree(tx, order);
    if (id === undefined) return undefined;
    const item = await tx
      .updateTable('queue_item')
      .set((row) => ({
        state: 'leased',
        lease_until: order.now + order.leaseMs,
        leases: row('leases', '+', 1),
      }))
      .where('id', '=', id)
      .where((row) =>
        row.or([
          row('state', '=', 'waiting'),
          row.and([row('state', '=', 'leased'), row('lease_until', '<=', order.now)]),
          row.and([
            row('state', '=', 'leased'),
            row('lease_until', '>', order.now + order.leaseMs + clockSkewMs),
          ]),
        ]),
      )
      .returningAll()
      .executeTakeFirst();
    // Another reader was quicker: the next look does not find this item any more.
    if (item !== undefined) return item;
  }
}

// Two looks, each straight along the index, instead of one over both states.
async function firstFree(tx: Kysely<Tables>, order: Take): Promise<number | undefined> {
  const { queue, system, messageTypes, now } = order;
  if (messageTypes?.length === 0) return undefined;
  const nodeId = queue === 'request' ? '' : order.nodeId;
  const first = inQueue(tx, { queue, system, nodeId })
    .select('id')
    .$if(messageTypes !== undefined, (query) =>
      query.where('message_type', 'in', messageTypes ?? []),
    )
    .orderBy('id')
    .limit(1);
  const waiting = await first.where('state', '=', 'waiting').executeTakeFirst();
  // A lease longer than any was given before the clock was set back.
  const expired = await first
    .where('state', '=', 'leased')
    .where((row) =>
      row.or([
        row('lease_until', '<=', now),
        row('lease_until', '>', now + order.leaseMs + clockSkewMs),
      ]),
    )
    .executeTakeFirst();
  if (waiting === undefined || expired === undefined) return (waiting ?? expired)?.id;
  return Math.min(waiting.id, expired.id);
}

/**
 * Puts an item back in its place that was taken, by `take` or `takeNotice`, and could not be given; unless
 * somebody took it since, or it is over.
 *
 * @param item as it was taken
 */
export async function handBack(
  tx: Kysely<Tables>,
  { id, state, lease_until, finished_at }: QueueItem,
): Promise<void> {
  await tx
    .updateTable('queue_item')
    .set({ state: 'waiting', lease_until: null, finished_at: null })
    .where('id', '=', id)
    .where('state', '=', state)
    .where('lease_until', 'is not distinct from', lease_until)
    .where('finished_at', 'is not distinct from', finished_at)
    .execute();
}

export interface Acknowledgement {
  readonly system: string;
  readonly messageId: string;
  /** false: the receiver did not believe the node's signature and ignored the message. */
  readonly accepted: boolean;
  readonly now: number;
}

export type AcknowledgementOutcome =
  | { readonly outcome: 'done'; readonly item: QueueItem }
  | { readonly outcome: 'not-found' };

/**
 * Ends an item that the system holds, in whichever of its queues. When `accepted` is false the item
 * is dropped, and the caller tells the other side.
 */
export async function acknowledge(
  tx: Kysely<Tables>,
  { system, messageId, accepted, now }: Acknowledgement,
): Promise<AcknowledgementOutcome> {
  const item = await tx
    .updateTable('queue_item')
    .set(ended(accepted ? 'done' : 'dropped', now))
    .where('message_id', '=', messageId)
    .where('system', '=', system)
    .where('queue', 'in', ['request', 'response'])
    .where('state', '=', 'leased')
    .where('lease_until', '>', now)
    .returningAll()
    .executeTakeFirst();
  return item === undefined ? { outcome: 'not-found' } : { outcome: 'done', item };
}

function ended(state: 'done' | 'dropped', now: number): Updateable<QueueItemTable> {
  return { state, lease_until: null, finished_at: now };
}

/** The leased item of this message, to look at; whether the lease still holds, acknowledge judges. */
export async function findHeld(
  db: Kysely<Tables>,
  system: string,
  messageId: string,
): Promise<QueueItem | undefined> {
  return db
    .selectFrom('queue_item')
    .selectAll()
    .where('message_id', '=', messageId)
    .where('system', '=', system)
    .where('queue', 'in', ['request', 'response'])
    .where('state', '=', 'leased')
    .executeTakeFirst();
}

/**
 * Locks the provider's item of a request until the transaction ends. Items are always locked before
 * exchanges, so that two transactions never wait for each other.
 */
export async function lockRequest(tx: Kysely<Tables>, messageId: string): Promise<void> {
  await openRequest(tx, messageId)
    .set((row) => ({ state: row.ref('state') }))
    .execute();
}

/** Takes a request out of its provider's queue, unless it was acknowledged. */
export async function withdraw(tx: Kysely<Tables>, messageId: string, now: number): Promise<void> {
  await openRequest(tx, messageId).set(ended('dropped', now)).execute();
}

function openRequest(tx: Kysely<Tables>, messageId: string) {
  return tx
    .updateTable('queue_item')
    .where('message_id', '=', messageId)
    .where('queue', '=', 'request')
    .where('state', 'in', ['waiting', 'leased']);
}

export interface QueueStatistics {
  readonly queueName: string;
  /** Items that nobody acknowledged yet. */
  readonly pending: number;
}

const nodesShown = 100;

/** How much stands in the system's queues; of all its NodeIDs (the first hundred), or of one. */
export async function statistics(
  db: Kysely<Tables>,
  system: string,
  nodeId?: string,
): Promise<QueueStatistics[]> {
  const rows = await db
    .selectFrom('queue_item')
    .select(['queue', 'node_id', db.fn.countAll<number>().as('pending')])
    .where('queue', 'in', ['request', 'response', 'status'])
    .where('system', '=', system)
    .where('state', 'in', ['waiting', 'leased'])
    .$if(nodeId !== undefined, (query) => query.where('node_id', 'in', ['', nodeId ?? '']))
    .groupBy(['queue', 'node_id'])
    .orderBy('queue')
    .orderBy('node_id')
    .limit(nodesShown + 3)
    .execute();
  const counted = new Map(
    rows.map(({ queue, node_id, pending }) => [nameOf(system, queue, node_id), pending]),
  );
  for (const queue of ['request', 'response', 'status']) {
    const name = nameOf(system, queue, '');
    if (!counted.has(name)) counted.set(name, 0);
  }
  return [...counted]
    .map(([queueName, pending]) => ({ queueName, pending }))
    .sort((a, b) => (a.queueName < b.queueName ? -1 : 1));
}

function nameOf(system: string, queue: string, nodeId: string): string {
  return nodeId === '' ? `${system}.${queue}` : `${system}.${queue}.${nodeId}`;
}

/** Something that a system may want to know and need not acknowledge: the queue of GetStatus. */
export interface NewNotice {
  readonly system: string;
  readonly exchangeId: string;
  readonly messageId: string;
  readonly messageType: string;
  /** JSON. */
  readonly notice: string;
  readonly now: number;
  /** More than this are not kept: the oldest go. */
  readonly max: number;
}

/** Adds a notice to the system's status queue. */
export async function addNotice(tx: Kysely<Tables>, { max, ...notice }: NewNotice): Promise<void> {
  await put(tx, { ...notice, queue: 'status', nodeId: '' });
  const eldest = unread(tx, notice.system).select('id').orderBy('id', 'desc').offset(max).limit(1);
  await tx
    .updateTable('queue_item')
    .set({ state: 'dropped', finished_at: notice.now })
    .where('queue', '=', 'status')
    .where('system', '=', notice.system)
    .where('node_id', '=', '')
    .where('state', '=', 'waiting')
    .where('id', '<=', eldest)
    .execute();
}

/** The next notice; it is read once. */
export async function takeNotice(
  tx: Kysely<Tables>,
  system: string,
  now: number,
): Promise<QueueItem | undefined> {
  for (;;) {
    const first = await unread(tx, system).select('id').orderBy('id').limit(1).executeTakeFirst();
    if (first === undefined) return undefined;
    const item = await tx
      .updateTable('queue_item')
      .set({ state: 'done', finished_at: now })
      .where('id', '=', first.id)
      .where('state', '=', 'waiting')
      .returningAll()
      .executeTakeFirst();
    if (item !== undefined) return item;
  }
}

function unread(tx: Kysely<Tables>, system: string) {
  return tx
    .selectFrom('queue_item')
    .where('queue', '=', 'status')
    .where('system', '=', system)
    .where('node_id', '=', '')
    .where('state', '=', 'waiting');
}
