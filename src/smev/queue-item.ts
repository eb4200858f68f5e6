import type { Kysely, Selectable } from 'kysely';
import type { QueueItemTable, Tables } from '../store/tables.ts';

export type QueueItem = Selectable<QueueItemTable>;
export type QueueName = 'request' | 'response' | 'status';

/** The queues of one system that hold messages; requests know no NodeID. */
export interface QueueAddress {
  readonly queue: QueueName;
  readonly system: string;
  /** '' where none was given. */
  readonly nodeId: string;
}

/** What waits in a queue for its reader. Times are ms UTC. */
export interface NewQueueItem extends QueueAddress {
  readonly messageType: string;
  readonly messageId: string;
  readonly exchangeId: string;
  readonly now: number;
  /** JSON of a notice; null for messages. */
  readonly notice?: string;
}

/** Puts a message at the tail of a queue. */
export async function put(tx: Kysely<Tables>, item: NewQueueItem): Promise<void> {
  await tx
    .insertInto('queue_item')
    .values({
      queue: item.queue,
      system: item.system,
      node_id: item.nodeId,
      message_type: item.messageType,
      message_id: item.messageId,
      exchange_id: item.exchangeId,
      state: 'waiting',
      lease_until: null,
      leases: 0,
      enqueued_at: item.now,
      finished_at: null,
      notice: item.notice ?? null,
    })
    .execute();
}

/**
 * Does the queue hold this many unacknowledged items? Transactions that run at the same time do not
 * see each other: the bound may be passed by as many items as there are of them.
 */
export async function isFull(
  tx: Kysely<Tables>,
  address: QueueAddress,
  max: number,
): Promise<boolean> {
  // The numbers of the first and the last item bound the count without counting.
  const edge = (state: string, order: 'asc' | 'desc') =>
    inQueue(tx, address).select('id').where('state', '=', state).orderBy('id', order).limit(1);
  const edges = await tx
    .selectNoFrom([
      edge('waiting', 'asc').as('firstWaiting'),
      edge('waiting', 'desc').as('lastWaiting'),
      edge('leased', 'asc').as('firstLeased'),
      edge('leased', 'desc').as('lastLeased'),
    ])
    .executeTakeFirstOrThrow();
  const atMost =
    span(edges.firstWaiting, edges.lastWaiting) + span(edges.firstLeased, edges.lastLeased);
  if (atMost < max) return false;
  const { open } = await inQueue(tx, address)
    .select(tx.fn.countAll<number>().as('open'))
    .where('state', 'in', ['waiting', 'leased'])
    .executeTakeFirstOrThrow();
  return open >= max;
}

function span(first: number | null, last: number | null): number {
  return first === null || last === null ? 0 : last - first + 1;
}

/** The items of one queue, in whichever state. */
export function inQueue(tx: Kysely<Tables>, { queue, system, nodeId }: QueueAddress) {
  return tx
    .selectFrom('queue_item')
    .where('queue', '=', queue)
    .where('system', '=', system)
    .where('node_id', '=', nodeId);
}
