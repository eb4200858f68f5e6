import type { Kysely } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import type { Certificate } from '../pki/certificate.ts';
import { type OcspAnswer, readOcspAnswer, type SingleAnswer, singleOf } from '../pki/ocsp.ts';
import { OcspError } from '../pki/ocsp-error.ts';
import { type AskedNonce, checkOcspAnswer, type OcspQuestion } from '../pki/ocsp-standing.ts';
import { isIssuedBy } from '../pki/path.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, lockRevision, raiseRevision } from './apply.ts';
import { remembering } from './remembered.ts';

const remembered = remembering(readOcspAnswer, 5000);

/** The latest answer about each certificate, by its fingerprint. */
export async function readOcspAnswers(
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, OcspAnswer>> {
  const rows = await db.selectFrom('ocsp_answer').select(['fingerprint', 'der']).execute();
  return new Map(rows.map(({ fingerprint, der }) => [fingerprint, remembered(der)]));
}

/** An answer that was judged, and what it says of one certificate. */
export interface CheckedAnswer {
  readonly answer: OcspAnswer;
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly single: SingleAnswer;
}

/** Whom an answer may be about, and who may be their issuers. */
export interface OcspSubjects extends Pick<OcspQuestion, 'lists' | 'at'> {
  readonly certificates: readonly Certificate[];
  readonly issuers: readonly Certificate[];
}

/**
 * Reads an answer and judges it for each certificate that it is about.
 *
 * @param asked the nonce of the question, where this node asked it
 * @throws OcspError also where it is about none of them
 */
export function checkedAnswers(
  der: Uint8Array,
  { certificates, issuers, lists, at }: OcspSubjects,
  asked?: AskedNonce,
): readonly CheckedAnswer[] {
  const answer = readOcspAnswer(der);
  const about = certificates.flatMap((certificate) => {
    // Another authority may have issued a certificate of the same number, and have its own answered for.
    const issuer = issuers.find(
      (each) => singleOf(answer, certificate, each) !== undefined && isIssuedBy(each, certificate),
    );
    return issuer === undefined ? [] : [{ certificate, issuer }];
  });
  if (about.length === 0) throw new OcspError('other-certificate');
  return about.map((each) => ({
    answer,
    ...each,
    single: checkOcspAnswer(answer, { ...each, lists, at }, asked),
  }));
}

/** 'kept': what is here is later, or says that the certificate was revoked where this does not know it. */
export type Stored = 'imported' | 'present' | 'kept';

/**
 * Puts answers in the place of those before about the same certificates, in one transaction, each with
 * a journal entry that says who did it.
 *
 * @returns what became of each
 */
export function storeOcspAnswers(
  context: ApplyContext,
  checked: readonly CheckedAnswer[],
): Promise<readonly Stored[]> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const stored: Stored[] = [];
    for (const each of checked) stored.push(await store(context, scope, each));
    if (stored.includes('imported')) await raiseRevision(scope.tx);
    return stored;
  });
}

async function store(
  { who, now, random }: ApplyContext,
  scope: CommitScope,
  checked: CheckedAnswer,
): Promise<Stored> {
  const { certificate, answer, single } = checked;
  const { fingerprint } = certificate;
  const { der } = answer;
  const before = await scope.tx
    .selectFrom('ocsp_answer')
    .select('der')
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst();
  if (before !== undefined && Buffer.compare(before.der, der) === 0) return 'present';
  if (before !== undefined && !isNews(checked, remembered(before.der))) return 'kept';
  const row = { der, this_update: single.thisUpdate, next_update: single.nextUpdate ?? null };
  await scope.tx
    .insertInto('ocsp_answer')
    .values({ fingerprint, ...row })
    .onConflict((conflict) => conflict.column('fingerprint').doUpdateSet(row))
    .execute();
  const change = before === undefined ? 'added' : 'changed';
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    certificate: fingerprint,
    content: scope.content(der),
    detail: { who, what: 'ocspAnswer', id: certificate.subject, change, says: single.status.kind },
  });
  return 'imported';
}

/** An answer of before may come again: what was revoked since would be good once more. */
function isNews(
  { answer, certificate, issuer, single }: CheckedAnswer,
  before: OcspAnswer,
): boolean {
  const old = singleOf(before, certificate, issuer);
  if (old === undefined) return true;
  if (old.status.kind === 'revoked' && single.status.kind === 'unknown') return false;
  if (old.thisUpdate !== single.thisUpdate) return old.thisUpdate < single.thisUpdate;
  return before.producedAt < answer.producedAt;
}
