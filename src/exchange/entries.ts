import type { Disagreement } from '../compute/judge-again.ts';
import { type EntryDraft, newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { ExchangeContext } from './context.ts';
import type { Called } from './stages.ts';

type Particulars = Omit<Partial<EntryDraft>, 'id' | 'at' | 'kind'>;

/** An entry about the message that is being answered. */
export function entryOf(
  context: ExchangeContext,
  { received, verified, caller }: Called,
  kind: EntryDraft['kind'],
  particulars: Particulars = {},
): EntryDraft {
  return {
    ...entry(context, kind, particulars),
    version: verified.version,
    system: caller.system.id,
    certificate: verified.certificate.fingerprint,
    // The first entry of a message carries the id that a refusal would have quoted.
    ...(kind === 'receipt' ? { id: received.journalId, at: received.at } : {}),
    ...particulars,
  };
}

/** An entry about what the node does of itself. */
export function entry(
  context: Pick<ExchangeContext, 'clock' | 'random'>,
  kind: EntryDraft['kind'],
  particulars: Particulars = {},
): EntryDraft {
  const at = context.clock.now();
  return {
    id: newEntryId(at, context.random(10)),
    at,
    kind,
    protocol: 'SMEV',
    verdict: 'good',
    ...particulars,
  };
}

/** The bytes that came, kept and entered as received. */
export function enterReceipt(
  context: ExchangeContext,
  scope: CommitScope,
  called: Called,
  particulars: Particulars = {},
): void {
  const content = scope.content(called.received.bytes);
  const { operation, tolerated } = called.verified;
  scope.journal(
    entryOf(context, called, 'receipt', {
      ...particulars,
      content,
      detail: {
        operation,
        peer: called.received.peer,
        ...(tolerated.length === 0 ? {} : { tolerated }),
        ...particulars.detail,
      },
    }),
  );
}

/** The bytes that will leave, kept and entered before they do. */
export function enterAnswer(
  context: ExchangeContext,
  scope: CommitScope,
  called: Called,
  bytes: Uint8Array,
  particulars: Particulars = {},
): void {
  const content = scope.content(bytes);
  scope.journal(entryOf(context, called, 'answer', { ...particulars, content }));
}

/**
 * The canonical forms that two verifiers differ about, kept and entered each by itself.
 *
 * @param refusal id of the entry that refuses the message
 * @returns the hashes, for the detail of that entry
 */
export function enterForms(
  context: ExchangeContext,
  scope: CommitScope,
  { difference, of, first, second }: Disagreement,
  about: Particulars,
  refusal: string,
): Readonly<Record<string, unknown>> {
  const enter = (verifier: 'first' | 'second', form: Uint8Array) => {
    const content = scope.content(form);
    const detail = { verifier, of, refusal };
    const verdict = 'SIGNATURE_DISPUTED';
    scope.journal(entry(context, 'opinion', { ...about, content, verdict, detail }));
    return content.hash;
  };
  return {
    difference,
    of,
    first: enter('first', first),
    second: second === undefined ? null : enter('second', second),
  };
}
