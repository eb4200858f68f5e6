import type { Kysely, Transaction } from 'kysely';
import { newEntryId } from '../journal/entry.ts';
import type { CommitScope } from '../journal/writer.ts';
import { type Certificate, readCertificate } from '../pki/certificate.ts';
import { always, isWithin, type Window, windowWords } from '../pki/window.ts';
import type { Tables } from '../store/tables.ts';
import {
  type ApplyContext,
  ApplyRefused,
  lockRevision,
  raiseRevision,
  writeCertificate,
} from './apply.ts';
import { endedBy } from './turns.ts';
import { columnsOf, windowOf } from './windowed.ts';

/** A certificate and the information system that is known by it. */
export interface RegisteredCertificate {
  readonly system: string;
  readonly participant: string;
  readonly certificate: Certificate;
  readonly window: Window;
}

/** All certificates of information systems, by participant and system. */
export async function listCertificates(db: Kysely<Tables>): Promise<RegisteredCertificate[]> {
  const rows = await db
    .selectFrom('certificate')
    .innerJoin('information_system', 'information_system.id', 'certificate.system')
    .select([
      'certificate.system',
      'certificate.der',
      'certificate.from_at',
      'certificate.until_at',
      'information_system.participant',
    ])
    .orderBy('information_system.participant')
    .orderBy('certificate.system')
    .orderBy('certificate.fingerprint')
    .execute();
  return rows.map(({ system, participant, der, ...columns }) => ({
    system,
    participant,
    certificate: readCertificate(der),
    window: windowOf(columns),
  }));
}

/**
 * Registers one more certificate for an information system, with a journal entry that says who did
 * it; one that the system has already changes nothing.
 *
 * @throws ApplyRefused when there is no such system, or the certificate is another's
 */
export function importCertificate(
  context: ApplyContext,
  system: string,
  certificate: Certificate,
  window: Window = always,
): Promise<'imported' | 'present'> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    await refuseUnknownSystem(scope.tx, system);
    const outcome = await writeCertificate(scope.tx, system, { der: certificate.der, window });
    if (outcome === 'present') return 'present';
    await raiseRevision(scope.tx);
    enter(context, scope, { system, certificate, window }, 'added');
    return 'imported';
  });
}

/** What takes the place of what, and when: times are ms UTC. */
export interface Rotation {
  readonly system: string;
  readonly certificate: Certificate;
  /** From when the new one counts. */
  readonly at: number;
  /** How long after that the old ones count too. */
  readonly overlapMs: number;
}

/**
 * Lets a certificate take the place of those of the same kind of key, as endedBy says. In one transaction,
 * in the journal, on every node at the same moment. One that the system has already may do so again: that
 * is the way back.
 *
 * @returns those that it ends, and when
 * @throws ApplyRefused
 */
export function rotateCertificate(
  context: ApplyContext,
  { system, certificate, at, overlapMs }: Rotation,
): Promise<readonly RegisteredCertificate[]> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    await refuseUnknownSystem(scope.tx, system);
    const isIt = (each: RegisteredCertificate) =>
      each.certificate.fingerprint === certificate.fingerprint;
    const alike = (await listCertificates(scope.tx)).filter(
      (each) => each.system === system && each.certificate.keyKind === certificate.keyKind,
    );
    const before = alike.find(isIt);
    const turnAt = { at, overlapMs, now: context.now() };
    if (before === undefined) await add(context, scope, { system, certificate, at });
    else await begin(context, scope, before, at);
    const others = alike.filter((each) => !isIt(each));
    const ended = endedBy(before?.window, others, turnAt).map((each) => ({
      ...each.ended,
      window: each.window,
    }));
    for (const each of ended) await turn(context, scope, each, each.window);
    await raiseRevision(scope.tx);
    return ended;
  });
}

async function add(
  context: ApplyContext,
  scope: CommitScope,
  { system, certificate, at }: Pick<Rotation, 'system' | 'certificate' | 'at'>,
): Promise<void> {
  const window = { from: at, until: null };
  await writeCertificate(scope.tx, system, { der: certificate.der, window });
  enter(context, scope, { system, certificate, window }, 'added');
}

/**
 * Lets a certificate count until a time and no longer.
 *
 * @param fingerprint its beginning, of eight digits at least
 * @param until ms UTC; now or before: it counts no more at once
 * @throws ApplyRefused where no certificate begins so, or several do, or it would count again
 */
export function retireCertificate(
  context: ApplyContext,
  fingerprint: string,
  until: number,
): Promise<RegisteredCertificate> {
  return context.journal.commit(async (scope) => {
    await lockRevision(scope.tx);
    const only = await registeredCertificate(scope.tx, fingerprint);
    const { from, until: ended } = only.window;
    if (ended !== null && ended < until && ended <= context.now()) {
      throw new ApplyRefused(
        `уже не действует с ${iso(ended)}; вернуть: cert rotate / it has not counted since then; cert rotate brings it back`,
      );
    }
    // One that has not begun never will: a window that ends before it begins holds no time.
    await turn(context, scope, only, { from, until });
    await raiseRevision(scope.tx);
    return only;
  });
}

/**
 * The certificate of a system whose fingerprint begins so.
 *
 * @param fingerprint lower-case hex, eight digits at least
 * @throws ApplyRefused where no certificate begins so, or several do
 */
export async function registeredCertificate(
  db: Kysely<Tables>,
  fingerprint: string,
): Promise<RegisteredCertificate> {
  const found = (await listCertificates(db)).filter((each) =>
    each.certificate.fingerprint.startsWith(fingerprint),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1 && fingerprint.length >= 8) return only;
  throw new ApplyRefused(
    `сертификатов с отпечатком ${fingerprint}…: ${found.length} (нужен один, не короче 8 знаков) / ` +
      `certificates that begin so: ${found.length} (one is wanted, of 8 digits at least)`,
  );
}

/** One that counts now goes on counting; another begins at that time. */
async function begin(
  context: ApplyContext,
  scope: CommitScope,
  registered: RegisteredCertificate,
  at: number,
): Promise<void> {
  const counts = isWithin(registered.window, context.now());
  await turn(context, scope, registered, {
    from: counts ? registered.window.from : at,
    until: null,
  });
}

async function turn(
  context: ApplyContext,
  scope: CommitScope,
  { system, certificate }: RegisteredCertificate,
  window: Window,
): Promise<void> {
  await scope.tx
    .updateTable('certificate')
    .set(columnsOf(window))
    .where('fingerprint', '=', certificate.fingerprint)
    .execute();
  enter(context, scope, { system, certificate, window }, 'changed');
}

function enter(
  { who, now, random }: ApplyContext,
  scope: CommitScope,
  { system, certificate, window }: Pick<RegisteredCertificate, 'system' | 'certificate' | 'window'>,
  change: 'added' | 'changed',
): void {
  const when = windowWords(window);
  const { fingerprint: id } = certificate;
  scope.journal({
    id: newEntryId(now(), random(10)),
    at: now(),
    kind: 'configuration',
    verdict: 'good',
    system,
    certificate: id,
    content: scope.content(certificate.der),
    detail: { who, what: 'certificate', id, change, ...(when === '' ? {} : { when }) },
  });
}

async function refuseUnknownSystem(
  db: Kysely<Tables> | Transaction<Tables>,
  system: string,
): Promise<void> {
  const known = await db.selectFrom('information_system').select('id').orderBy('id').execute();
  if (known.some(({ id }) => id === system)) return;
  const ids = known.map(({ id }) => id).join(', ');
  throw new ApplyRefused(
    `нет информационной системы ${system} / there is no such system; есть / there are: ${ids}`,
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
