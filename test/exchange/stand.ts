import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { judge } from '../../src/compute/judge.ts';
import { extract, make } from '../../src/compute/make.ts';
import { signTemplate } from '../../src/compute/sign-template.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { ConnectorFailure, type FailureCode } from '../../src/connectors/failure.ts';
import type { ExchangeContext } from '../../src/exchange/context.ts';
import { type DeliveryRules, deliverExchange } from '../../src/exchange/deliver.ts';
import { acceptRequest, type Exchange, getExchange } from '../../src/exchange/exchanges.ts';
import { recordFiles, type TakenFile } from '../../src/exchange/files.ts';
import { Pressure } from '../../src/exchange/pressure.ts';
import { newEntryId } from '../../src/journal/entry.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Claimed, claimDelivery, type Due } from '../../src/queue/delivery.ts';
import * as calls from '../../src/smev/calls.ts';
import type { CallFiles } from '../../src/smev/file-texts.ts';
import { readContent } from '../../src/store/content.ts';
import type { DeliveryTable } from '../../src/store/tables.ts';
import { freshMessageId, sandboxSigner } from '../harness/client.ts';
import type { TestDatabase } from '../harness/databases.ts';
import { noteRequest, testRules } from '../harness/rules.ts';

export const rules: DeliveryRules = {
  attemptsMax: 3,
  backoffMs: 1000,
  backoffMaxMs: 60_000,
  breaker: { failures: 5, openMs: 2000, openMaxMs: 20_000 },
};
export const waits = { attemptMaxMs: 60_000, backoffMaxMs: rules.backoffMaxMs };

export const lane = 'notes';
const limits = {
  queueItemsMax: 100,
  waitingMax: 1000,
  diskFreeMin: 0,
} as ExchangeContext['limits'];

/** One line of the journal. */
export interface Line {
  readonly kind: string;
  readonly verdict: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly content: string | null;
}

/** A node without HTTP and threads, on a real database: exchanges of the type `note` by a connector. */
export class Stand {
  readonly database: TestDatabase;
  readonly context: ExchangeContext;
  /** The time of the node, ms UTC. */
  now = Date.now();
  /** What the engine was told of. */
  readonly told: Due[] = [];
  readonly logged: string[] = [];

  constructor(database: TestDatabase, change: Partial<ExchangeContext> = {}) {
    this.database = database;
    const log = (...words: unknown[]) => this.logged.push(JSON.stringify(words));
    this.context = {
      limits,
      nodeId: 'node-1',
      self: { mnemonic: 'NODE', name: 'Узел' },
      clock: { now: () => this.now },
      random: randomBytes,
      compute: {
        make: async (making: Parameters<typeof make>[0]) => make(making, testRules()),
        extract: async (kept: Parameters<typeof extract>[0]) => extract(kept),
      },
      database,
      // Answers may be of any version where the type is not known.
      registry: () => ({ findMessageType: () => undefined }),
      journal: new JournalWriter(database, 'node-1'),
      queue: { enqueue: (due: Due) => this.told.push(due) },
      pressure: new Pressure(limits),
      log: { error: log, warn: log, info: log, debug: log },
      metrics: createMetrics(),
      ...change,
    } as unknown as ExchangeContext;
  }

