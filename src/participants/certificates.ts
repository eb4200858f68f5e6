import type { Kysely } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import type { Tables } from '../store/tables.ts';
import { type ApplyContext, ApplyRefused, raiseRevision, writeCertificate } from './apply.ts';

/** A certificate and the information system that is known by it. */
export interface RegisteredCertificate {
  readonly system: string;
  readonly participant: string;
  readonly certificate: Certificate;
}

/** All certificates of information systems, by participant and system. */
export async function listCertificates(db: Kysely<Tables>): Promise<RegisteredCertificate[]> {
  const rows = await db
    .selectFrom('certificate')
    .innerJoin('information_system', 'information_system.id', 'certificate.system')
    .select(['certificate.system', 'certificate.der', 'information_system.participant'])
    .orderBy('information_system.participant')
    .orderBy('certificate.system')
    .orderBy('certificate.fingerprint')
    .execute();
  return rows.map(({ system, participant, der }) => ({
    system,
    participant,
    certificate: readCertificate(der),
  }));
}

/**
 * Registers one more certificate for an information system, with a journal entry that says who did
 * it; one that the system has already changes nothing.
 *
 * @throws ApplyRefused when there is no such system, or the certificate is another's
 */
export function importCertificate(
  { journal, who, now, random }: ApplyContext,
  system: string,
  certificate: Certificate,
): Promise<'imported' | 'present'> {
  return journal.commit(async (scope) => {
    await refuseUnknownSystem(scope.tx, system);
    const outcome = await writeCertificate(scope.tx, system, certificate.der);
    if (outcome === 'present') return 'present';
    await raiseRevision(scope.tx);
    scope.journal({
      id: newEntryId(now(), random(10)),
      at: now(),
      kind: 'configuration',
      verdict: 'good',
      system,
      certificate: certificate.fingerprint,
      content: scope.content(certificate.der),
      detail: { who, what: 'certificate', id: certificate.fingerprint, change: 'added' },
    });
    return 'imported';
  });
}

async function refuseUnknownSystem(db: Kysely<Tables>, system: string): Promise<void> {
  const known = await db.selectFrom('information_system').select('id').orderBy('id').execute();
  if (known.some(({ id }) => id === system)) return;
  const ids = known.map(({ id }) => id).join(', ');
  throw new ApplyRefused(
    `нет информационной системы ${system} / there is no such system; есть / there are: ${ids}`,
  );
}
