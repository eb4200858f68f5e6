import type { Config } from '../config/table.ts';
import { ConnectorFailure } from '../connectors/failure.ts';
import type { ApplyContext } from '../participants/apply.ts';
import {
  type CheckedAnswer,
  checkedAnswers,
  storeOcspAnswers,
} from '../participants/ocsp-answers.ts';
import { importRevocationList } from '../participants/revocation-lists.ts';
import { noteAsked } from '../participants/revocation-questions.ts';
import { nonceOctets } from '../pki/ocsp-request.ts';
import type { RevocationQuestion } from '../pki/revocation-sources.ts';
import type { RevocationQuestionTable } from '../store/revocation-tables.ts';
import type { Composed } from './composed.ts';
import type { RevocationCaller } from './revocation-call.ts';

/** What fetching needs of a process. */
export type FetchingContext = Pick<
  Composed,
  'clock' | 'database' | 'journal' | 'log' | 'metrics' | 'nodeId' | 'random' | 'registry'
>;

/** One question and whom it goes to this time. */
export interface Ask {
  readonly question: RevocationQuestion;
  readonly url: string;
  readonly host: string;
  readonly before: RevocationQuestionTable | undefined;
}

export interface Round {
  readonly context: FetchingContext;
  readonly fetch: Config['trust']['fetch'];
  readonly caller: RevocationCaller;
  /** ms UTC */
  readonly endAt: number;
  readonly signal: AbortSignal;
}

/**
 * Asks one host one question after another, and stores what it gives: answers in one transaction, since
 * each change is taken up by every node. A host that cannot be had is left alone for the rest of the
 * round.
 */
export async function askHost(asks: readonly Ask[], round: Round): Promise<void> {
  const { context, endAt, signal } = round;
  const answered: { readonly ask: Ask; readonly checked: CheckedAnswer }[] = [];
  for (const [index, ask] of asks.entries()) {
    if (signal.aborted || context.clock.now() > endAt) break;
    try {
      const checked = await askOne(ask, round);
      if (checked === undefined) await note(context, ask);
      else answered.push({ ask, checked });
    } catch (error) {
      if (signal.aborted) break;
      const why = error instanceof Error ? error.message : String(error);
      await fail(context, ask, why);
      if (isAway(error)) {
        for (const rest of asks.slice(index + 1)) await note(context, rest, why);
        break;
      }
    }
  }
  if (answered.length === 0) return;
  const checked = answered.map((each) => each.checked);
  const stored = await storeOcspAnswers(applying(context), checked);
  for (const [index, { ask }] of answered.entries()) {
    if (stored[index] === 'kept') keptWarning(context, ask);
    await note(context, ask);
  }
}

/** @returns an answer that is not stored yet; undefined for a list, which is */
async function askOne(
  { question, url }: Ask,
  { context, fetch, caller, signal }: Round,
): Promise<CheckedAnswer | undefined> {
  const nonce = context.random(nonceOctets);
  const bytes = await caller.ask(question, url, nonce, signal);
  const { issuer } = question;
  if (question.kind === 'list') {
    await importRevocationList(applying(context), bytes, [issuer]);
    return undefined;
  }
  const at = context.clock.now();
  const { revocation } = context.registry().trustAt(at);
  const [checked] = checkedAnswers(
    bytes,
    { certificates: [question.certificate], issuers: [issuer], lists: revocation?.lists ?? [], at },
    { nonce, demanded: fetch.nonce === 'required' },
  );
  return checked;
}

/** The host, and not what it gave. */
function isAway(error: unknown): boolean {
  if (!(error instanceof ConnectorFailure)) return false;
  return error.code !== 'ANSWER_TOO_LARGE' && error.code !== 'ANSWER_BROKEN';
}

/** What was answered before comes again, perhaps by somebody who would have it believed once more. */
function keptWarning({ log }: FetchingContext, { host, question }: Ask): void {
  const { subject } = question.kind === 'ocsp' ? question.certificate : question.issuer;
  log.info({ host, what: question.kind, subject }, 'what is known here was kept');
}

async function fail(context: FetchingContext, ask: Ask, why: string): Promise<void> {
  const { question, host } = ask;
  const { subject } = question.kind === 'ocsp' ? question.certificate : question.issuer;
  context.log.warn({ host, what: question.kind, subject, why }, 'revocation not fetched');
  await note(context, ask, why);
}

function note(
  { clock, database }: FetchingContext,
  { question: { id }, host, before }: Ask,
  why?: string,
): Promise<void> {
  return noteAsked(database.kysely, { id, host }, before, { at: clock.now(), why });
}

/** The node itself is who did it. */
function applying({ clock, database, journal, nodeId, random }: FetchingContext): ApplyContext {
  return { database, journal, who: nodeId, now: clock.now, random };
}
