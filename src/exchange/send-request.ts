import { Fault } from '../fault/fault.ts';
import { newEntryId } from '../journal/entry.ts';
import { authoriseRequest } from '../participants/authorise.ts';
import type { Metadata } from '../smev/metadata.ts';
import type { ExchangeContext } from './context.ts';
import { enterAnswer, enterReceipt, entryOf } from './entries.ts';
import { acceptRequest, type NewRequest } from './exchanges.ts';
import { filesDetail, type TakenFile } from './files.ts';
import { checkEndOfLife, checkMessageId } from './fresh.ts';
import { partyOf } from './parties.ts';
import { receiverOf } from './pressure.ts';
import { answerAgain, unlessFresh } from './repeat.ts';
import { checkCarried, checkPersonal } from './rights.ts';
import type { Authorised, Recorded } from './stages.ts';
import { statusFor } from './status.ts';
import { acceptFiles, withFiles } from './with-files.ts';

/**
 * SendRequest: the sender may send this message type, the MessageID is fresh and not seen. Then
 * exchange, bytes, journal and the signed acknowledgement are recorded in one transaction, and the
 * request stands in the recipient's queue or waits for its connector.
 */
export async function sendRequest(
  context: ExchangeContext,
  authorised: Authorised<'SendRequest'>,
): Promise<Recorded> {
  const { request, verified, caller, received } = authorised;
  const route = authoriseRequest(
    context.registry(),
    caller.system,
    request.content,
    verified.content,
    received.at,
  );
  checkPersonal(route.messageType, verified.personalCertificate);
  const receiver = receiverOf(route);
  const full = { destination: route.destination, address: context.nodeId };
  const again = await unlessFresh(context, authorised, request.messageId, () => {
    checkMessageId(request.messageId, received.at, context.limits);
    checkEndOfLife(request.eol, received.at);
    context.pressure.checkNode();
    context.pressure.check(receiver, caller.system.id, full);
  });
  if (again !== undefined) return again;
  if (verified.files.length > 0) {
    const { attachments } = route.messageType;
    checkCarried(route.messageType, verified.files);
    return withFiles(context, authorised, request.messageId, attachments, (files) =>
      record(context, authorised, route, files),
    );
  }
  return record(context, authorised, route, []);
}

/** Builds the acknowledgement, then records the request with it. */
async function record(
  context: ExchangeContext,
  authorised: Authorised<'SendRequest'>,
  route: Route,
  files: readonly TakenFile[],
): Promise<Recorded & { readonly repeated: boolean }> {
  const { request, verified, caller, received } = authorised;
  const receiver = receiverOf(route);
  const full = { destination: route.destination, address: context.nodeId };
  const metadata: Metadata = {
    messageId: request.messageId,
    messageType: 'REQUEST',
    sender: partyOf(caller),
    sentAt: received.at,
    destination: route.destination,
    recipient: { mnemonic: route.recipient.id, name: route.recipient.name },
    contentType: route.messageType.name,
    deliveredAt: undefined,
    status: statusFor(verified.version, 'requestIsQueued'),
  };
  const answer = await context.compute.compose({
    version: verified.version,
    keyKind: verified.certificate.keyKind,
    content: { kind: 'accepted', operation: 'SendRequest', metadata },
  });
  const exchange = newExchange(context, authorised, route);
  const outcome = await context.journal.commit(async (scope) => {
    const envelope = scope.content(received.bytes);
    const kept = scope.content(answer.bytes);
    const accepted = await acceptRequest(scope.tx, {
      ...exchange,
      envelopeHash: envelope.hash,
      answerHash: kept.hash,
    });
    if (accepted.outcome === 'queue-full') {
      throw new Fault('QUEUE_FULL', { values: full });
    }
    if (accepted.outcome === 'accepted') {
      if (files.length > 0) {
        await acceptFiles(scope.tx, request.messageId, route.messageType, files);
      }
      const about = {
        exchangeId: exchange.exchangeId,
        messageId: request.messageId,
        messageType: route.messageType.id,
      };
      enterReceipt(context, scope, authorised, about);
      scope.journal(
        entryOf(context, authorised, 'acceptance', {
          ...about,
          detail: {
            verifiedHash: verified.verifiedHash,
            recipient: route.recipient.id,
            schema: route.version,
            ...filesDetail(files),
          },
        }),
      );
      enterAnswer(context, scope, authorised, answer.bytes, about);
    }
    return accepted;
  });
  if (outcome.outcome === 'repeated') {
    // Another delivery of the same message was recorded while this one was being judged.
    const stored = await answerAgain(context, authorised, request.messageId);
    if (stored !== undefined) return { ...stored, repeated: true };
  }
  context.pressure.note(receiver, caller.system.id);
  if (outcome.due !== undefined) context.queue.enqueue(outcome.due);
  return { answer: answer.bytes, repeated: false };
}

type Route = ReturnType<typeof authoriseRequest>;

function newExchange(
  { random, limits }: ExchangeContext,
  { request, verified, caller, received }: Authorised<'SendRequest'>,
  route: Route,
): Omit<NewRequest, 'envelopeHash' | 'answerHash'> {
  return {
    exchangeId: newEntryId(received.at, random(10)),
    messageId: request.messageId,
    messageType: route.messageType.id,
    typeVersion: route.version,
    version: verified.version,
    sender: caller.participant.id,
    senderSystem: caller.system.id,
    recipient: route.recipient.id,
    recipientSystem: route.kind === 'queue' ? route.system : null,
    lane: route.kind === 'connector' ? route.lane : null,
    replyTo: random(32).toString('base64url'),
    referenceMessageId: request.referenceMessageId ?? null,
    transactionCode: request.transactionCode ?? null,
    nodeId: request.nodeId,
    eol: request.eol ?? null,
    test: request.test,
    certificate: verified.certificate.fingerprint,
    verifiedHash: verified.verifiedHash,
    profile: verified.profile,
    acceptedAt: received.at,
    queueItemsMax: limits.queueItemsMax,
  };
}
