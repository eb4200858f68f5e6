import type { Refused, Verified } from '../compute/judge.ts';
import { asFault, Fault } from '../fault/fault.ts';
import { newEntryId } from '../journal/entry.ts';
import { refusedVersion } from '../participants/type-versions.ts';
import type { Call, Reply } from './call.ts';
import { checkContentType, checkMethod } from './call.ts';
import { knowCaller } from './caller.ts';
import type { ExchangeContext } from './context.ts';
import { pipeline } from './pipeline.ts';
import { type Known, refuse } from './refuse.ts';
import { seekSecondOpinion } from './second-opinion.ts';
import type { Authorised, Received } from './stages.ts';
import { noteContent, noteRefusedContent } from './version-tally.ts';

/**
 * The story of a message that comes in: its bytes are held, judged, its caller known, and what it
 * asks for is done and recorded; then the signed answer leaves. Whatever fails becomes a refusal.
 * Never throws.
 */
export async function receive(context: ExchangeContext, call: Call): Promise<Reply> {
  const known: Known = { call, at: context.clock.now(), journalId: journalIdOf(context) };
  const timer = context.metrics.startRequest();
  try {
    const received = await hold(call, known);
    const verified = await verify(context, received, known);
    const authorised = authorise(context, received, verified, known);
    await seekSecondOpinion(context, authorised, known);
    refuseStrayParts(authorised);
    const recorded = await pipeline[authorised.request.operation](context, authorised as never);
    timer.end(verified.operation, 'accepted');
    const { answer: bytes, parts } = recorded;
    return { status: 200, bytes, ...(parts === undefined ? {} : { parts }) };
  } catch (thrown) {
    const fault = asFault(thrown);
    timer.end(known.operation, fault.code);
    return refuse(context, fault, known);
  } finally {
    await Promise.allSettled((known.parts ?? []).map(({ file }) => file.discard()));
  }
}

/** @throws Fault ATTACHMENTS_DISAGREE for parts of a message that names no files */
function refuseStrayParts({ request, received, verified }: Authorised): void {
  if (received.parts.length === 0 || verified.files.length > 0) return;
  throw new Fault('ATTACHMENTS_DISAGREE', {
    public: `${request.operation}: части без AttachmentHeaderList`,
  });
}

function journalIdOf({ clock, random }: ExchangeContext): string {
  return newEntryId(clock.now(), random(10));
}

/** The bytes, before anything else can fail. */
async function hold(call: Call, known: Known): Promise<Received> {
  checkMethod(call);
  checkContentType(call);
  const { bytes, parts } = await call.body();
  known.bytes = bytes;
  known.parts = parts;
  const { endpoint, soapAction, peer } = call;
  return { bytes, parts, endpoint, soapAction, peer, at: known.at, journalId: known.journalId };
}

/** Opens, validates and verifies on a worker thread. */
async function verify(
  context: ExchangeContext,
  received: Received,
  known: Known,
): Promise<Verified> {
  const { bytes, endpoint, soapAction } = received;
  const judgement = await context.compute.judge({ bytes, endpoint, soapAction });
  known.operation = judgement.operation;
  known.hash = judgement.hash;
  known.messageId = judgement.claimedMessageId;
  known.keyKind = judgement.claimedKeyKind;
  if (judgement.verdict === 'refused') {
    known.certificate = judgement.fingerprint;
    noteRefusedContent(context, judgement, received.at);
    throw (
      versionRefusal(context, judgement, received.at) ??
      new Fault(judgement.fault.code, judgement.fault.detail)
    );
  }
  known.certificate = judgement.certificate.fingerprint;
  return judgement;
}

/** Of a request whose content fits nothing: where its version counts for nobody, that is what is wrong. */
function versionRefusal(
  { registry }: ExchangeContext,
  { fault, operation, claimedContent }: Refused,
  at: number,
): Fault | undefined {
  if (fault.code !== 'CONTENT_INVALID' || operation !== 'SendRequest') return undefined;
  const type = claimedContent && registry().findMessageType(claimedContent.messageType);
  return type && refusedVersion(type, claimedContent.versions, at);
}

function authorise(
  context: ExchangeContext,
  received: Received,
  verified: Verified,
  known: Known,
): Authorised {
  const caller = knowCaller(context.registry(), verified, received.at);
  known.system = caller.system.id;
  noteContent(context, caller.system, verified, received.at);
  return { received, verified, caller, request: verified.request };
}