  /** An exchange that was just accepted and is due; by a provider's queue where a system is named. */
  async accept({
    eol = null as number | null,
    system = null as string | null,
    files = { called: {} as CallFiles, taken: [] as readonly TakenFile[] },
  } = {}) {
    const messageId = freshMessageId();
    const call = { messageId, content: noteRequest('привет'), files: files.called };
    const text = signTemplate(calls.sendRequestCall('1.2', call), sandboxSigner('agency-a'));
    const bytes = Buffer.from(text);
    const judged = judge({ bytes, endpoint: '1.2', soapAction: undefined }, testRules());
    if (judged.verdict === 'refused') throw new Error(judged.fault.code);
    const exchangeId = newEntryId(this.now, randomBytes(10));
    await this.context.journal.commit(async (scope) => {
      const { hash } = scope.content(bytes);
      await recordFiles(scope.tx, { messageId, messageType: 'note', keepMs: 0 }, files.taken);
      return acceptRequest(scope.tx, {
        ...{ exchangeId, messageId, version: '1.2', messageType: 'note', sender: 'agency-a' },
        typeVersion: '1',
        ...{ senderSystem: 'A1', recipient: 'agency-b', recipientSystem: system, lane },
        ...{ referenceMessageId: null, transactionCode: null, nodeId: '', eol, test: false },
        ...{ certificate: 'c', verifiedHash: judged.verifiedHash, profile: judged.profile },
        ...{ envelopeHash: hash, answerHash: null, acceptedAt: this.now, queueItemsMax: 100 },
        replyTo: `reply-${exchangeId}`,
      });
    });
    return this.exchange(exchangeId);
  }

  exchange(id: string): Promise<Exchange> {
    return getExchange(this.database.kysely, id);
  }

  async claim({ id }: Pick<Exchange, 'id'>): Promise<Claimed> {
    const claimed = await claimDelivery(this.database.kysely, id, this.now, waits);
    if (claimed === undefined) throw new Error('not claimed');
    return claimed;
  }

  /** One attempt, as an engine would make it. */
  async attempt(
    exchange: Pick<Exchange, 'id'>,
    connector: Connector,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const claimed = await this.claim(exchange);
    await deliverExchange(this.context, () => connector, rules, claimed, signal);
  }

  delivery({ id }: Pick<Exchange, 'id'>): Promise<Selectable<DeliveryTable>> {
    return this.database.kysely
      .selectFrom('delivery')
      .selectAll()
      .where('exchange_id', '=', id)
      .executeTakeFirstOrThrow();
  }

  /** What the journal says of an exchange after its request. */
  async journal({ id }: Pick<Exchange, 'id'>): Promise<Line[]> {
    const rows = await this.database.kysely
      .selectFrom('journal_entry')
      .select(['kind', 'verdict', 'detail', 'content_hash'])
      .where('exchange_id', '=', id)
      .orderBy('sequence')
      .execute();
    return rows.map(({ kind, verdict, detail, content_hash: content }) => ({
      kind,
      verdict,
      detail: JSON.parse(detail ?? '{}'),
      content,
    }));
  }

  /** Kind and text of the messages that the sender finds, in their order. */
  async answers({ id }: Pick<Exchange, 'id'>): Promise<[string, string][]> {
    const rows = await this.database.kysely
      .selectFrom('queue_item')
      .innerJoin('message', 'message.message_id', 'queue_item.message_id')
      .select(['message.kind', 'envelope_hash'])
      .where('queue_item.exchange_id', '=', id)
      .where('queue', '=', 'response')
      .orderBy('queue_item.id')
      .execute();
    return Promise.all(
      rows.map(async ({ kind, envelope_hash: hash }): Promise<[string, string]> => {
        return [kind, (await readContent(this.database.kysely, hash)).toString()];
      }),
    );
  }
}

/** The simulator of an agency that does what the test says, attempt by attempt, and notes its calls. */
export function scripted(...steps: readonly (() => unknown)[]): Connector & { calls: string[] } {
  const done: string[] = [];
  const step = async (call: string) => {
    const next = steps[done.push(call) - 1];
    if (next === undefined) throw new Error('nothing is scripted for this attempt');
    return (await next()) as never;
  };
  return {
    calls: done,
    carries: 'files',
    deliver: (request) => step(`deliver ${request.attempt}`),
    ask: (request, ticket) => step(`ask ${request.attempt} ${ticket}`),
    probe: async () => undefined,
    close: async () => undefined,
  };
}

/** A step that fails. */
export function failing(code: FailureCode, retryAfterMs?: number): () => never {
  return () => {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new ConnectorFailure(code, `failed by ${code}`, options);
  };
}
