import type { Verified } from '../compute/judge.ts';
import { asFault, Fault } from '../fault/fault.ts';
import { newEntryId } from '../journal/entry.ts';
import { judgeRegistration } from '../participants/registration.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { judgeCertificate, type OldAlgorithms, type TrustStore } from '../pki/trust.ts';
import { ofPerson } from '../signature/personal.ts';
import type { Call, Reply } from './call.ts';
import { checkContentType, checkMethod } from './call.ts';
import type { ExchangeContext } from './context.ts';
import { pipeline } from './pipeline.ts';
import { type Known, refuse } from './refuse.ts';
import { seekSecondOpinion } from './second-opinion.ts';
import type { Authorised, Caller, Received } from './stages.ts';

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
  { compute }: ExchangeContext,
  received: Received,
  known: Known,
): Promise<Verified> {
  const { bytes, endpoint, soapAction } = received;
  const judgement = await compute.judge({ bytes, endpoint, soapAction });
  known.operation = judgement.operation;
  known.hash = judgement.hash;
  known.messageId = judgement.claimedMessageId;
  known.keyKind = judgement.claimedKeyKind;
  if (judgement.verdict === 'refused') {
    known.certificate = judgement.fingerprint;
    throw new Fault(judgement.fault.code, judgement.fault.detail);
  }
  known.certificate = judgement.certificate.fingerprint;
  return judgement;
}

/** Knows the caller by the certificate alone: registered, valid now, issued by a trusted authority. */
function authorise(
  context: ExchangeContext,
  received: Received,
  verified: Verified,
  known: Known,
): Authorised {
  const registry = context.registry();
  const found = registry.systemOfCertificate(verified.certificate.fingerprint);
  if (found === undefined) throw new Fault('SENDER_UNKNOWN');
  const { system, registration } = found;
  const { certificate } = registration;
  const trust = registry.trustAt(received.at);
  const distrust =
    judgeRegistration(registration, () => registry.registrationsOf(system.id), received.at) ??
    judgeCertificate(certificate, trust, received.at, oldFor(certificate));
  if (distrust !== undefined) throw distrust;
  judgePerson(verified, trust, received.at);
  const caller: Caller = { system, participant: registry.participant(system.participant) };
  known.system = system.id;
  return { received, verified, caller, request: verified.request };
}

/** A message with a key of 2001 came this far because a profile of the node names such keys. */
function oldFor({ keyKind }: Certificate): OldAlgorithms {
  return { gost2001: keyKind === 'gost2001' };
}

/** A person's signature counts by the same authorities; who may sign what is for the agencies to say. */
function judgePerson({ personalCertificate }: Verified, trust: TrustStore, at: number): void {
  if (personalCertificate === undefined) return;
  const certificate = readCertificate(personalCertificate);
  const distrust = judgeCertificate(certificate, trust, at, oldFor(certificate));
  if (distrust !== undefined) throw ofPerson(distrust);
}
