import { Fault } from '../fault/fault.ts';
import type { Metadata } from '../smev/metadata.ts';
import type { ExchangeTable } from '../store/tables.ts';
import type { ExchangeContext } from './context.ts';
import { enterAnswer, enterReceipt, entryOf } from './entries.ts';
import { acceptResponse, findByReplyTo, type ResponseOutcome } from './exchanges.ts';
import { filesDetail, type TakenFile } from './files.ts';
import { checkMessageId } from './fresh.ts';
import { partyOf, partyOfParticipant } from './parties.ts';
import { answerAgain, unlessFresh } from './repeat.ts';
import { authoriseAnswer, checkPersonal, filePolicyOf } from './rights.ts';
import type { Authorised, Recorded } from './stages.ts';
import { statusFor } from './status.ts';
import { acceptFiles, withFiles } from './with-files.ts';

/**
 * SendResponse: the caller is the recipient of the request that `To` stands for, and answers with
 * content of its type, a rejection, or a status. Any number of statuses may come before the one
 * final answer. The answer is put into the sender's response queue in the recording transaction.
 */
export async function sendResponse(
  context: ExchangeContext,
  authorised: Authorised<'SendResponse'>,
): Promise<Recorded> {
  const { request, verified, caller, received } = authorised;
  const again = await unlessFresh(context, authorised, request.messageId, () => {
    checkMessageId(request.messageId, received.at, context.limits);
  });
  if (again !== undefined) return again;
  const found = await findByReplyTo(context.database.kysely, request.to);
  const exchange = authoriseAnswer(
    context.registry(),
    caller,
    found,
    request,
    verified.content,
    received.at,
  );
  const type = context.registry().findMessageType(exchange.message_type);
  if (request.kind === 'response' && type) checkPersonal(type, verified.personalCertificate);
  if (verified.files.length > 0) {
    const policy = filePolicyOf(context.registry(), exchange.message_type);
    return withFiles(context, authorised, request.messageId, policy, (files) =>
      record(context, authorised, exchange, files),
    );
  }
  return record(context, authorised, exchange, []);
}

/** Builds the acknowledgement, then records the answer with it. */
async function record(
  context: ExchangeContext,
  authorised: Authorised<'SendResponse'>,
  exchange: ExchangeTable,
  files: readonly TakenFile[],
): Promise<Recorded & { readonly repeated: boolean }> {
  const { request, verified, caller, received } = authorised;
  const answer = await acknowledge(context, authorised, exchange);
  const about = {
    exchangeId: exchange.id,
    messageId: request.messageId,
    correlationId: exchange.message_id,
    messageType: exchange.message_type,
  };
  const outcome = await context.journal.commit(async (scope) => {
    const accepted = await acceptResponse(scope.tx, {
      exchangeId: exchange.id,
      messageId: request.messageId,
      kind: request.kind,
      version: verified.version,
      messageType: exchange.message_type,
      sender: caller.participant.id,
      senderSystem: caller.system.id,
      certificate: verified.certificate.fingerprint,
      verifiedHash: verified.verifiedHash,
      profile: verified.profile,
      envelopeHash: scope.content(received.bytes).hash,
      answerHash: scope.content(answer).hash,
      acceptedAt: received.at,
      queueItemsMax: context.limits.queueItemsMax,
    });
    refuseOutcome(accepted.outcome);
    if (accepted.outcome === 'accepted') {
      if (files.length > 0) {
        const attachments = filePolicyOf(context.registry(), exchange.message_type);
        const type = { id: exchange.message_type, attachments };
        await acceptFiles(scope.tx, request.messageId, type, files);
      }
      enterReceipt(context, scope, authorised, about);
      const { verifiedHash } = verified;
      const detail = { verifiedHash, kind: request.kind, ...filesDetail(files) };
      scope.journal(entryOf(context, authorised, 'acceptance', { ...about, detail }));
      enterAnswer(context, scope, authorised, answer, about);
    }
    return accepted.outcome;
  });
  if (outcome === 'repeated') {
    const stored = await answerAgain(context, authorised, request.messageId);
    if (stored !== undefined) return { ...stored, repeated: true };
  }
  return { answer, repeated: false };
}

function refuseOutcome(outcome: ResponseOutcome): void {
  if (outcome === 'queue-full') throw new Fault('QUEUE_FULL');
  if (outcome === 'already-final') throw new Fault('RESPONSE_ALREADY_FINAL');
  if (outcome === 'not-recipient') throw new Fault('RECIPIENT_UNKNOWN');
}

async function acknowledge(
  context: ExchangeContext,
  { request, verified, caller, received }: Authorised<'SendResponse'>,
  exchange: ExchangeTable,
): Promise<Uint8Array> {
  const registry = context.registry();
  const metadata: Metadata = {
    messageId: request.messageId,
    messageType: 'RESPONSE',
    sender: partyOf(caller),
    sentAt: received.at,
    destination: `${exchange.sender_system}.response`,
    recipient: partyOfParticipant(registry, exchange.sender),
    contentType: registry.findMessageType(exchange.message_type)?.name,
    deliveredAt: undefined,
    status: statusFor(verified.version, 'responseIsAcceptedBySmev'),
  };
  const composed = await context.compute.compose({
    version: verified.version,
    keyKind: verified.certificate.keyKind,
    content: { kind: 'accepted', operation: 'SendResponse', metadata },
  });
  return composed.bytes;
}
