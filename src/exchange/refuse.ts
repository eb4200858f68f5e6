import type { Disagreement } from '../compute/judge-again.ts';
import { asFault, Fault } from '../fault/fault.ts';
import { withoutValues } from '../schema/finding.ts';
import type { KeyKind } from '../signature/algorithms.ts';
import { faultBody } from '../smev/faults.ts';
import type { OperationName } from '../smev/operations.ts';
import { envelopeText } from '../soap/envelope.ts';
import type { Call, Part, Reply } from './call.ts';
import type { ExchangeContext } from './context.ts';
import { enterForms, entry } from './entries.ts';

/** What is known of a message by the time it is refused; filled as the story goes. */
export interface Known {
  readonly call: Call;
  readonly at: number;
  readonly journalId: string;
  bytes?: Uint8Array;
  parts?: readonly Part[];
  hash?: string;
  operation?: OperationName | undefined;
  /** As the bytes claim it. */
  messageId?: string | undefined;
  certificate?: string | undefined;
  keyKind?: KeyKind | undefined;
  system?: string;
  /** What two verifiers differ about. */
  disagreement?: Disagreement;
}

/**
 * Ends a message with a refusal: its bytes and the signed fault go into the journal, then the fault
 * leaves. When even that fails, the peer gets an unsigned failure and the log says why.
 */
export async function refuse(context: ExchangeContext, fault: Fault, known: Known): Promise<Reply> {
  logRefusal(context, fault, known);
  // An overloaded node spends nothing more on what it cannot take; without its key it can sign no refusal.
  if (isForLater(fault)) return unsigned(fault, known, 'нет');
  try {
    const bytes = await signedFault(context, fault, known);
    await context.journal.commit(async (scope) => {
      const { messageId, certificate, system, operation, call } = known;
      const about = {
        version: call.endpoint,
        ...(messageId === undefined ? {} : { messageId }),
        ...(certificate === undefined ? {} : { certificate }),
        ...(system === undefined ? {} : { system }),
      };
      const came = keep(context, known, (kept) => scope.content(kept));
      const forms =
        known.disagreement &&
        enterForms(context, scope, known.disagreement, about, known.journalId);
      scope.journal({
        ...entry(context, 'refusal', about),
        id: known.journalId,
        at: known.at,
        verdict: fault.code,
        ...(came.content === undefined ? {} : { content: came.content }),
        detail: { operation: operation ?? null, peer: call.peer, kept: came.kept, ...forms },
      });
      scope.journal(
        entry(context, 'answer', { ...about, content: scope.content(bytes), verdict: fault.code }),
      );
    });
    return reply(fault, bytes);
  } catch (thrown) {
    const second = asFault(thrown);
    context.log.error(
      { journal: known.journalId, code: second.code, why: second.detail.private },
      'a refusal could not be recorded',
    );
    return unsigned(isForLater(second) ? second : fault, known, 'нет');
  }
}

function isForLater({ code }: Fault): boolean {
  return code === 'BUSY' || code === 'SIGNING_UNAVAILABLE';
}

/** Bytes of strangers are kept only up to a limit; their hash and size always stand in the entry. */
function keep(
  { limits }: ExchangeContext,
  { bytes, hash, system }: Known,
  content: (bytes: Uint8Array) => { hash: string; size: number },
): { content?: { hash: string; size: number }; kept: boolean } {
  if (bytes === undefined) return { kept: false };
  if (system !== undefined || bytes.byteLength <= limits.refusedBytesKeptMax) {
    return { content: content(bytes), kept: true };
  }
  return hash === undefined
    ? { kept: false }
    : { content: { hash, size: bytes.byteLength }, kept: false };
}

async function signedFault(
  { compute, limits }: ExchangeContext,
  { code, detail }: Fault,
  { call, keyKind, journalId }: Known,
): Promise<Uint8Array> {
  const { cause: _, private: __, ...shown } = detail;
  const findings = shown.findings?.slice(0, limits.faultFindingsMax);
  const composed = await compute.compose({
    version: call.endpoint,
    keyKind: keyKind ?? 'rsa',
    content: {
      kind: 'fault',
      fault: { code, detail: { ...shown, ...(findings === undefined ? {} : { findings }) } },
      journalId,
    },
  });
  return composed.bytes;
}

function unsigned(fault: Fault, { call }: Known, journalId: string): Reply {
  const { cause: _, ...detail } = fault.detail;
  const shown = new Fault(fault.code, detail);
  return reply(fault, Buffer.from(envelopeText(faultBody(shown, call.endpoint, journalId))));
}

function reply({ row }: Fault, bytes: Uint8Array): Reply {
  const headers: Record<string, string> = {};
  if (row.http === 503) headers['Retry-After'] = '5';
  if (row.http === 405) headers['Allow'] = 'GET, POST';
  return { status: row.http, headers, bytes };
}

/** Ids and verdicts alone: no value of the message enters the log. */
function logRefusal({ log }: ExchangeContext, fault: Fault, known: Known): void {
  const { journalId, operation, messageId, system, certificate, call } = known;
  const findings = fault.detail.findings?.slice(0, 5).map(withoutValues);
  const about = {
    journal: journalId,
    code: fault.code,
    peer: call.peer,
    operation,
    messageId,
    system,
    certificate,
    findings,
  };
  if (fault.row.origin === 'caller') log.info(about, 'refused');
  else log.error({ ...about, why: fault.detail.private }, 'failed');
}
