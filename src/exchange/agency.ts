import type { AgencyAnswer, Collected, Waiting } from '../connectors/connector.ts';
import { ConnectorFailure } from '../connectors/failure.ts';
import { Fault } from '../fault/fault.ts';
import type { EntryDraft } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import { answerVersions } from '../participants/type-versions.ts';
import type { Version } from '../smev/namespaces.ts';
import type { MadeContent } from '../smev/responses.ts';
import type { ExchangeTable } from '../store/tables.ts';
import { type AnswerFiles, takeAnswerFiles } from './answer-files.ts';
import type { ExchangeContext } from './context.ts';
import { entry } from './entries.ts';
import { advance } from './exchanges.ts';
import { asyncErrorOf, makeAnswer, type OwnAnswer, recordAnswer } from './own-answer.ts';
import { statusFor } from './status.ts';

/** What an agency said, by whichever way it came. */
export type AgencyNews = AgencyAnswer | Waiting | Extract<Collected['answer'], { kind: 'interim' }>;

/** What an agency said, made into messages of the exchange. */
export interface Prepared {
  readonly answers: readonly OwnAnswer[];
  readonly evidence: Uint8Array | undefined;
  /** It was not recorded: nothing of its files stays. */
  discard(): Promise<void>;
}

/**
 * Makes what the agency said into the messages that its sender gets.
 *
 * @throws ConnectorFailure ANSWER_BROKEN when the content is not of the message type
 */
export async function prepareNews(
  context: ExchangeContext,
  exchange: ExchangeTable,
  news: AgencyNews,
): Promise<Prepared> {
  const files = await takeFiles(context, exchange, news);
  const discard = async () => files?.discard();
  try {
    const answers: OwnAnswer[] = [];
    for (const status of news.statuses ?? []) {
      answers.push(await make(context, exchange, { kind: 'status', ...status }));
    }
    if (news.kind !== 'waiting' && news.kind !== 'interim') {
      const answer = await make(context, exchange, madeOf(exchange, news, files));
      answers.push(files === undefined ? answer : { ...answer, files });
    }
    return { answers, evidence: news.evidence, discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** The files that came with the news. */
async function takeFiles(
  context: ExchangeContext,
  exchange: ExchangeTable,
  news: AgencyNews,
): Promise<AnswerFiles | undefined> {
  if (news.kind !== 'content' || news.files === undefined || news.files.length === 0) {
    return undefined;
  }
  try {
    return await takeAnswerFiles(context, exchange, news.files);
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.row.origin !== 'caller') throw cause;
    const why = `${cause.code}: ${cause.detail.public ?? 'a file of the answer'}`;
    throw new ConnectorFailure('ANSWER_BROKEN', why, { cause });
  }
}

async function make(context: ExchangeContext, exchange: ExchangeTable, made: MadeContent) {
  try {
    const type = context.registry().findMessageType(exchange.message_type);
    const versions = type && answerVersions(type, exchange.type_version, context.clock.now());
    return await makeAnswer(context, exchange, made, versions);
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'AGENCY_ANSWER_INVALID') throw thrown;
    const places = (thrown.detail.findings ?? []).map(({ path, rule }) => `${path}: ${rule}`);
    const why = places.length === 0 ? 'not of the message type' : places.slice(0, 5).join('; ');
    throw new ConnectorFailure('ANSWER_BROKEN', why, { cause: thrown });
  }
}

function madeOf(
  exchange: ExchangeTable,
  answer: AgencyAnswer,
  files: AnswerFiles | undefined,
): MadeContent {
  switch (answer.kind) {
    case 'content':
      return {
        kind: 'response',
        content: Buffer.from(answer.content).toString(),
        ...(files === undefined ? {} : { files: files.headed }),
      };
    case 'rejection': {
      const { code, description } = answer;
      return { kind: 'rejection', reasons: [{ code, description }] };
    }
    case 'failure': {
      const { code, description } = answer;
      const category = statusFor(exchange.version as Version, 'requestIsRejectedBySmev');
      return asyncErrorOf(exchange, { category, details: description, code, description });
    }
  }
}

/**
 * Records the messages in the transaction of the caller; an exchange that has its final answer gets no
 * other.
 *
 * @throws Fault QUEUE_FULL, QUOTA_EXCEEDED
 */
export async function recordNews(
  context: ExchangeContext,
  scope: CommitScope,
  exchange: ExchangeTable,
  { answers }: Prepared,
): Promise<void> {
  if (answers.length === 0) return;
  await advance(scope.tx, exchange.id, 'underProcessing', context.clock.now());
  for (const own of answers) {
    const outcome = await recordAnswer(context, scope, own, 'good');
    if (outcome === 'queue-full') throw new Fault('QUEUE_FULL');
  }
}

/**
 * Runs the transaction of what was prepared, which tells whether it was recorded; the files stay then
 * alone. Of a transaction that broke nobody knows whether it ended: what it leaves, the sweep finds.
 */
export async function recordPrepared(
  prepared: Prepared,
  commit: () => Promise<boolean>,
): Promise<boolean> {
  try {
    const recorded = await commit();
    if (!recorded) await prepared.discard();
    return recorded;
  } catch (error) {
    if (error instanceof Fault && error.code !== 'INTERNAL') await prepared.discard();
    throw error;
  }
}

/** An entry about an attempt, or about an answer that came by another way. */
export function enterDelivery(
  context: Pick<ExchangeContext, 'clock' | 'random'>,
  scope: CommitScope,
  exchange: ExchangeTable,
  what: {
    readonly kind?: EntryDraft['kind'];
    readonly verdict: string;
    readonly evidence?: Uint8Array | undefined;
    readonly detail: Readonly<Record<string, unknown>>;
  },
): void {
  scope.journal({
    ...entry(context, what.kind ?? 'delivery', {
      version: exchange.version,
      exchangeId: exchange.id,
      messageId: exchange.message_id,
      messageType: exchange.message_type,
      ...(what.evidence === undefined ? {} : { content: scope.content(what.evidence) }),
    }),
    verdict: what.verdict,
    detail: what.detail,
  });
}
