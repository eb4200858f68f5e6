import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { day } from '../clock.ts';
import { newEntryId } from '../journal/entry.ts';
import type { Certificate } from '../pki/certificate.ts';
import { isListOf, type RevocationList, readRevocationList } from '../pki/crl.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused, lockRevision, raiseRevision } from './apply.ts';
import { remembering } from './remembered.ts';

const remembered = remembering(readRevocationList, 200);

/** The latest list of each issuer. */
export async function readRevocationLists(db: Kysely<Tables>): Promise<readonly RevocationList[]> {
  const rows = await db.selectFrom('revocation_list').select('der').orderBy('issuer').execute();
  return rows.map(({ der }) => remembered(der));
}

/**
 * Puts a list in the place of the one before of its issuer, with a journal entry that says who did it.
 *
 * @param authorities those that are declared: whoever else makes a list is not heard
 * @returns whose list it is
 * @throws ApplyRefused when none of them made it, it is of a time to come, or a later one is here
 */
export function importRevocationList(
  { journal, who, now, random }: ApplyContext,
  der: Uint8Array,
  authorities: readonly Certificate[],
): Promise<{ readonly outcome: 'imported' | 'present'; readonly issuer: Certificate }> {
  const list = remembered(der);
  const issuer = authorities.find((each) => isListOf(list, each));
  if (issuer === undefined) {
    throw new ApplyRefused(
      'списка не подписал ни один объявленный центр / no declared authority signed the list',
    );
  }
  // It would take the place of one that is in force.
  if (list.thisUpdate > now()) {
    throw new ApplyRefused(
      `список из будущего, от ${day(list.thisUpdate)} / a list of a time to come, of ${day(list.thisUpdate)}`,
    );
  }
  const key = keyOf(list);
  return journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const before = await scope.tx
      .selectFrom('revocation_list')
      .selectAll()
      .where('issuer', '=', key)
      .executeTakeFirst();
    if (before !== undefined && Buffer.compare(before.der, der) === 0) {
      return { outcome: 'present', issuer };
    }
    if (before !== undefined && before.this_update > list.thisUpdate) {
      throw new ApplyRefused(
        `есть более новый список, от ${day(before.this_update)} / there is a later list, of ${day(before.this_update)}`,
      );
    }
    const row = { der, this_update: list.thisUpdate, next_update: list.nextUpdate ?? null };
    await scope.tx
      .insertInto('revocation_list')
      .values({ issuer: key, ...row })
      .onConflict((conflict) => conflict.column('issuer').doUpdateSet(row))
      .execute();
    await raiseRevision(scope.tx);
    const change = before === undefined ? 'added' : 'changed';
    scope.journal({
      id: newEntryId(now(), random(10)),
      at: now(),
      kind: 'configuration',
      verdict: 'good',
      certificate: issuer.fingerprint,
      content: scope.content(der),
      detail: { who, what: 'revocationList', id: issuer.subject, change },
    });
    return { outcome: 'imported', issuer };
  });
}

function keyOf({ issuerName, authorityKeyId }: RevocationList): string {
  const hash = createHash('sha256').update(issuerName);
  return hash.update(authorityKeyId ?? Buffer.alloc(0)).digest('hex');
}
