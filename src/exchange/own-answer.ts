import type { Fault } from '../fault/fault.ts';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { ProfileName } from '../signature/profiles.ts';
import { newMessageId } from '../smev/message-id.ts';
import type { Version } from '../smev/namespaces.ts';
import type { MadeContent } from '../smev/responses.ts';
import type { ExchangeTable } from '../store/tables.ts';
import type { AnswerFiles } from './answer-files.ts';
import type { ExchangeContext } from './context.ts';
import { entry } from './entries.ts';
import { acceptAsyncError, acceptResponse } from './exchanges.ts';
import { type Status, statusFor } from './status.ts';

/** An answer of the node's own making, built and ready to be recorded. */
export interface OwnAnswer {
  readonly exchange: ExchangeTable;
  readonly messageId: string;
  readonly kind: MadeContent['kind'];
  readonly envelope: Uint8Array;
  readonly verifiedHash: string;
  readonly profile: ProfileName;
  readonly files?: AnswerFiles;
}

/**
 * Builds an answer in the agency's stead, or about its failure, in the version of the request.
 *
 * @param versions of the type that content may be of; any where undefined
 * @throws Fault AGENCY_ANSWER_INVALID
 */
export async function makeAnswer(
  {
    compute,
    clock,
    random,
  }: Pick<ExchangeContext, 'clock' | 'random'> & {
    readonly compute: Pick<ExchangeContext['compute'], 'make'>;
  },
  exchange: ExchangeTable,
  made: MadeContent,
  versions?: readonly string[],
): Promise<OwnAnswer> {
  const messageId = newMessageId(clock.now(), random(8));
  const built = await compute.make({
    version: exchange.version as Version,
    messageId,
    to: exchange.reply_to,
    made,
    messageType: exchange.message_type,
    versions,
  });
  return { exchange, messageId, kind: made.kind, ...built };
}

/** What an asynchronous error about a fault of the node's own table says, for makeAnswer. */
export function asyncError(exchange: ExchangeTable, fault: Fault, status: Status): MadeContent {
  const [what, todo] = fault.row.ru;
  return asyncErrorOf(exchange, {
    category: statusFor(exchange.version as Version, status),
    details: what,
    code: fault.code,
    description: `${fault.code}: ${what}. Что делать: ${todo}`,
  });
}

/** An asynchronous error in whosever words. */
export function asyncErrorOf(
  exchange: ExchangeTable,
  said: {
    readonly category: string;
    readonly details: string;
    readonly code: string;
    readonly description: string;
  },
): MadeContent {
  const { category, details, code, description } = said;
  return {
    kind: 'async',
    status: {
      originalMessageId: exchange.message_id,
      category,
      details: details.slice(0, 500),
      fault: { code: code.slice(0, 50), description },
    },
  };
}

/** Records the answer as a message of the exchange in the sender's response queue. */
export async function recordAnswer(
  context: Pick<ExchangeContext, 'clock' | 'random' | 'self' | 'limits'>,
  scope: CommitScope,
  { exchange, messageId, kind, envelope, verifiedHash, profile, files }: OwnAnswer,
  verdict: string,
): Promise<'accepted' | 'queue-full' | 'already-final'> {
  const content = scope.content(envelope);
  const message = {
    exchangeId: exchange.id,
    messageId,
    version: exchange.version as Version,
    messageType: exchange.message_type,
    sender: kind === 'async' ? context.self.mnemonic : exchange.recipient,
    senderSystem: null,
    certificate: null,
    verifiedHash,
    profile,
    envelopeHash: content.hash,
    answerHash: null,
    acceptedAt: context.clock.now(),
    queueItemsMax: context.limits.queueItemsMax,
  };
  const { outcome } =
    kind === 'async'
      ? await acceptAsyncError(scope.tx, message)
      : await acceptResponse(scope.tx, { ...message, kind });
  if (outcome !== 'accepted') return outcome === 'queue-full' ? 'queue-full' : 'already-final';
  await files?.record(scope, messageId);
  scope.journal({
    ...entry(context, kind === 'async' ? 'refusal' : 'acceptance', {
      version: exchange.version,
      exchangeId: exchange.id,
      messageId,
      correlationId: exchange.message_id,
      messageType: exchange.message_type,
      content,
    }),
    id: newEntryId(context.clock.now(), context.random(10)),
    verdict,
    ...(files === undefined ? {} : { detail: files.detail }),
  });
  return 'accepted';
}
